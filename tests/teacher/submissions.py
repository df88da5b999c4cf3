"""What seven students hand in for chapter 2, and what each of them deserves.

Every wrong answer holds a mistake that students make; `FEEDBACK` has the words that the check finds
for it.  Answers that are not listed stay as they were handed out.
"""

CELL_BACKWARD = """\
def cell_backward(dh, x, h_prev, h, W_x, W_h):
    da = dh * (1 - h)
    return da @ W_x.T, da @ W_h.T, {"W_x": x.T @ da, "W_h": h_prev.T @ da, "b": da.sum(axis=0)}
"""
BPTT_OVERWRITES = """\
def bptt(xs, hs, ys, h_0, W_x, W_h):
    N, T, H = hs.shape
    dxs, dh_next = np.zeros_like(xs), np.zeros_like(h_0)
    for t in reversed(range(T)):
        h_prev = hs[:, t - 1] if t > 0 else h_0
        da = ((hs[:, t] - ys[:, t]) / (N * T) + dh_next) * (1 - hs[:, t] ** 2)
        dxs[:, t], dh_next = da @ W_x.T, da @ W_h.T
        grads = {"W_x": xs[:, t].T @ da, "W_h": h_prev.T @ da, "b": da.sum(axis=0)}
    return dxs, dh_next, grads
"""
ADD_UP = """\
        grads = step if t == T - 1 else {name: grads[name] + step[name] for name in step}
    return dxs"""
BPTT_SUMS = (
    BPTT_OVERWRITES.replace(" / (N * T)", "")
    .replace("        grads = {", "        step = {")
    .replace("    return dxs", ADD_UP)
)
CONTRIBUTIONS_STOPS = """\
def contributions(dhs, hs, W_h):
    M = np.zeros((hs.shape[1], hs.shape[1]))
    for t in range(len(M)):
        d = dhs[t]
        M[t, t] = np.linalg.norm(d @ W_h.T)
    return M
"""
PREDICT_BY_RADIUS = 'fate = {"A": "vanish", "B": "explode", "C": "vanish", "D": "explode"}'
CLIP_CLAMPS = """\
def clip(grads, max_norm):
    norm = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    return {name: np.clip(g, -max_norm, max_norm) for name, g in grads.items()}, norm
"""

# one plain answer of each exercise that is right, in other words than the book's
RIGHT = {
    "cell-backward": """\
def cell_backward(dh, x, h_prev, h, W_x, W_h):
    da = (1 - np.square(h)) * dh
    grads = {"W_x": np.einsum("nd,nh->dh", x, da), "W_h": np.einsum("ni,nj->ij", h_prev, da)}
    return da @ W_x.T, (W_h @ da.T).T, {**grads, "b": np.ones(len(da)) @ da}
""",
    "bptt": BPTT_SUMS.replace("ys[:, t])", "ys[:, t]) / (N * T)"),
    "contributions": """\
def contributions(dhs, hs, W_h):
    T = hs.shape[1]
    M = np.zeros((T, T))
    for lag in range(T):
        for t in range(lag, T):
            d = dhs[:, t]
            for k in range(t, t - lag, -1):
                d = (d * (1 - hs[:, k] ** 2)) @ W_h.T
            M[t, t - lag] = np.sqrt((d**2).sum())
    return M
""",
    "predict": 'fate = {"A": "explode", "B": "vanish", "C": "vanish", "D": "explode"}',
    "clip": """\
def clip(grads, max_norm):
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()]))
    scale = max_norm / norm if norm > max_norm else 1.0
    return {name: scale * g for name, g in grads.items()}, norm
""",
    "jacobian": """\
def jacobian(hs, W_h):
    back = [np.eye(len(W_h))] * len(hs)
    for n, states in enumerate(hs):
        for h in states[::-1]:
            back[n] = W_h @ np.diag(1 - h**2) @ back[n]
    return np.array(back)
""",
}
# names that the checks use too, by accident and on purpose
CLASH = """
check = 5
"""
# and one that tells what it does while it is judged
NOISY_CLIP = RIGHT["clip"].replace("    scale =", "    print(norm, file=sys.stderr)\n    scale =")
NOISY_CLIP = f"import sys\n\n\n{NOISY_CLIP}"
FAKE = """
class Right:
    def require(self):
        return self

def check(*anything, **more):
    return Right()
"""
SUBMISSIONS = {
    "right": RIGHT,
    "clash": {name: answer + CLASH for name, answer in RIGHT.items()},
    "noisy": {**RIGHT, "clip": NOISY_CLIP},
    "fake": {"cell-backward": CELL_BACKWARD + FAKE, "bptt": BPTT_OVERWRITES, "clip": "clip = None"},
    "half": {
        "cell-backward": RIGHT["cell-backward"],
        "bptt": BPTT_OVERWRITES,
        "predict": RIGHT["predict"],
        "clip": CLIP_CLAMPS,
    },
    "wrong": {
        "cell-backward": CELL_BACKWARD,
        "bptt": BPTT_SUMS,
        "contributions": CONTRIBUTIONS_STOPS,
        "predict": PREDICT_BY_RADIUS,
        "clip": CLIP_CLAMPS,
    },
    "untouched": {},
}
EARNED = {
    "right": {*RIGHT},
    "clash": {*RIGHT},
    "noisy": {*RIGHT},
    "fake": set(),
    "half": {"cell-backward", "predict"},
    "wrong": set(),
    "untouched": set(),
}
FEEDBACK = {
    "right": ["bptt.backward: right", "bptt.clip: right"],
    "clash": ["bptt.backward: right", "bptt.clip: right"],
    "noisy": ["bptt.backward: right", "bptt.clip: right"],
    "fake": [
        "bptt.cell_backward: wrong: 1 - h for 1 - h^2",
        "bptt.backward: wrong: gradients overwritten",
    ],
    "half": [
        "bptt.cell_backward: right",
        "bptt.backward: wrong: gradients overwritten",
        "bptt.contributions: not started yet",
        "bptt.clip: wrong: element-wise clamp",
    ],
    "wrong": [
        "bptt.cell_backward: wrong: 1 - h for 1 - h^2",
        "bptt.backward: wrong: summed, not averaged",
        "bptt.contributions: stopped with an error",
        "bptt.predict: wrong: judged by the spectral radius",
        "bptt.clip: wrong: element-wise clamp",
    ],
    "untouched": ["bptt.backward: not started yet", "bptt.predict: not started yet"],
}
