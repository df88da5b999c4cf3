"""The exercises of the book, a module for each chapter, in the order of the book."""

from . import anatomy, bptt, truncation, language, perplexity, gates  # isort: skip

__all__ = ["anatomy", "bptt", "gates", "language", "perplexity", "truncation"]
