"""python -m benchmarks.book [--tests] [--latency]: the book's own times, added to results.json.

A cold build runs every notebook; a build without changes finds them in the cache.  `--tests` also
times `pytest`, as `make test` runs it; `--latency` a figure beside `interact` (latency.py).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import latency
from .report import RESULTS

ROOT = Path(__file__).parent.parent


def seconds(*command):
    start = time.perf_counter()
    subprocess.run(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, check=True
    )
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.book", description=__doc__)
    parser.add_argument("--tests", action="store_true", help="time the tests too")
    parser.add_argument("--latency", action="store_true", help="time a figure in JupyterLab")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        build = ("jupyter-book", "build", ".", "-n", "-W", "--keep-going", "--path-output", folder)
        measured = {"cold build": seconds(*build), "build without changes": seconds(*build)}
    if args.tests:
        test = (sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile")
        measured["all tests, two workers"] = seconds(*test)
    results = json.loads(RESULTS.read_text())
    book = {name: f"{taken:.0f} s" for name, taken in measured.items()}
    results["book"] = {**results.get("book", {}), **book}
    if args.latency:
        results["latency"] = latency.summary(latency.measure())
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    for name, taken in results["book"].items():
        print(f"{name}: {taken}")


if __name__ == "__main__":
    main()
