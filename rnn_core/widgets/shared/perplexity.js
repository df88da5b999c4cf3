// rnn_core.scoring.readings in JavaScript: the perplexity of a text in batches, and what common slips make of it.
// probs: of the tokens that came, one for each row; counts: how many tokens the row stands for;
// cuts: 1 where a batch ends after the row (one entry fewer than rows).

const sum = (values) => values.reduce((a, b) => a + b, 0);

// [[row, row], [row], ...]
export function batchesOf(rows, cuts) {
  const batches = [[]];
  for (let i = 0; i < rows; i++) {
    batches.at(-1).push(i);
    if (i + 1 < rows && cuts[i]) batches.push([]);
  }
  return batches;
}

// Nats per token over the given rows
export function meanLoss(probs, counts, rows = probs.map((_, i) => i)) {
  return sum(rows.map((i) => -counts[i] * Math.log(probs[i]))) / sum(rows.map((i) => counts[i]));
}

export function readings(probs, counts, cuts) {
  const loss = meanLoss(probs, counts), tokens = sum(counts);
  const means = batchesOf(probs.length, cuts).map((rows) => meanLoss(probs, counts, rows));
  return {
    "right": Math.exp(loss),
    "mean of batch perplexities": sum(means.map(Math.exp)) / means.length,
    "exp of the mean of batch losses": Math.exp(sum(means) / means.length),
    "1 / mean probability": tokens / sum(probs.map((p, i) => p * counts[i])),
    "2 to the nats": 2 ** loss,
    "e to the bits": Math.exp(loss / Math.LN2),
    "exp of the summed loss": Math.exp(loss * tokens),
    "minus sign lost": Math.exp(-loss),
  };
}
