"""The repository is the same on every machine."""

import re
import subprocess
from pathlib import Path

import nbformat
import pytest

from tools import refresh

ROOT = Path(__file__).resolve().parent.parent.parent
MACHINE = re.compile(
    r"(?<![\w.\-])/(root|work|Users/\w+|home/\w+)/|"  # where somebody's files are
    r"p[y]pi\.org|python[h]osted|registry\.n[p]mjs|deb\.debi[a]n|"  # where somebody installs from
    r"-index-url|--find-links"
)


def tree() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a git checkout: which files belong to the tree is unknown")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_machine_path_or_a_registry_host():
    found = []
    for path in tree():
        if path == Path(__file__):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a picture, a font
            continue
        found += [
            f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
            for number, line in enumerate(text.splitlines(), 1)
            if MACHINE.search(line)
        ]
    assert found == []


@pytest.mark.parametrize("path", sorted(refresh.NOTEBOOKS.glob("*.ipynb")), ids=lambda p: p.stem)
def test_a_notebook_is_stored_as_refresh_writes_it(path):
    stored = path.read_text(encoding="utf-8")
    written = refresh.written(refresh.clean(nbformat.reads(stored, as_version=4)))
    assert written == stored, f"python tools/refresh.py notebooks/{path.name}"


def test_no_browser_test_asks_a_host_on_behalf_of_a_page():
    """A request in flight when the page closes raises in whatever test comes next.

    `tools.serve.served(folder, headers=...)` serves what such a test needs.
    """
    asking = re.compile(r"\broute\.(?:fetch|continue_)\(")
    files = [path for path in tree() if path.is_relative_to(ROOT / "tests")]
    found = [
        str(path)
        for path in files
        if path.suffix == ".py" and asking.search(path.read_text("utf-8"))
    ]
    assert found == []
