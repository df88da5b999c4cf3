"""Checks that name the mistake.

``check("bptt.cell_backward", my_function)`` runs an answer beside the right one and beside a
library of mistakes, on data chosen to tell them apart, and returns a `Verdict`.

How the rooms follow each other:

    exercises/   what is asked, one file for each chapter: task, reference, cases, mistakes
    exercise     what an exercise and a mistake are
    runner       the desk: `check`, `question`, `exercises`
    answer       runs an answer on the cases and brings back plain data (sandbox, plain)
    judge        reads that data beside the reference and the mistakes (compare, slips)
    verdict      what is said, as text and as HTML

`answer` runs somebody else's code and judges nothing; `judge` judges and runs nothing of the
student's.  Between them goes plain data, so that the two halves can live in two processes.
"""

from . import exercises as _the_book  # fills the table; the name `exercises` is the function below
from .exercise import Exercise
from .runner import check, exercises, question
from .verdict import Verdict, WrongAnswer

__all__ = ["Exercise", "Verdict", "WrongAnswer", "check", "exercises", "question"]
