"""Pin everything that reads, runs, builds and tests the book: pyproject.toml -> requirements.txt.

    python tools/lock.py              pins stay where they still fit
    python tools/lock.py --upgrade    newest versions

One set of versions for Python 3.11 to 3.14 on every platform, so that a stored number means the
same everywhere. Needs uv.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = """\
# Everything to read, run, build and test the book, pinned for Python 3.11 to 3.14.
# Written by tools/lock.py from the ranges in pyproject.toml: change those, then `make lock`.
"""


def main() -> None:
    target = ROOT / "requirements.txt"
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    command += ["--fork-strategy", "fewest", "--no-header", "--no-annotate", "pyproject.toml"]
    command += ["--extra", "book", "--extra", "lab", "--extra", "test"]
    command += ["--output-file", target.name, *sys.argv[1:]]
    subprocess.run(command, cwd=ROOT, check=True)
    pins = target.read_text(encoding="utf-8")
    target.write_text(f"{HEADER}{pins}-e .\n", encoding="utf-8")


if __name__ == "__main__":
    main()
