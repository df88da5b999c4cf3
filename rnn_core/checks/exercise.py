"""What an exercise is: a question, its right answer, and the mistakes that we know."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

TABLE = {}  # every exercise by its id, in the order of the book


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that has a name.

    Parameters
    ----------
    name : str
        A few words, such as ``"bias missing"``.
    words : str
        What went wrong, said to the student.
    look : str
        Where: the line of the formula.
    function : callable
        An answer with this mistake and no other.
    recognize : callable, optional
        ``recognize(got, want)`` on the observed results of one case, for mistakes that do not
        always give the same numbers.
    by_itself : bool
        The runner sees it without the library: inputs changed, another answer the second time.
    """

    name: str
    words: str
    look: str
    function: Callable
    recognize: Callable | None = None
    by_itself: bool = False


@dataclass
class Exercise:
    """One exercise of the book.

    Parameters
    ----------
    id : str
        ``"chapter.name"``.
    title : str
    level : int
        1 puts one formula into code; 2 needs a loop or two ideas; 3 puts several together.
    reference : callable
        The right answer.  For a question that is answered by a value, the function from the
        question to the value.
    cases : callable
        From a ``np.random.Generator`` to a list of tuples of arguments.
    returns : str, tuple or dict
        The names and axes of what comes back, in its own structure: ``"hs (N, T, H)"``.
    view : callable, optional
        ``view(result, *args)``: what of a result is compared, as a dict from ``"name (axes)"``
        to an array, number or text.  Takes the place of `returns`.
    shown : callable, optional
        What `question` shows of a case, where that is not the case itself.
    backward : bool
        Time runs backward, so the first step that differs is the latest.
    once : bool
        Called only once: it takes long, or draws numbers.
    value : bool
        The answer is a value and not a function.
    tol : float
        Norm-relative.  The default lets float32 pass and no mistake.
    """

    id: str
    title: str
    level: int
    reference: Callable
    cases: Callable
    returns: object = None
    view: Callable | None = None
    shown: Callable | None = None
    backward: bool = False
    once: bool = False
    value: bool = False
    tol: float = 1e-5
    mistakes: list = field(default_factory=list)

    def __post_init__(self):
        TABLE[self.id] = self
        self.arguments = tuple(inspect.signature(self.reference).parameters)

    def mistake(self, name, words, look, **more):
        """Decorator: the function below is a wrong answer of this name."""

        def add(function):
            self.mistakes.append(Mistake(name, words, look, function, **more))
            return function

        return add

    def __repr__(self):
        return f"{self.id}: {self.title} (level {self.level}, {len(self.mistakes)} mistakes known)"
