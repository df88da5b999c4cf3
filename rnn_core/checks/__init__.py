"""Checks that name the mistake.

``check("bptt.cell_backward", my_function)`` runs an answer beside the right one and beside a
library of mistakes, on data chosen to tell them apart, and returns a `Verdict`.
"""

from . import exercises as _the_book  # fills the table; the name `exercises` is the function below
from .runner import check, exercises, question
from .verdict import Verdict, WrongAnswer

__all__ = ["Verdict", "WrongAnswer", "check", "exercises", "question"]
