"""How much faster several processes train than one; their result is `benchmarks/ranks.json`.

    torchrun --standalone --nproc-per-node=2 -m benchmarks.ranks [--rounds 15]

Every process has one thread.  In each round rank 0 first reads all N streams of a block alone,
while the others wait, and then all ranks read their shares; the round gives one ratio, of which
the median and the quartiles are stored.  A ratio of 1 is no gain, the number of ranks is all that
can be hoped for.  On a machine that has other work the ratios say little: the load is stored too.
"""

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist

from rnn_core import RNNLM
from rnn_core.text.by_torch import TorchEngine, joined

from .__main__ import machine
from .paired import ratio

RESULT = Path(__file__).with_name("ranks.json")
SIZES = {  # N, T, D, H, V
    "the command's own": (20, 35, 64, 128, 10_000),
    "more streams": (80, 35, 64, 128, 10_000),
    "longer blocks, few words": (40, 100, 64, 256, 100),
}


def engine(axes):
    """A fresh engine over one block; before the group exists it is of one process."""
    N, T, D, H, V = axes
    rng = np.random.default_rng(0)
    ids, targets = rng.integers(V, size=(2, N, T))
    return TorchEngine(RNNLM.init(V, D, H, rng, np.float32), [(ids, targets)], 1e-3, 1.0)


def seconds(worker):
    """Of one update."""
    start = time.perf_counter()
    worker.epoch(lambda step, loss: None)
    return time.perf_counter() - start


def taken(alone, together, rounds):
    """Seconds of each update (rounds, 2), alone and together; the first is not counted."""
    times = np.empty((rounds + 1, 2))
    for row in times:
        dist.barrier()
        row[0] = seconds(alone) if dist.get_rank() == 0 else np.nan
        dist.barrier()
        row[1] = seconds(together)
    return times[1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    alone = {size: engine(axes) for size, axes in SIZES.items()}
    rows = []
    with joined() as group:
        for size, axes in SIZES.items():
            together = engine(axes)
            torch.set_num_threads(1)
            times = taken(alone[size], together, rounds)
            rows.append(
                {
                    "size": size,
                    "axes": axes,
                    "gain": ratio(times[:, 0], times[:, 1]),
                    "milliseconds": round(1000 * float(np.median(times[:, 0])), 2),
                    "gradient_bytes": sum(p.nbytes for p in together.model.params.values()),
                }
            )
        if group.rank == 0:
            told = {"ranks": dist.get_world_size(), "rounds": rounds, "machine": machine()}
            told |= {"torch": torch.__version__, "load": round(os.getloadavg()[0], 1)}
            RESULT.write_text(json.dumps({**told, "sizes": rows}, indent=1) + "\n")
            for row in rows:
                print(json.dumps(row))


if __name__ == "__main__":
    main()
