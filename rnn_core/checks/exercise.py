"""What an exercise is: a task, its right answer, its cases, and the mistakes that we know."""

import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

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
    instead : dict, or callable
        What the student wrote: ``{"h @ W_h": "h @ W_h.T"}`` is the reference with the one in the
        place of the other.  A function is an answer of its own.
    recognize : callable, optional
        ``recognize(got, want)`` on the observed results of one case, for mistakes that do not
        always give the same numbers.
    by_itself : bool
        It is seen without the library: inputs changed, another answer the second time.
    reference : callable
        What `instead` is read against.
    """

    name: str
    words: str
    look: str
    instead: object
    recognize: Callable | None = None
    by_itself: bool = False
    reference: Callable = None

    @cached_property
    def function(self):
        """An answer with this mistake and no other."""
        return self.instead if callable(self.instead) else edited(self.reference, self.instead)


def edited(function, instead):
    """`function`, written with other words in some of its places; see `rewritten`."""
    source = rewritten(function, instead)
    scope, made = dict(function.__globals__), {}
    exec(compile(source, f"<{function.__name__}, edited>", "exec"), scope, made)
    return made[function.__name__]


def rewritten(function, instead):
    """The source of `function` with other words in some of its places.

    Parameters
    ----------
    function : callable
        Defined by ``def``, where its source can be read.
    instead : dict
        From what stands there to what is to stand there, everywhere that it does.  Further lines
        are moved in as far as the line that they begin in.

    Raises
    ------
    ValueError
        If something to be replaced does not stand there.
    """
    source = textwrap.dedent(inspect.getsource(function))
    olds, found = sorted(instead, key=len, reverse=True), set()

    def put(match):
        old = olds[match.lastindex - 1]
        found.add(old)
        line = source[: match.start()].rpartition("\n")[2]
        return instead[old].replace("\n", "\n" + line[: len(line) - len(line.lstrip())])

    source = re.sub("|".join(f"({_pattern(old)})" for old in olds), put, source)
    for old in olds:
        if old not in found:
            raise ValueError(f"{function.__name__} should hold {old!r}, so that it can be replaced")
    return source


def _pattern(old):
    """A regular expression for `old`; its further lines may stand as far in as they like."""
    return r"\n *".join(re.escape(line.lstrip() if i else line)
                        for i, line in enumerate(old.split("\n")))  # fmt: skip


@dataclass(eq=False)
class Exercise:
    """One exercise: of the book, or your own.

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
        From a ``np.random.Generator`` to a dictionary of tuples of arguments.  Each is named by
        what could hide without it: ``"a batch of one"``.  (A list will do for a first try.)
    returns : str, tuple or dict
        The names and axes of what comes back, in its own structure: ``"hs (N, T, H)"``.
    view : callable, optional
        ``view(result, *args)``: what of a result is compared, as a dict from ``"name (axes)"``
        to an array, number or text.  Takes the place of `returns`.  The result is plain data: a
        generator is a list by now, a model is a `plain.Model`.
    form : str, optional
        What should come back, in words, where `view` says what is compared.
    hides : dict, optional
        From the name of a case to a wrong answer that only this case brings to light, written
        like the `instead` of a mistake.
    notes : str, optional
        The name of an argument that takes notes of what the answer does with it; `view` gets it
        as it was after the call.
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
    seconds : float
        How long one call may take, where nobody says otherwise.
    """

    id: str
    title: str
    level: int
    reference: Callable
    cases: Callable
    returns: object = None
    view: Callable | None = None
    form: str | None = None
    hides: dict = field(default_factory=dict)
    notes: str | None = None
    shown: Callable | None = None
    backward: bool = False
    once: bool = False
    value: bool = False
    tol: float = 1e-5
    seconds: float = 10.0
    mistakes: list = field(default_factory=list)

    def __post_init__(self):
        TABLE[self.id] = self
        self.arguments = tuple(inspect.signature(self.reference).parameters)

    def mistake(self, name, words, look, instead=None, **more):
        """Add a wrong answer of this name; see `Mistake`.

        ``exercise.mistake("bias missing", "The bias was left out.", "the last term",
        {"+ b": ""})``
        """

        def add(instead):
            made = Mistake(name, words, look, instead, reference=self.reference, **more)
            self.mistakes.append(made)
            return instead

        return add if instead is None else add(instead)

    def hidden(self, case):
        """The wrong answer that only this case brings to light."""
        instead = self.hides[case]
        return instead if callable(instead) else edited(self.reference, instead)

    def __repr__(self):
        return f"{self.id}: {self.title} (level {self.level}, {len(self.mistakes)} mistakes known)"
