// rnn_core.train in the page: a language model, back-propagation through time, clipping, SGD and Adam.
// tests/figures/node holds one update against rnn_core to 1e-12 and a hundred to 1e-8, for every switch.
// All of it is one function: its source text is what a Web Worker is made of, on a server and in a file alike.
// Arrays are flat Float64Arrays, row after row; inside, one step of time is one unbroken piece of memory, as in rnn_core.rnn.

export function kit() {
  // ---- products: blocks of 2 x 4 entries that stay in registers, every operand read in order

  // out[o..] (M,N) += a[p..] (M,K) times the transpose of b (N,K)
  function times(out, o, a, p, b, M, N, K) {
    const N4 = N - N % 4;
    let m = 0;
    for (; m + 1 < M; m += 2) {
      const a0 = p + m * K, a1 = a0 + K, o0 = o + m * N, o1 = o0 + N;
      let n = 0;
      for (; n < N4; n += 4) {
        const b0 = n * K, b1 = b0 + K, b2 = b1 + K, b3 = b2 + K;
        let s0 = 0, s1 = 0, s2 = 0, s3 = 0, r0 = 0, r1 = 0, r2 = 0, r3 = 0;
        for (let k = 0; k < K; k++) {
          const x = a[a0 + k], y = a[a1 + k], w0 = b[b0 + k], w1 = b[b1 + k], w2 = b[b2 + k], w3 = b[b3 + k];
          s0 += x * w0; r0 += y * w0; s1 += x * w1; r1 += y * w1;
          s2 += x * w2; r2 += y * w2; s3 += x * w3; r3 += y * w3;
        }
        out[o0 + n] += s0; out[o0 + n + 1] += s1; out[o0 + n + 2] += s2; out[o0 + n + 3] += s3;
        out[o1 + n] += r0; out[o1 + n + 1] += r1; out[o1 + n + 2] += r2; out[o1 + n + 3] += r3;
      }
      for (; n < N; n++) {
        let s = 0, r = 0;
        for (let k = 0, at = n * K; k < K; k++, at++) { s += a[a0 + k] * b[at]; r += a[a1 + k] * b[at]; }
        out[o0 + n] += s; out[o1 + n] += r;
      }
    }
    for (; m < M; m++) {
      for (let n = 0, at = 0; n < N; n++) {
        let s = 0;
        for (let k = 0, from = p + m * K; k < K; k++, at++) s += a[from + k] * b[at];
        out[o + m * N + n] += s;
      }
    }
  }

  // out (I,J) += the transpose of a[p..] (M,I) times b[q..] (M,J)
  function outer(out, a, p, b, q, M, I, J) {
    const I2 = I - I % 2, J4 = J - J % 4;
    for (let i = 0; i < I2; i += 2) {
      for (let j = 0; j < J4; j += 4) {
        let s0 = 0, s1 = 0, s2 = 0, s3 = 0, r0 = 0, r1 = 0, r2 = 0, r3 = 0;
        for (let m = 0, x = p + i, y = q + j; m < M; m++, x += I, y += J) {
          const u = a[x], v = a[x + 1], w0 = b[y], w1 = b[y + 1], w2 = b[y + 2], w3 = b[y + 3];
          s0 += u * w0; r0 += v * w0; s1 += u * w1; r1 += v * w1;
          s2 += u * w2; r2 += v * w2; s3 += u * w3; r3 += v * w3;
        }
        const o0 = i * J + j, o1 = o0 + J;
        out[o0] += s0; out[o0 + 1] += s1; out[o0 + 2] += s2; out[o0 + 3] += s3;
        out[o1] += r0; out[o1 + 1] += r1; out[o1 + 2] += r2; out[o1 + 3] += r3;
      }
    }
    for (let i = 0; i < I; i++) {
      for (let j = i < I2 ? J4 : 0; j < J; j++) {
        let s = 0;
        for (let m = 0; m < M; m++) s += a[p + m * I + i] * b[q + m * J + j];
        out[i * J + j] += s;
      }
    }
  }

  function transposed(out, a, rows, columns) {
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = a[i * columns + j];
    return out;
  }

  // ---- the model: params by the names of RNNLM.params

  const shapes = ({ V, D, H }) => ({ "embedding.W": [V, D], "rnn.W_x": [D, H], "rnn.W_h": [H, H], "rnn.b": [H], "affine.W": [H, V], "affine.b": [V] });

  function network(sizes, params) {
    const arrays = (fill) => Object.fromEntries(Object.entries(shapes(sizes)).map(([name, shape]) => [name, fill(name, shape.reduce((a, b) => a * b))]));
    const { V, D, H } = sizes;
    return {
      V, D, H, params: arrays((name, size) => params ? Float64Array.from(params[name].flat()) : new Float64Array(size)),
      grads: arrays((_, size) => new Float64Array(size)),
      table: new Float64Array(V * H), heard: new Float64Array(V * H), // W_x by symbol: there are fewer symbols than steps
      across: new Float64Array(H * H), xT: new Float64Array(D * H), up: new Float64Array(H * V), room: {},
    };
  }

  // The arrays that one block of N rows and T steps needs; made once for each size, of which a run has two at most.
  function roomFor(net, N, T) {
    const key = `${N} ${T}`;
    if (!net.room[key]) {
      if (Object.keys(net.room).length > 3) net.room = {};
      const { H, V } = net, zeros = (size) => new Float64Array(size);
      net.room[key] = { hs: zeros((T + 1) * N * H), z: zeros(T * N * V), das: zeros(T * N * H), dh: zeros(N * H), message: zeros(T * N * H) };
    }
    return net.room[key];
  }

  // States hs (T+1,N,H) and logits z (T,N,V) after ids (N,T); h_0 (N,H), or null for zeros
  function forward(net, ids, N, T, h_0) {
    const { V, D, H, params, table, across, xT, up } = net, room = roomFor(net, N, T), { hs, z } = room;
    transposed(across, params["rnn.W_h"], H, H);
    transposed(xT, params["rnn.W_x"], D, H);
    transposed(up, params["affine.W"], H, V);
    for (let v = 0; v < V; v++) table.set(params["rnn.b"], v * H);
    times(table, 0, params["embedding.W"], 0, xT, V, H, D); // x_t W_x + b, for every symbol there is
    if (h_0) hs.set(h_0); else hs.fill(0, 0, N * H);
    for (let t = 0; t < T; t++) {
      const to = (t + 1) * N * H;
      for (let n = 0, at = to; n < N; n++) for (let j = 0, from = ids[n * T + t] * H; j < H; j++) hs[at++] = table[from + j];
      times(hs, to, hs, t * N * H, across, N, H, H);
      for (let i = to; i < to + N * H; i++) hs[i] = Math.tanh(hs[i]);
    }
    for (let i = 0; i < T * N; i++) z.set(params["affine.b"], i * V);
    times(z, 0, hs, N * H, up, T * N, V, H);
    return room;
  }

  // As RNNLM.loss_and_grads: { loss, norm, tokens, h_T }, the gradients in net.grads. mask (N,T) or null; steps: k; way: "block" or "window"
  function lossAndGrads(net, { ids, targets, mask, N, T }, h_0, way = "block", steps = T) {
    const { V, D, H, params, grads, heard, xT } = net, room = forward(net, ids, N, T, h_0), { hs, z, das } = room;
    for (const name in grads) grads[name].fill(0);
    let tokens = N * T, loss = 0;
    if (mask) { tokens = 0; for (let i = 0; i < N * T; i++) tokens += mask[i]; }
    const share = 1 / tokens, bias = grads["affine.b"];
    for (let t = 0, at = 0; t < T; t++) { // softmax cross-entropy; z becomes its gradient
      for (let n = 0; n < N; n++, at += V) {
        const here = mask ? share * mask[n * T + t] : share, target = targets[n * T + t];
        if (here === 0) { z.fill(0, at, at + V); continue; }
        let most = z[at], total = 0;
        for (let v = 1; v < V; v++) if (z[at + v] > most) most = z[at + v];
        const right = z[at + target] - most;
        for (let v = 0; v < V; v++) total += z[at + v] = Math.exp(z[at + v] - most);
        loss -= here * (right - Math.log(total));
        for (let v = 0, scale = here / total; v < V; v++) bias[v] += z[at + v] *= scale;
        z[at + target] -= here;
        bias[target] -= here;
      }
    }
    das.fill(0);
    times(das, 0, z, 0, params["affine.W"], T * N, H, V); // dL/dh_t from its own output
    outer(grads["affine.W"], hs, N * H, z, 0, T * N, H, V);
    if (way === "window") inWindows(room, params["rnn.W_h"], N, T, H, steps); else inBlocks(room, params["rnn.W_h"], N, T, H, steps);
    heard.fill(0);
    for (let t = 0; t < T; t++) {
      outer(grads["rnn.W_h"], hs, t * N * H, das, t * N * H, N, H, H);
      for (let n = 0, at = t * N * H; n < N; n++) for (let j = 0, to = ids[n * T + t] * H; j < H; j++) heard[to + j] += das[at++];
    }
    const b = grads["rnn.b"]; // what each symbol's steps have heard, together: the rest follows from that
    for (let v = 0, at = 0; v < V; v++) for (let j = 0; j < H; j++) b[j] += heard[at++];
    outer(grads["rnn.W_x"], params["embedding.W"], 0, heard, 0, V, D, H);
    times(grads["embedding.W"], 0, heard, 0, params["rnn.W_x"], V, D, H);
    return { loss, tokens, h_T: hs.slice(T * N * H) };
  }

  // dhs becomes das: the way back, cut every k steps
  function inBlocks({ hs, das, dh }, W_h, N, T, H, k) {
    const S = N * H;
    dh.fill(0); // nothing comes back from beyond the last step
    for (let t = T - 1; t >= 0; t--) {
      if ((t + 1) % k === 0) dh.fill(0); // the cut
      for (let i = 0, at = t * S, h = (t + 1) * S; i < S; i++, at++, h++) das[at] = (das[at] + dh[i]) * (1 - hs[h] * hs[h]);
      if (t === 0) break;
      dh.fill(0);
      times(dh, 0, das, t * S, W_h, N, H, H);
    }
  }

  // The same where each step's loss travels back over w steps, its own included
  function inWindows({ hs, das, dh, message }, W_h, N, T, H, w) {
    const S = N * H;
    message.set(das);
    for (let lag = 1; lag < Math.min(w, T); lag++) {
      for (let t = 0; t < T - lag; t++) { // all messages go one step further back
        for (let i = 0, at = (t + 1) * S, h = (t + 2) * S; i < S; i++, at++, h++) dh[i] = message[at] * (1 - hs[h] * hs[h]);
        message.fill(0, t * S, (t + 1) * S);
        times(message, t * S, dh, 0, W_h, N, H, H);
        for (let at = t * S; at < (t + 1) * S; at++) das[at] += message[at];
      }
    }
    for (let at = 0; at < T * S; at++) das[at] *= 1 - hs[at + S] * hs[at + S];
  }

  // ---- the update

  // The global norm; gradients beyond `most` are shortened together, if a number is given
  function clip(grads, most) {
    let sum = 0;
    for (const name in grads) for (const g of grads[name]) sum += g * g;
    const norm = Math.sqrt(sum);
    if (most && norm > most) for (const name in grads) for (let i = 0, a = grads[name]; i < a.length; i++) a[i] *= most / norm;
    return norm;
  }

  function sgd(params, grads, lr) {
    for (const name in params) for (let i = 0, p = params[name], g = grads[name]; i < p.length; i++) p[i] -= lr * g[i];
  }

  // moments: { t: 0, m: {}, v: {} }, changed in place
  function adam(params, grads, lr, moments, [beta1, beta2, eps] = [0.9, 0.999, 1e-8]) {
    const t = moments.t += 1, bend = Math.sqrt(1 - beta2 ** t), size = lr * bend / (1 - beta1 ** t);
    for (const name in params) {
      const p = params[name], g = grads[name];
      const m = moments.m[name] ??= new Float64Array(p.length), v = moments.v[name] ??= new Float64Array(p.length);
      for (let i = 0; i < p.length; i++) {
        m[i] += (1 - beta1) * (g[i] - m[i]);
        v[i] += (1 - beta2) * (g[i] * g[i] - v[i]);
        p[i] -= size * m[i] / (Math.sqrt(v[i]) + eps * bend);
      }
    }
  }

  // ---- chance: NumPy's Generator(MT19937), seeded as RandomState(seed) is: what is drawn in Python is drawn here

  function dice(seed) {
    const key = new Uint32Array(624);
    key[0] = seed;
    for (let i = 1; i < 624; i++) key[i] = Math.imul(1812433253, key[i - 1] ^ key[i - 1] >>> 30) + i;
    let at = 624;
    function bits() {
      if (at === 624) {
        for (let i = 0; i < 624; i++) {
          const y = key[i] & 0x80000000 | key[(i + 1) % 624] & 0x7fffffff;
          key[i] = key[(i + 397) % 624] ^ y >>> 1 ^ (y & 1 ? 0x9908b0df : 0);
        }
        at = 0;
      }
      let y = key[at++];
      y ^= y >>> 11;
      y ^= y << 7 & 0x9d2c5680;
      y ^= y << 15 & 0xefc60000;
      return (y ^ y >>> 18) >>> 0;
    }
    const uniform = () => ((bits() >>> 5) * 67108864 + (bits() >>> 6)) / 9007199254740992;
    let spare = null;
    return {
      uniform,
      below(n) { // a whole number from 0 to n - 1 (Lemire 2019)
        if (n === 1) return 0;
        for (;;) {
          const m = bits() * n, low = m % 4294967296;
          if (low >= n || low >= 4294967296 % n) return Math.floor(m / 4294967296);
        }
      },
      normal() { // Box and Muller 1958
        if (spare !== null) { const z = spare; spare = null; return z; }
        const r = Math.sqrt(-2 * Math.log(1 - uniform())), turn = 2 * Math.PI * uniform();
        spare = r * Math.sin(turn);
        return r * Math.cos(turn);
      },
    };
  }

  // The weights that a run starts from: W_h orthogonal, what is read small, what is said almost nothing: the first guess is an even one.
  function start({ V, D, H }, rng) {
    const net = network({ V, D, H }), { params } = net;
    const draw = (name, scale) => { for (let i = 0; i < params[name].length; i++) params[name][i] = scale * rng.normal(); };
    draw("embedding.W", 0.5);
    draw("rnn.W_x", D ** -0.5);
    draw("rnn.W_h", 1);
    draw("affine.W", 0.1 * H ** -0.5);
    const W = params["rnn.W_h"];
    for (let i = 0; i < H; i++) { // Gram and Schmidt, row by row
      for (let j = 0; j < i; j++) {
        let dot = 0;
        for (let k = 0; k < H; k++) dot += W[i * H + k] * W[j * H + k];
        for (let k = 0; k < H; k++) W[i * H + k] -= dot * W[j * H + k];
      }
      let square = 0;
      for (let k = 0; k < H; k++) square += W[i * H + k] ** 2;
      for (let k = 0; k < H; k++) W[i * H + k] /= Math.sqrt(square);
    }
    return net;
  }

  // ---- what is read: one passage of N rows, at whose beginning the state is zero

  // data: { kind: "text", ids, rows } · { kind: "grammar", next, probs, rows, length } · { kind: "recall", cues, span, rows, length }
  function passage(data, rng) {
    if (data.kind === "text") { // as stream_batches
      const N = data.rows, T = Math.floor((data.ids.length - 1) / N), ids = Int32Array.from(data.ids);
      return { N, T, ids: ids.slice(0, N * T), targets: ids.slice(1, N * T + 1), mask: null };
    }
    const { rows: N, length: T } = data;
    if (data.kind === "recall") return recall(data, rng);
    const ids = new Int32Array(N * T), targets = new Int32Array(N * T), at = new Int32Array(N), V = data.probs[0].length;
    for (let t = 0; t <= T; t++) { // as Grammar.sample
      for (let n = 0; n < N; n++) {
        const row = data.probs[at[n]], coin = rng.uniform();
        let v = 0, upto = row[0];
        while (v < V - 1 && coin >= upto) upto += row[++v];
        at[n] = data.next[at[n]][v];
        if (t < T) ids[n * T + t] = v;
        if (t > 0) targets[n * T + t - 1] = v;
      }
    }
    return { N, T, ids, targets, mask: null };
  }

  function recall({ cues, span, rows: N, length: T }, rng) { // as Recall.stream
    const ids = new Int32Array(N * T).fill(cues), targets = new Int32Array(N * T).fill(cues), mask = new Uint8Array(N * T);
    for (let n = 0; n < N; n++) {
      for (let from = rng.below(span); from + span <= T; from += span + rng.below(span)) {
        const end = n * T + from + span - 1;
        ids[n * T + from] = targets[end] = rng.below(cues);
        ids[end] = cues + 1;
        mask[end] = 1;
      }
    }
    return { N, T, ids, targets, mask };
  }

  function block({ N, T, ids, targets, mask }, from, upto) {
    const cut = (a) => { const out = new a.constructor(N * (upto - from)); for (let n = 0; n < N; n++) out.set(a.subarray(n * T + from, n * T + upto), n * (upto - from)); return out; };
    return { N, T: upto - from, ids: cut(ids), targets: cut(targets), mask: mask && cut(mask) };
  }

  // ---- a run: update() does what one turn of the loop in rnn_core.train does, and returns { loss, norm, tokens }

  // setting: { data, sizes, seed, lr, k, way, carry, clip, optimizer }; all but the first three may change on the way. `params`: weights to begin with
  function run(setting, params, step = 0) {
    const rng = dice(setting.seed), own = start(setting.sizes, rng);
    const net = params ? network(setting.sizes, params) : own;
    let now = null, t = 0, h = null, moments = { t: 0, m: {}, v: {} }, kind = setting.optimizer;
    const done = { net, step, set(change) {
      Object.assign(setting, change);
      if (setting.optimizer !== kind) { kind = setting.optimizer; moments = { t: 0, m: {}, v: {} }; }
    }, update() {
      for (;;) {
        if (!now || t >= now.T) { now = passage(setting.data, rng); t = 0; h = null; }
        const long = setting.way === "window" ? setting.data.stretch : setting.k, upto = Math.min(now.T, t + long);
        const piece = block(now, t, upto);
        t = upto;
        if (piece.mask && !piece.mask.some(Boolean)) { // nobody is asked: read on
          const { hs } = forward(net, piece.ids, piece.N, piece.T, h);
          h = setting.carry ? hs.slice(piece.T * piece.N * net.H) : null;
          continue;
        }
        const { loss, tokens, h_T } = lossAndGrads(net, piece, h, setting.way, setting.k), norm = clip(net.grads, setting.clip ? 1 : null);
        if (!Number.isFinite(loss) || !Number.isFinite(norm)) return { loss, norm, tokens, broken: true };
        if (kind === "adam") adam(net.params, net.grads, setting.lr, moments); else sgd(net.params, net.grads, setting.lr);
        h = setting.carry ? h_T : null;
        done.step += 1;
        return { loss, norm, tokens };
      }
    } };
    return done;
  }

  // What a run has been: [update, mean loss, largest norm] for each stretch of it. Full, it joins two stretches to one: it never grows.
  function record(given = [], most = 240) {
    let list = given.map((entry) => [...entry]), wide = list.length > 1 ? list[1][0] - list[0][0] : 1, open = null;
    return {
      add(step, { loss, norm, tokens }) {
        open ??= { n: 0, sum: 0, tokens: 0, norm: 0 };
        open.n += 1; open.sum += loss * tokens; open.tokens += tokens; open.norm = Math.max(open.norm, norm);
        if (open.n < wide) return;
        list.push([step, open.sum / open.tokens, open.norm]);
        open = null;
        if (list.length < most) return;
        list = list.flatMap((a, i) => i % 2 ? [[a[0], (a[1] + list[i - 1][1]) / 2, Math.max(a[2], list[i - 1][2])]] : []);
        wide *= 2;
      },
      get list() { return list; },
    };
  }

  // What a worker does with a message, and the page where there are no workers: begin, change, go on for `ms` or `updates`.
  function host(reply) {
    let made = null, log = null, broken = false, id = 0;
    return (message) => {
      if (message.start) {
        const { setting, params, history = [] } = message.start;
        made = run(setting, params, history.length ? history.at(-1)[0] : 0);
        [log, broken, id] = [record(history), false, message.id];
      }
      if (message.set) made.set(message.set);
      if (!message.go) return;
      const { ms, updates } = message.go, end = performance.now() + ms;
      let n = 0;
      for (; n < updates && !broken && (n === 0 || performance.now() < end); n++) {
        const told = made.update();
        if (told.broken) broken = true; else log.add(made.step, told);
      }
      reply({ id, n, broken, step: made.step, history: log.list, params: Object.fromEntries(Object.entries(made.net.params).map(([name, p]) => [name, p.slice()])) });
    };
  }

  return { times, outer, network, forward, lossAndGrads, clip, sgd, adam, dice, start, passage, block, run, record, host };
}
