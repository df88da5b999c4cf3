"""Texts, tasks and grammars, and how to cut them into batches."""

from .batches import stream_batches
from .tasks import Recall
from .texts import load_text
from .vocabulary import Vocabulary

__all__ = ["Recall", "Vocabulary", "load_text", "stream_batches"]
