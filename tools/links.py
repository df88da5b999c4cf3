"""Check the links that lead out of the book, with Sphinx's linkcheck; without a network say so.

python tools/links.py
"""

import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def online(host: str = "doi.org") -> bool:
    try:
        with socket.create_connection((host, 443), timeout=5):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    if not online():
        print("No network: the links that lead out of the book were not checked.")
        sys.exit(0)
    command = [sys.executable, "-m", "jupyter_book", "build", ".", "--builder", "linkcheck"]
    sys.exit(subprocess.run(command, cwd=ROOT).returncode)
