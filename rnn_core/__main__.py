"""``python -m rnn_core FILE``: train a language model on a text of your own."""

import sys

from .text.cli import main

sys.exit(main())
