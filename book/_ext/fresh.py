"""A page is built again when anything that it was computed from has changed.

Sphinx looks at a page's own text, and the cache of executed notebooks at their cells. Neither sees
the package that the cells import, the results that they read, or the extensions of this folder.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parent.parent.parent
PAGES = ("book/_ext/*.py", "book/_scripts/*", "rnn_core/widgets/**/*.*s")  # scripts and styles
CELLS = ("rnn_core/**/*.py", "rnn_core/**/*.json", "rnn_core/**/*.txt", "rnn_core/**/*.mplstyle")
CELLS += ("benchmarks/report.py", "benchmarks/results.json")


def digest(patterns: tuple[str, ...]) -> str:
    """Changes whenever one of these files does."""
    found = sorted({path for pattern in patterns for path in ROOT.glob(pattern)})
    return hashlib.sha256(b"".join(path.read_bytes() for path in found)).hexdigest()


def forget(app: Sphinx, config) -> None:
    """Drop the cached outputs that another version of the package has computed."""
    cache = Path(config["nb_execution_cache_path"] or Path(app.outdir).parent / ".jupyter_cache")
    mark, now = cache.with_name(".computed_from"), digest(CELLS)
    if cache.exists() and (not mark.exists() or mark.read_text() != now):
        shutil.rmtree(cache)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(now)


def setup(app: Sphinx) -> dict:
    # Sphinx reads every page anew when a value of this kind has changed
    app.add_config_value("unrolled_made_of", digest(PAGES + CELLS), "env", types=[str])
    app.connect("config-inited", forget, priority=100)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
