"""python -m benchmarks.book [--tests]: how long the book takes to build, added to results.json.

A cold build runs every notebook; a build without changes finds them in the cache.  `--tests` also
times `pytest`, as `make test` runs it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        build = ("jupyter-book", "build", ".", "-n", "-W", "--keep-going", "--path-output", folder)
        measured = {"cold build": seconds(*build), "build without changes": seconds(*build)}
    if args.tests:
        test = (sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile")
        measured["all tests, two workers"] = seconds(*test)
    results = json.loads(RESULTS.read_text())
    results["book"] = {name: f"{taken:.0f} s" for name, taken in measured.items()}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    for name, taken in results["book"].items():
        print(f"{name}: {taken}")


if __name__ == "__main__":
    main()
