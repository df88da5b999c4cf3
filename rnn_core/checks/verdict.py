"""What a check has to say, in a terminal, in a notebook and in an assert."""

import sys
from dataclasses import dataclass
from html import escape

from ..words import t

HEADLINES = {
    "right": "right",
    "named": "wrong",
    "partly": "wrong, and known in part",
    "unknown": "wrong, in no way we know",
    "form": "not in the form asked for",
    "raised": "stopped with an error",
    "hung": "did not finish",
    "changed": "changed its inputs",
    "untouched": "not started yet",
}
COLORS = {"right": "#00795c", "untouched": "#57606a"}  # else the color of a gradient
WRONG = "#b84a00"


class WrongAnswer(AssertionError):
    """A verdict that was required to be right and is not; its message is the verdict."""

    def __init__(self, verdict):
        super().__init__(str(verdict))
        self.verdict, self.shown = verdict, False

    def _render_traceback_(self):
        """What IPython prints instead of a traceback, since the place is in the words.

        In a notebook the verdict is shown as every verdict is, and the error says its headline.
        IPython may ask twice: for the page, and for its history.
        """
        self.shown = self.shown or _displayed(self.verdict)
        return [self.verdict.headline] if self.shown else [str(self)]


def _displayed(verdict):
    """Show a verdict as HTML where IPython has a notebook to show it in; whether it has."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if getattr(shell, "kernel", None) is None:
        return False
    from IPython.display import display  # it is here: it has just called

    display(verdict)
    return True


@dataclass(frozen=True)
class Verdict:
    """The result of `check`.

    A verdict is shown as text in a terminal and as HTML in a notebook.  ``assert check(...)``
    fails with the verdict's own words: taken for a truth value, a verdict that is not right
    raises `WrongAnswer` (an AssertionError), since a bare ``assert`` would say nothing.  So in an
    ``if``, ask for ``verdict.right``.

    Attributes
    ----------
    exercise : str
        Its id, such as ``"bptt.cell_backward"``.
    kind : str
        ``"right"``, ``"named"``, ``"partly"``, ``"unknown"``, ``"form"``, ``"raised"``,
        ``"hung"``, ``"changed"`` or ``"untouched"``: the keys of `HEADLINES`.
    lines : tuple of str
        The sentences: what is wrong, where to look, the first number that shows it, what is right
        already.
    mistakes : tuple of str
        The names of the mistakes that were recognized; empty unless kind is ``"named"``,
        ``"form"`` or ``"changed"``.
    right : bool
        Whether kind is ``"right"``: the question to ask in a program.
    """

    exercise: str
    kind: str
    lines: tuple = ()
    mistakes: tuple = ()

    @property
    def right(self):
        return self.kind == "right"

    @property
    def headline(self):
        names = ", ".join(map(t, self.mistakes)) if self.kind in ("named", "form") else ""
        return ": ".join(filter(None, [self.exercise, t(HEADLINES[self.kind]), names]))

    def require(self):
        """The verdict itself if it is right; otherwise raise `WrongAnswer` with its words."""
        __tracebackhide__ = True
        if not self.right:
            raise WrongAnswer(self)
        return self

    def __bool__(self):
        __tracebackhide__ = True
        return self.require().right

    def __str__(self):
        return "\n".join([self.headline, *(f"  {line}" for line in self.lines)])

    __repr__ = __str__

    def _ipython_display_(self):
        """Shown, and not the cell's value: a grader would look for a number of points in that."""
        from IPython.display import display

        display({"text/plain": str(self), "text/html": self._repr_html_()}, raw=True)

    def _repr_html_(self):
        color = COLORS.get(self.kind, WRONG)
        body = "".join(f"<div>{_code(line)}</div>" for line in self.lines)
        return (
            f'<div class="unrolled-verdict" style="border-left: 4px solid {color}; '
            f'padding: 0.2em 0 0.2em 0.8em"><div><strong>{escape(self.headline)}</strong></div>'
            f"{body}</div>"
        )


def _code(line):
    """HTML of one line; what stands between backticks is code."""
    parts = escape(line).split("`")
    if len(parts) % 2 == 0:  # a backtick without its partner
        return "`".join(parts)
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))
