"""Explorable: the base of every figure that a reader can take hold of.

What a figure is made of
------------------------
Each figure has a folder with three files, and each file has the same parts in the same order, so
that whoever has read one figure finds their way in all of them.

====================  =============================================================================
``my_figure.py``      ``claim`` and ``shows``; the **traits** (the state); ``__init__`` with every
                      argument spelled out; the checks; the numbers, by ``rnn_core``; ``summary``;
                      ``draw``
``my_figure.js``      **compute** (numbers), ``summary`` (the same words as in Python), **scene**
                      (numbers and a width into marks), then ``render``: **readout**, **controls**,
                      **update**, the hand
``my_figure.css``     rules of its own, where it needs any
====================  =============================================================================

``compute``, ``summary`` and ``scene`` know nothing of the page, which is why they can be tested in
Node.  ``render`` wires them up: a control writes to the model and does nothing else, and one
``update`` shows the model, whoever changed it.

How to write one
----------------
The Python class makes a ``claim`` (one sentence, the title above the figure), says in ``shows``
what one sees (the caption below), declares its state as traits, and draws its still::

    class MyFigure(Explorable):
        claim = "What the reader can see to be true."
        shows = "Bars: the state after each step."
        gain = Real(1.0, low=0, high=2)      # a trait: checked, synced, JSON

        def __init__(self, *, gain=1.0):
            super().__init__(gain=gain)

        def summary(self):                   # the numbers in words: alt text, repr, nbval
            return f"With gain {self.gain:.2f} the state is {self.hs[-1]:.2f}."

        def draw(self):                      # the same picture with rnn_core.plots, for paper
            fig, ax = canvas(640, 240)
            ...
            return fig

What is fixed is computed here, with ``rnn_core``; what the reader drags is computed again in
JavaScript, by functions that ``tests/figures/node`` holds against ``rnn_core`` to 1e-12.  No
number in a figure is typed.

The module is plain JavaScript.  ``CLAIM`` and ``SHOWS`` are constants in it; the shared modules are
imported from ``"unrolled/..."`` wherever the figure lies, also in a folder of your own (within the
package a relative path says the same, and lets Node read the file)::

    import { axes, line } from "unrolled/draw.js";
    import { frame, listen, picture, put, range, real } from "unrolled/controls.js";
    import { t } from "unrolled/words.js";

    function render({ model, el }) {
      const page = frame(el, { name: "my_figure", claim: CLAIM, shows: SHOWS, model,
                               link: { gain: real(0, 2) } });   // what an address may set
      const gain = range({ label: t("gain"), min: 0, max: 2, step: 0.05,
                           oninput: (value) => put(model, { gain: value }) });
      page.controls.append(gain.root);
      const pic = picture(page.stage, (width) => ({ height: 240, marks: [...], label: "..." }));
      const update = () => { gain.set(model.get("gain")); pic.redraw(); page.say("..."); };
      update();
      const stop = listen(model, ["gain"], update);
      return () => { stop(); pic.end(); page.end(); };
    }
    export default { render };

Where the class stands in a notebook or the files have other names, say where the module is:
``class MyFigure(Explorable, source="my_figure.js")``.

What ``controls.js`` offers: ``frame`` (claim, stage, controls, readout, caption, full screen,
link), ``picture``, ``range``, ``stepper`` (with ``play``: a button that walks), ``player``,
``button``, ``checkbox``, ``select``, ``segmented``, ``reading`` (a number that flashes and keeps
what it was), ``flash`` (the flash alone), ``remembered`` (what something was before the hand moved
it), ``roomy`` (words that may wrap, in a box that keeps its height), ``scrub`` (drag sideways),
``flow`` (dashes that run along an arrow), ``tween``, ``symbol`` and ``typeset`` (``W_h`` as in the
text).  What ``draw.js`` offers are marks: ``text``, ``math``, ``tile`` (with ``grip: true`` if it
can be dragged), ``array``, ``cell``, ``arrow``, ``grip``, ``axes``, ``line``, ``points``, ``bars``;
and ``pointOn``, where something is that travels along an arrow.

Rules.  The model offers ``get set save_changes on off``; ``render`` may run twice and returns its
cleanup; strings reach the page as text; words go through ``t``.  Every value that can be dragged
has a native control too and shows a ``grip``, and nothing else looks as if it could be dragged.  A
movement up or down on a touch screen belongs to the page: ``scrub`` waits for one sideways.  Colors
only by ``var(--u-...)``; text at least 12 px at a width of 328 px; every CSS rule under
``.unrolled-explorable.u-my_figure``.  Say each number in ``page.say``: it tells a screen reader the
sentences that are new, when the hand has come to rest.

Imports and exports stand at the start of a line, in the forms ``import { a, b } from "./c.js";``
(or ``"unrolled/c.js"``), ``export function``, ``export const``, ``export class`` and, once,
``export default``: that is all that ``bundle`` reads.
"""

import re
import sys
from base64 import b64encode
from html import escape
from pathlib import Path
from typing import ClassVar

import anywidget
import numpy as np
import traitlets

from rnn_core.cell import RNNCell
from rnn_core.model import RNNLM
from rnn_core.words import catalogue, t

from .bundle import SHARED, bundle

# ---- one voice for wrong values


class TraitValueError(traitlets.TraitError, ValueError):
    """A ValueError for the caller; a TraitError for traitlets, which then rolls back."""


def fail(name, should, got, why):
    raise TraitValueError(f"`{name}` should be {should}, got {got}: {why}")


def brief(value):
    words = " ".join(repr(value).split())
    return words if len(words) <= 60 else words[:57] + "..."


def weights_of(cell, default):
    """W_x, W_h and b of an `RNNCell`, or of `default` where none is given."""
    cell = default if cell is None else cell
    if not isinstance(cell, RNNCell):
        why = "the layer comes first, then the inputs"
        fail("cell", "an RNNCell, such as RNNCell(W_x, W_h, b)", brief(cell), why)
    return cell.params


# the weights of such a model, by the names of traits: trait, name in RNNLM.params
PARAMS = {
    "embedding": "embedding.W",
    "W_x": "rnn.W_x",
    "W_h": "rnn.W_h",
    "b": "rnn.b",
    "affine_W": "affine.W",
    "affine_b": "affine.b",
}


def plain(model, call):
    """`model`, if it is an RNNLM of plain RNN cells: the only one that JavaScript can run."""
    if not isinstance(model, RNNLM) or type(model.rnn.cell) is not RNNCell:
        fail("model", "an RNNLM of RNN cells", brief(model), f"pass one, as in {call}")
    return model


def typeset(words):
    """Words as HTML, their symbols as in the text: ``W_h`` and, for a letter alone, ``*k*``."""

    def symbol(found):
        letter, below = found[1] or found[3], found[2]
        index = f"<sub>{below}</sub>" if below else ""
        return f'<span class="u-math"><span class="u-symbol">{letter}</span>{index}</span>'

    return re.sub(r"\b([A-Za-z])_(\w+)|\*([A-Za-z])\*", symbol, escape(words))


# ---- traits that check what they are given and store plain JSON


def numbers(name, value, ndim):
    """`value` as an array of finite numbers with so many axes, or what is wrong with it."""
    nested = f"numbers in {ndim} axes (an array or nested lists)"
    should = "a list of numbers" if ndim == 1 else nested
    try:
        array = np.array(value)
        array = array if array.dtype.kind in "OUSc" else array.astype(np.float64)
        if array.dtype.kind == "O" and array.ndim > 0:
            array = array.astype(np.float64)
    except (TypeError, ValueError):
        array = np.array("")
    if array.dtype.kind != "f":
        fail(name, should, brief(value), "that cannot be read as an array of numbers")
    if array.size and array.ndim != ndim:  # an empty list has no inner axes to count
        fail(name, should, f"shape {array.shape}", f"that has {array.ndim} axes, not {ndim}")
    if not np.isfinite(array).all():
        fail(name, should, brief(value), "all numbers should be finite")
    return array


class Numbers(traitlets.TraitType):
    """An array of finite numbers, stored as nested lists: ``Numbers(2)`` takes any matrix.

    Assign a new array to change it: a change inside the list is not seen.
    """

    def __init__(self, ndim, **kwargs):
        super().__init__(np.zeros((0,) * ndim).tolist(), **kwargs)
        self.ndim = ndim
        self.tag(sync=True)

    def validate(self, obj, value):
        return numbers(self.name, value, self.ndim).tolist()


class Whole(traitlets.TraitType):
    """A whole number from low to high, both included."""

    def __init__(self, default, low=None, high=None, **kwargs):
        super().__init__(default, **kwargs)
        self.low, self.high = low, high
        self.tag(sync=True)

    def validate(self, obj, value):
        if not _is_number(value) or value != int(value):
            fail(self.name, "a whole number", brief(value), "steps and counts cannot be split")
        return int(_within(self, value))


class Real(traitlets.TraitType):
    """A finite number from low to high, both included."""

    def __init__(self, default, low=None, high=None, **kwargs):
        super().__init__(default, **kwargs)
        self.low, self.high = low, high
        self.tag(sync=True)

    def validate(self, obj, value):
        if not _is_number(value):
            fail(
                self.name,
                "a finite number",
                brief(value),
                "a figure can only draw what can be counted",
            )
        return float(_within(self, value))


class Flag(traitlets.TraitType):
    """True or False."""

    def __init__(self, default=False, **kwargs):
        super().__init__(default, **kwargs)
        self.tag(sync=True)

    def validate(self, obj, value):
        if not isinstance(value, (bool, np.bool_)):
            fail(self.name, "True or False", brief(value), "it switches something on or off")
        return bool(value)


class Choice(traitlets.TraitType):
    """One of a few values."""

    def __init__(self, default, options, **kwargs):
        super().__init__(default, **kwargs)
        self.options = tuple(options)
        self.tag(sync=True)

    def validate(self, obj, value):
        if not any(isinstance(value, type(one)) and value == one for one in self.options):
            fail(
                self.name,
                "one of " + ", ".join(map(repr, self.options)),
                brief(value),
                "there is no such choice",
            )
        return value


def _is_number(value):
    return (
        isinstance(value, (int, float, np.integer, np.floating))
        and not isinstance(value, bool)
        and bool(np.isfinite(value))
    )


def _within(trait, value):
    low = -np.inf if trait.low is None else trait.low
    high = np.inf if trait.high is None else trait.high
    if not low <= value <= high:
        span = (
            f"at least {low}"
            if high == np.inf
            else f"at most {high}"
            if low == -np.inf
            else f"between {low} and {high}"
        )
        fail(trait.name, span, brief(value), "outside the range of the figure")
    return value


# ---- the class


class Explorable(anywidget.AnyWidget):
    """A figure whose state is in synced traits; the module's docstring says how to write one"""

    claim: ClassVar[str] = ""
    shows: ClassVar[str] = ""
    _source: ClassVar[Path]

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)

    def __init_subclass__(cls, source=None, **kwargs):
        super().__init_subclass__(**kwargs)
        if source is not None:
            cls._source = Path(source).resolve()
        elif cls.__dict__.get("claim"):  # its .js lies beside the file of its class
            module = sys.modules[cls.__module__]
            cls._source = Path(getattr(module, "__file__", None) or f"{cls.__name__}.py").resolve()

    def __init__(self, **traits):
        known = [name for name in self.trait_names(sync=True) if not name.startswith("_")]
        for name in traits:
            if name not in known:
                fail(
                    name,
                    "a trait of the figure",
                    brief(traits[name]),
                    f"{type(self).__name__} has {', '.join(self.own_traits())}",
                )
        traits.setdefault("layout", {"flex": "1 1 320px"})  # a share of an HBox, not nothing
        super().__init__(**traits)

    @traitlets.default("_esm")
    def _default_esm(self):
        if not self._source.with_suffix(".js").is_file():
            fail(
                "source",
                "the figure's JavaScript file",
                str(self._source.with_suffix(".js")),
                f'no such file; `class {type(self).__name__}(Explorable, source="name.js")` says'
                " where it is",
            )
        constants = {"CLAIM": t(self.claim), "SHOWS": t(self.shows), "WORDS": catalogue()}
        return bundle(self._source.with_suffix(".js"), **constants)

    @traitlets.default("_css")
    def _default_css(self):
        own = self._source.with_suffix(".css")
        common = (SHARED / "explorable.css").read_text(encoding="utf-8")
        return common + own.read_text(encoding="utf-8") if own.exists() else common

    def own_traits(self):
        """The names of the traits that make this figure what it is, sorted."""
        inherited = set(Explorable.class_trait_names())
        return sorted(
            name
            for name in self.trait_names(sync=True)
            if name not in inherited and not name.startswith("_")
        )

    def state(self):
        """The figure's own traits as plain JSON values."""
        return {name: getattr(self, name) for name in self.own_traits()}

    def summary(self) -> str:
        """One or two plain sentences with the numbers that the figure shows."""
        raise NotImplementedError

    def draw(self):
        """The picture of the present traits as a matplotlib Figure."""
        raise NotImplementedError

    def still(self) -> str:
        """The picture of the present traits as an SVG string: for paper, for no JavaScript."""
        from rnn_core.plots import figure_svg

        return figure_svg(self.draw, title=self.summary())

    def _repr_mimebundle_(self, **kwargs):
        """The figure, and its picture for a front end that cannot move it."""
        from rnn_core.plots import figure_png

        data, metadata = super()._repr_mimebundle_(**kwargs)
        png, width, height = figure_png(self.draw)
        data["image/png"] = b64encode(png).decode()
        size = {"width": width, "height": height, "alt": self.summary()}
        return data, {**metadata, "image/png": size}

    def __repr__(self):
        return f"{type(self).__name__}: {self.summary()}"
