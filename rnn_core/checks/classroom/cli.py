"""The command: ``python -m rnn_core.checks class FOLDER``."""

import argparse
import os
import sys
import time

from ..runner import as_seed
from . import keep
from .grade import grade, merged

DESCRIPTION = """\
Judge what a class has handed in, and show it on one page.

FOLDER is a folder of notebooks, one for each student or a folder for each; a course folder of
nbgrader's, or its submitted/; a zip file as a learning platform gives it; or one notebook. Each
answer cell runs in a process of its own, with the imports and helpers that it names; what comes
back is compared here. Written are class.html, class.csv, and class.json, which remembers: a second
run judges only what has changed since.
"""
EPILOG = """\
examples:
  python -m rnn_core.checks class submitted/ --seed 31415
  python -m rnn_core.checks class week3.zip --out ~/week3 --jobs 4
  python -m rnn_core.checks class --merge part1 part2 --out all
"""


def main(words=None):
    parser = argparse.ArgumentParser(prog="python -m rnn_core.checks")
    commands = parser.add_subparsers(dest="command", required=True, metavar="class")
    own = commands.add_parser(
        "class", description=DESCRIPTION, epilog=EPILOG, help="judge what a class has handed in",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    own.add_argument("folder", nargs="?", metavar="FOLDER", help="what came back")
    own.add_argument("--merge", nargs="+", metavar="PART", help="no FOLDER: put the results of "
                     "several runs together, each the folder that its --out named")  # fmt: skip
    own.add_argument("--out", default=".", help="the folder to write to (default: this one)")
    own.add_argument("--seed", type=int, help="your own hidden cases, by a number that you keep")
    own.add_argument("--question-seed", type=int, metavar="SEED",
                     help="if your notebooks ask question(..., seed=SEED)")  # fmt: skip
    own.add_argument("--limit", type=float, metavar="SECONDS",
                     help="for one call (default: 10, and 60 for train-toy)")  # fmt: skip
    own.add_argument("--jobs", type=int, default=_cores(), metavar="N",
                     help="answers to run side by side (default: %(default)s)")  # fmt: skip
    args = own.parse_args(words[1:]) if words and words[0] == "class" else parser.parse_args(words)
    try:
        return _merge(args) if args.merge else _grade(args)
    except (ValueError, OSError) as error:
        print(f"Nothing was written. {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. What was judged so far is kept: the next run goes on from there.",
              file=sys.stderr)  # fmt: skip
        return 130


def _cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _grade(args):
    if args.folder is None:
        raise ValueError("FOLDER should be what came back, got none: see --help")
    for name, number in (("--jobs", args.jobs), ("--limit", args.limit)):
        if number is not None and not number > 0:
            raise ValueError(f"{name} should be above 0, got {number}")
    seed, question_seed = as_seed(args.seed), as_seed(args.question_seed)
    out = keep.Kept(args.out)
    out.guard()
    known, bar = out.verdicts(), Bar()
    try:
        made = grade(args.folder, seed, question_seed, args.limit, args.jobs, known,
                     (out.folder / name for name in keep.NAMES), progress=bar)  # fmt: skip
    except KeyboardInterrupt:
        out.remember(known)
        raise
    finally:
        bar.end()
    out.write(made, known)
    _say(made, out, f"{made.fresh} judged in this run")
    return 0


def _merge(args):
    if args.folder is not None:
        raise ValueError("--merge takes folders of results, and no FOLDER beside them")
    parts = [keep.Kept(part).read() for part in args.merge]
    seeds = {part.seed for part in parts}
    if len(seeds) > 1:
        raise ValueError(f"the parts should be judged with one seed, got {sorted(map(str, seeds))}")
    out = keep.Kept(args.out)
    out.guard()
    made = merged(parts)
    out.write(made, out.verdicts())
    _say(made, out, f"{len(parts)} parts put together")
    return 0


def _say(made, out, done):
    answers = sum(len(row.verdicts) for row in made.rows)
    right = sum(v.right for row in made.rows for v in row.verdicts.values())
    broken = sum(bool(row.problems) for row in made.rows)
    print(f"{len(made.rows)} students, {answers} answers, {right} of them right; {done}.")
    if broken:
        who = "1 student" if broken == 1 else f"{broken} students"
        print(f"{who} handed in something that cannot be read: see the table.")
    if not made.guarded:
        print("This system does not let an answer be cut off from the network and the files.\n"
              "Each ran in a process of its own, and no more: do this in a container.")  # fmt: skip
    print(f"{out.folder / keep.PAGE}\n{out.folder / keep.TABLE}")


class Bar:
    """Progress on a terminal; silent elsewhere."""

    def __init__(self, stream=None, width=30):
        self.stream, self.width = stream or sys.stderr, width
        self.start, self.shown = time.monotonic(), self.stream.isatty()

    def __call__(self, done, of):
        if self.shown:
            full = self.width * done // of
            left = (time.monotonic() - self.start) / done * (of - done)
            bar = "#" * full + "." * (self.width - full)
            self.stream.write(f"\r[{bar}] {done} of {of} answers, {left:.0f} s left   ")
            self.stream.flush()

    def end(self):
        if self.shown:
            self.stream.write("\r\033[K")
            self.stream.flush()
