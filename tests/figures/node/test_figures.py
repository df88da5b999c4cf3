"""The figures' own mathematics, in Node, against rnn_core: one pytest test for each *.test.mjs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SCRIPTS = sorted(HERE.glob("*.test.mjs"))
OLDEST = 18  # the first with a test runner of its own


def find_node() -> str:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    if int(version.removeprefix("v").split(".")[0]) < OLDEST:
        pytest.skip(f"Node {version.strip()} is older than {OLDEST}")
    return node


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_in_node(script):
    env = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(
        [find_node(), "--test", str(script)], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
