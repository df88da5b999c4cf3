"""``python -m rnn_core FILE``: train a language model on a text of your own."""

import sys

from .text.cli import main
from .text.stop import Stop

with Stop(say=lambda line: None) as last:
    last.wait()
    code = main()  # it has a guard of its own
    last.ignore()
sys.exit(code)
