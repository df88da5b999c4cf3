"""What a reader sees, in the reader's language.

English stands in the code, where it is read; ``t`` looks it up.  A translation is one JSON file
from the English text to the other, named by the variable ``UNROLLED_WORDS``: no fork.
"""

import json
import os
from functools import cache
from pathlib import Path

__all__ = ["catalogue", "t"]


@cache
def catalogue():
    """The translations in use, a dict from English; empty where the book speaks English."""
    path = os.environ.get("UNROLLED_WORDS")
    return json.loads(Path(path).read_text(encoding="utf-8")) if path else {}


def t(english, **values):
    """`english` in the reader's language, its ``{places}`` filled with `values`."""
    words = catalogue().get(english, english)
    return words.format(**values) if values else words
