"""The figures' JavaScript against rnn_core: node --test on tests/js/*.test.mjs.

By hand: ``PYTHON=.venv/bin/python node --test tests/js/``
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "js"


@pytest.mark.parametrize("path", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.name)
def test_javascript(path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node found: install Node 20 or newer to test the figures' JavaScript")
    run = subprocess.run(
        [node, "--test", path],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stdout + run.stderr
