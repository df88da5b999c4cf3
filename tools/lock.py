"""Pin what the book needs: pyproject.toml -> requirements.txt, requirements-teacher.txt.

    python tools/lock.py              pins stay where they still fit
    python tools/lock.py --upgrade    newest versions

One set of versions for Python 3.11 to 3.14 on every platform, so that a stored number means the
same everywhere. What teachers need besides stands in a file of its own. Needs uv.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = """\
# {what}, pinned for Python 3.11 to 3.14.
# Written by tools/lock.py from the ranges in pyproject.toml: change those, then `make lock`.
"""
READERS = ("book", "lab", "test")


def pinned(extras: tuple[str, ...], before: str) -> list[str]:
    """Lines `package==version`; versions named in `before` are kept where they fit."""
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    command += ["--fork-strategy", "fewest", "--no-header", "--no-annotate", "pyproject.toml"]
    command += [word for extra in extras for word in ("--extra", extra)]
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "requirements.txt")
        output.write_text(before, encoding="utf-8")
        command += ["--output-file", str(output), *sys.argv[1:]]
        subprocess.run(command, cwd=ROOT, check=True)
        return output.read_text(encoding="utf-8").splitlines()


def write(name: str, what: str, lines: list[str]) -> None:
    text = HEADER.format(what=what) + "".join(f"{line}\n" for line in lines)
    (ROOT / name).write_text(text, encoding="utf-8")


def main() -> None:
    stored = [ROOT / "requirements.txt", ROOT / "requirements-teacher.txt"]
    before = "".join(path.read_text(encoding="utf-8") for path in stored if path.exists())
    before = "\n".join(line for line in before.splitlines() if not line.startswith("-"))
    readers = pinned(READERS, before)
    teachers = pinned((*READERS, "teacher"), "\n".join([before, *readers]))
    if moved := sorted(set(readers) - set(teachers)):
        raise SystemExit(f"the teacher extra wants other versions of {', '.join(moved)}")
    write(stored[0].name, "Everything to read, run, build and test the book", [*readers, "-e ."])
    more = [line for line in teachers if line not in readers]
    write(stored[1].name, "What a teacher needs besides", ["-r requirements.txt", *more])


if __name__ == "__main__":
    main()
