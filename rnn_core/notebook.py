"""What a notebook shows of the package itself: its code, quoted and not pasted."""

import ast
import inspect
import re
import textwrap

from .shapes import as_flag, as_text

__all__ = ["Listing", "quote"]


_NAMED = ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef


class Listing:
    """Source code that every front end sets as code.

    It is Markdown to a front end, so JupyterLab, Notebook, VS Code, nbconvert and the built page
    show it like any other listing of theirs, light or dark; a terminal prints the plain source.
    """

    def __init__(self, source):
        self.source = as_text("source", source)

    def __repr__(self):
        return self.source

    def _repr_markdown_(self):
        longest = max((len(run) for run in re.findall("`+", self.source)), default=0)
        fence = "`" * max(3, longest + 1)
        return f"{fence}python\n{self.source}\n{fence}"


def quote(thing, *, start=None, end=None, doc=True):
    """The source of a function, method, class or module as it stands in its file.

    Parameters
    ----------
    thing : function, method, class or module
    start, end : str, optional
        Words of the first and of the last line to show; without them all lines from the first
        and to the last.
    doc : bool
        False leaves the docstring out.

    Returns
    -------
    Listing
        Shown by the notebook when it is the last value of a cell.

    Raises
    ------
    ValueError
        If `thing` has no source in Python, if no line holds `start`, if none from there on holds
        `end`, or if there is no docstring to leave out.
    """
    start = None if start is None else as_text("start", start)
    end = None if end is None else as_text("end", end)
    doc = as_flag("doc", doc)
    try:
        lines = textwrap.dedent(inspect.getsource(thing)).splitlines()
        tree = ast.parse("\n".join(lines))
        if not inspect.ismodule(thing) and not isinstance(tree.body[0], _NAMED):
            raise TypeError  # a lambda: the line that it stands on says more than it
    except (TypeError, OSError, SyntaxError):
        raise ValueError(
            f"thing should be a function, method, class or module written in Python, "
            f"got {type(thing).__name__}: quote(RNN.backward), for instance"
        ) from None
    if not doc:
        first, last = _docstring(thing, lines)
        del lines[first:last]
    first = 0 if start is None else _line_with("start", start, lines, 0)
    last = len(lines) - 1 if end is None else _line_with("end", end, lines, first)
    return Listing(textwrap.dedent("\n".join(lines[first : last + 1])).strip("\n"))


def _docstring(thing, lines):
    """Where the docstring begins, and where the code goes on."""
    tree = ast.parse("\n".join(lines))
    node = tree if inspect.ismodule(thing) else tree.body[0]
    if ast.get_docstring(node) is None:
        name = getattr(thing, "__qualname__", repr(thing))
        raise ValueError(f"doc should be True for {name}, got False: it has no docstring")
    return node.body[0].lineno - 1, node.body[0].end_lineno


def _line_with(name, words, lines, first):
    for number in range(first, len(lines)):
        if words in lines[number]:
            return number
    raise ValueError(
        f"{name} should be words of a line of the quoted code, got {words!r}: look at the code "
        f"from {lines[first].strip()!r} on"
    )
