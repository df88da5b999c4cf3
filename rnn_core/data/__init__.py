"""Texts, tasks and grammars, and how to cut them into batches."""

from .batches import stream_batches
from .vocabulary import Vocabulary

__all__ = ["Vocabulary", "stream_batches"]
