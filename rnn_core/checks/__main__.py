"""``python -m rnn_core.checks class FOLDER``: a class at a glance."""

import sys

from .classroom.cli import main

if __name__ == "__main__":
    sys.exit(main())
