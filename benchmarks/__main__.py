"""python -m benchmarks [--seconds S]: print the tables and write benchmarks/results.json."""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import date
from pathlib import Path

from . import accuracy, memory

HERE = Path(__file__).parent
GOALS = {  # size: (at most this share of PyTorch's time, at most this multiple of the floor)
    "tiny": (0.15, None),
    "small": (0.35, 1.5),
    "char": (0.5, 1.12),
    "medium": (0.7, 1.12),
    "large": (0.85, 1.12),
}


def in_threads(threads, seconds):
    """The steps, measured in a fresh process with that many threads."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    env = {**os.environ, **dict.fromkeys(names, str(threads))}
    command = [sys.executable, "-m", "benchmarks.steps", str(threads), str(seconds)]
    run = subprocess.run(command, env=env, cwd=HERE.parent, stdout=subprocess.PIPE, check=True)
    return json.loads(run.stdout)


def machine():
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        model = next((s.split(":")[1].strip() for s in lines if s.startswith("model name")), model)
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def shown(r):
    return f"{r['median']:.2f} ({r['low']:.2f}-{r['high']:.2f})" if r else "-"


def print_steps(part):
    print(f"\nA training step, {part['threads']} thread(s), median ratio (quartiles)")
    print(f"  {'size':8s}{'ms':>9s}  {'to PyTorch':20s}{'goal':6s}{'to its products':20s}goal")
    for row in part["steps"]:
        to_torch, to_floor = GOALS[row["size"]]
        print(
            f"  {row['size']:8s}{row['milliseconds']:9.3f}  {shown(row['to_torch']):20s}"
            f"{to_torch:<6.2f}{shown(row['to_floor']):20s}{to_floor or '-'}"
        )
    if part["torch"] is None:
        print("  PyTorch is not installed, so its column is empty (pip install torch)")
    print("The layer against the loop over cells, forward and backward")
    for row in part["loop"]:
        print(f"  {row['size']:8s}{shown(row['to_loop'])}")


def print_memory(part):
    print("\nPeak memory of BPTT in MB, and time as a multiple of the full one's")
    print(f"  {'T':>6s}" + "".join(f"{way:>22s}" for way in memory.WAYS))
    for row in part["rows"]:
        cells = (f"{row['bytes'][w] / 1e6:.2f}  x{row['time_to_full'][w]:.2f}" for w in memory.WAYS)
        print(f"  {row['T']:6d}" + "".join(f"{cell:>22s}" for cell in cells))


def print_accuracy(grads, floors):
    print("\nLargest relative error of a gradient")
    for dtype, errors in grads.items():
        print(f"  {dtype}: " + ", ".join(f"{e:.0e} against {who}" for who, e in errors.items()))
    print("Distance to the floor in nats per symbol")
    for name, curve in floors.items():
        for step, seconds, gap in curve[3::4]:
            print(f"  {name:15s} {step:5d} updates {seconds:7.1f} s  {gap:.5f}")


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=6, help="for each size (default 6)")
    parser.add_argument("--out", type=Path, default=HERE / "results.json")
    args = parser.parse_args()
    results = {"date": date.today().isoformat(), "machine": machine(), "goals": GOALS}
    results["threads"] = [in_threads(n, args.seconds) for n in (1, 2)]
    for part in results["threads"]:
        print_steps(part)
    results["memory"] = memory.rows()
    print_memory(results["memory"])
    results["gradients"], results["floors"] = accuracy.gradients(), accuracy.floors()
    print_accuracy(results["gradients"], results["floors"])
    if args.out.exists():  # what benchmarks.book has measured stays
        before = json.loads(args.out.read_text())
        results |= {part: before[part] for part in ("book", "latency") if part in before}
    args.out.write_text(json.dumps(results, indent=1) + "\n")
    print(f"\nwritten: {args.out.name}")


if __name__ == "__main__":
    main()
