"""Explorables in Python: what a reader sees in text, what a learner sets, what a page is given."""

import base64
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import rnn_core.widgets
from rnn_core import RNN, RNNCell
from rnn_core.plots import PALETTE
from rnn_core.widgets import Backward, Explorable, Unfold
from rnn_core.widgets.explorable import (
    SHARED,
    Choice,
    Flag,
    Numbers,
    Real,
    Whole,
    brief,
    bundle,
    typeset,
)

HOUSE = Path(rnn_core.widgets.__file__).parent
CSS = (SHARED / "explorable.css").read_text(encoding="utf-8")


def every_explorable():
    """All explorables, by name."""
    return [getattr(rnn_core.widgets, name) for name in rnn_core.widgets.__all__[1:]]


ALL = pytest.mark.parametrize("make", every_explorable(), ids=lambda make: make.__name__)


def cell_and_inputs(T=5, D=2, H=3, seed=0):
    rng = np.random.default_rng(seed)
    return RNNCell.init(D, H, rng), rng.normal(size=(T, D))


def alike(one, other):
    """Equal, with floats to 1e-9: a figure may compute one of them from the others again."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return one == other or (isinstance(one, float) and abs(one - other) < 1e-9)


# ---- every explorable


def test_naming_the_package_loads_no_widget():
    code = "import sys, rnn_core, rnn_core.widgets; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"anywidget", "ipywidgets", "matplotlib"} & set(out.stdout.split())


@ALL
def test_repr_is_the_numbers_in_words_and_the_same_each_time(make):
    assert repr(make()) == repr(make())
    assert repr(make()).startswith(f"{make.__name__}: ")
    assert re.search(r"\d", make().summary()) and "0x" not in repr(make())


@ALL
def test_what_jupyter_stores_as_text_is_the_whole_repr(make):
    data, _ = make()._repr_mimebundle_()
    assert data["text/plain"] == repr(make())


@ALL
def test_a_front_end_that_cannot_move_it_gets_the_picture(make):
    figure = make()
    data, metadata = figure._repr_mimebundle_()
    png, size = base64.b64decode(data["image/png"]), metadata["image/png"]
    assert png.startswith(b"\x89PNG")
    dots = [int.from_bytes(png[at : at + 4]) for at in (16, 20)]  # two to a pixel
    assert dots == [pytest.approx(2 * size[side], abs=1) for side in ("width", "height")]
    assert size["alt"] == figure.summary()


@ALL
def test_state_is_plain_json_and_brings_the_figure_back(make):
    import json

    figure = make()
    state = json.loads(json.dumps(figure.state(), allow_nan=False))
    again = make(**state)
    assert state == figure.state() and alike(again.state(), state)
    assert repr(again) == repr(figure)


@ALL
def test_two_figures_of_a_class_carry_the_same_module_and_style(make):
    assert (make()._esm, make()._css) == (make()._esm, make()._css)


@ALL
def test_the_module_stands_alone(make):
    esm = make()._esm
    assert not re.search(r"^\s*import\b|\bimport\(", esm, re.M)
    assert len(re.findall(r"^export default ", esm, re.M)) == 1
    assert "innerHTML" not in esm and "insertAdjacentHTML" not in esm and "eval(" not in esm


@ALL
def test_the_claim_is_a_sentence_and_travels_in_the_module(make):
    import json

    assert make.claim.endswith(".") and len(make.claim) < 300
    assert f"const CLAIM = {json.dumps(make.claim)};" in make()._esm


@ALL
def test_side_by_side_in_a_box_each_figure_has_its_share(make):
    assert make().layout.flex == "1 1 320px"
    assert "layout" not in make().state()


@ALL
def test_every_rule_of_the_style_stays_inside_the_figure(make):
    css = re.sub(r"/\*.*?\*/", "", make()._css, flags=re.S)
    for selectors in re.findall(r"([^{};]+)\{", css):
        if selectors.strip().startswith("@"):
            continue
        for one in re.sub(r"\([^()]*\)", "", selectors).split(","):
            assert ".unrolled-explorable" in one, one


@ALL
def test_the_still_is_an_svg_in_the_palette_and_the_same_each_time(make):
    still = make().still()
    assert still == make().still()
    root = ET.fromstring(still)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.find("{http://www.w3.org/2000/svg}title").text == make().summary()
    hexes = {color.lower() for color in re.findall(r"#[0-9a-fA-F]{6}\b", still)}
    assert hexes <= set(PALETTE.values()), hexes - set(PALETTE.values())
    assert "<style" not in still and "<metadata" not in still and ' id="figure' not in still
    assert len(still) < 150_000


def test_the_style_sheet_and_the_palette_are_one():
    light, *dark = re.findall(r"\{([^{}]*--u-ink:[^{}]*)\}", CSS)
    read = lambda block: dict(re.findall(r"--u-(\w+): (#[0-9a-f]{6})", block))  # noqa: E731
    assert read(light) == PALETTE
    assert len(dark) == 2 and read(dark[0]) == read(dark[1])
    assert set(read(dark[0])) == set(PALETTE)


def luminance(color):
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.dot(
        [0.2126, 0.7152, 0.0722],
        np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4),
    )


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(color, paper, share):
    mix = [
        round(share * int(color[i : i + 2], 16) + (1 - share) * int(paper[i : i + 2], 16))
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{v:02x}" for v in mix)


@pytest.mark.parametrize("block", range(2), ids=["light", "dark"])
def test_every_role_can_be_read_as_text_and_every_number_on_its_tile(block):
    colors = dict(
        re.findall(
            r"--u-(\w+): (#[0-9a-f]{6})", re.findall(r"\{([^{}]*--u-ink:[^{}]*)\}", CSS)[block]
        )
    )
    for role in set(colors) - {"paper", "wash", "line"}:
        for ground in ("paper", "wash"):
            assert contrast(colors[role], colors[ground]) >= 4.5, (role, ground)
    for role in ("state", "grad"):
        assert contrast(colors["ink"], mixed(colors[role], colors["paper"], 0.45)) >= 4.5


# ---- the base


class Probe(Explorable):
    claim = "A probe."
    gain = Real(1.0, low=0, high=2)
    step = Whole(1, low=1, high=4)
    on = Flag(False)
    kind = Choice("a", ("a", "b"))
    W = Numbers(2)

    def summary(self):
        return f"Gain {self.gain:.1f}."


Probe._source = HOUSE / "unfold/unfold.py"  # it needs a module, any one


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("gain", 3, "`gain` should be between 0 and 2, got 3: outside the range of the figure"),
        ("gain", "1", "`gain` should be a finite number, got '1'"),
        ("gain", float("nan"), "`gain` should be a finite number, got nan"),
        ("gain", True, "`gain` should be a finite number, got True"),
        ("step", 2.5, "`step` should be a whole number, got 2.5"),
        ("step", 0, "`step` should be between 1 and 4, got 0"),
        ("on", 1, "`on` should be True or False, got 1"),
        ("kind", "c", "`kind` should be one of 'a', 'b', got 'c'"),
        ("W", [1, 2], r"`W` should be numbers in 2 axes .*, got shape \(2,\)"),
        ("W", [[1], [2, 3]], "`W` should be numbers in 2 axes"),
        ("W", [[np.inf]], "`W` should be .* all numbers should be finite"),
        ("wrong", 1, "`wrong` should be a trait of the figure, got 1: Probe has W, gain, kind"),
    ],
)
def test_a_wrong_value_is_named_and_changes_nothing(name, value, message):
    with pytest.raises(ValueError, match=message):
        Probe(**{name: value})
    if name != "wrong":
        figure = Probe()
        with pytest.raises(ValueError, match=message):
            setattr(figure, name, value)
        assert figure.state() == Probe().state()


def test_numbers_of_numpy_are_stored_as_plain_python():
    figure = Probe(gain=np.float32(0.5), step=np.int64(3), on=np.True_, W=np.eye(2))
    assert figure.state() == {
        "W": [[1, 0], [0, 1]],
        "gain": 0.5,
        "kind": "a",
        "on": True,
        "step": 3,
    }
    assert {type(v) for v in figure.state().values()} == {list, float, str, bool, int}


def test_a_front_end_may_send_a_whole_number_as_a_float_and_a_float_as_a_whole_number():
    figure = Probe()
    figure.set_state({"gain": 1, "step": 2.0})
    assert (figure.gain, figure.step) == (1.0, 2)


def test_bundle_reads_each_file_once_and_in_order(tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "low.js").write_text("// a comment\nexport const one = 1;\n")
    (tmp_path / "shared" / "mid.js").write_text(
        'import { one } from "./low.js";\nexport function two() { return one + one; }\n'
    )
    (tmp_path / "top.js").write_text(
        'import { two as zwei } from "./shared/mid.js";\n'
        'import { one } from "./shared/low.js";\nexport default { sum: one + zwei() };\n'
    )
    assert bundle(tmp_path / "top.js", CLAIM='say "so"</script>').splitlines() == [
        'const CLAIM = "say \\"so\\"</script>";',
        "const $shared_low = (() => {",
        "const one = 1;",
        "return { one };",
        "})();",
        "const $shared_mid = (() => {",
        "const { one } = $shared_low;",
        "function two() { return one + one; }",
        "return { two };",
        "})();",
        "const { two: zwei } = $shared_mid;",
        "const { one } = $shared_low;",
        "export default { sum: one + zwei() };",
    ]


def test_bundle_knows_the_shared_modules_by_name_and_names_them(tmp_path):
    (tmp_path / "top.js").write_text(
        'import { num } from "unrolled/draw.js";\nexport default num;\n'
    )
    assert "const { num } = $shared_draw;" in bundle(tmp_path / "top.js")
    (tmp_path / "top.js").write_text('import { num } from "unrolled/d3.js";\nexport default num;\n')
    with pytest.raises(ValueError, match="got 'unrolled/d3.js': the shared modules are .*draw.js"):
        bundle(tmp_path / "top.js")


def test_a_figure_of_a_notebook_says_where_its_module_is(tmp_path):
    class Own(Explorable, source=tmp_path / "own.js"):
        claim = "An own one."

    with pytest.raises(ValueError, match=r'`source` should be .*own.js.*source="name.js"'):
        _ = Own()._esm
    (tmp_path / "own.js").write_text("export default {};\n")
    assert Own()._esm.endswith("export default {};\n")


@pytest.mark.parametrize(
    "words, html",
    [
        (
            "W_h < 1",
            '<span class="u-math"><span class="u-symbol">W</span><sub>h</sub></span> &lt; 1',
        ),
        ("for *k* steps", 'for <span class="u-math"><span class="u-symbol">k</span></span> steps'),
        ("rnn_core, 2*3*4", "rnn_core, 2*3*4"),
    ],
)
def test_symbols_in_words_are_set_as_in_the_text(words, html):
    assert typeset(words) == html


@pytest.mark.parametrize(
    "line",
    ['import x from "./shared/low.js";', 'import "d3";', 'import * as d from "./shared/low.js";'],
)
def test_bundle_refuses_an_import_that_it_would_get_wrong(tmp_path, line):
    (tmp_path / "top.js").write_text(line + "\nexport default {};\n")
    with pytest.raises(ValueError, match="top.js should import as"):
        bundle(tmp_path / "top.js")


def test_bundle_refuses_a_circle(tmp_path):
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport const a = 1;\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\nexport const b = 1;\n')
    (tmp_path / "top.js").write_text('import { a } from "./a.js";\nexport default {};\n')
    with pytest.raises(ValueError, match="should not import itself"):
        bundle(tmp_path / "top.js")


@pytest.mark.parametrize("make", [Unfold, Backward])
@pytest.mark.parametrize("cell", [[[1.0, 0.0]], "a cell", RNNCell, 3, {}])
def test_what_is_no_cell_is_answered_before_anything_is_shown(make, cell):
    given = brief(cell)
    with pytest.raises(ValueError) as answer:
        make(cell, RNNCell([[1.0]], [[1.0]], [1.0]))  # as if the inputs came first
    assert str(answer.value).startswith("`cell` should be an RNNCell, such as ")
    assert f"got {given}: the layer comes first, then the inputs" in str(answer.value)


# ---- Unfold


def test_unfold_shows_the_cells_own_states():
    cell, xs = cell_and_inputs()
    figure = Unfold(cell, xs, h_0=[0.1, -0.2, 0.3], step=4)
    hs, _ = RNN(cell).forward(xs[None], np.array([[0.1, -0.2, 0.3]]))
    assert np.array_equal(figure.hs, hs[0])
    words = ", ".join(f"{v:.2f}".replace("-", "−") for v in hs[0, 3])
    assert f"give h_4 = ({words})" in figure.summary()


def test_unfold_follows_its_traits():
    figure = Unfold()
    before = figure.hs
    figure.W_h = np.array(figure.W_h) + 0.5
    assert not np.allclose(figure.hs[1:], before[1:])
    assert np.array_equal(figure.hs[0], before[0])  # h_0 is zero: W_h has nothing to carry yet
    figure.held = ["b", 1]
    assert "Held: b[1] = 0.00." in figure.summary()
    figure.unrolled = False
    assert figure.summary().startswith("Folded")


def test_unfold_can_be_given_another_layer_at_once():
    figure = Unfold()
    cell, xs = cell_and_inputs(T=3, D=1, H=2)
    with figure.hold_trait_notifications():
        figure.set_trait("W_x", cell.W_x)
        figure.W_h, figure.b, figure.h_0 = cell.W_h, cell.b, np.zeros(2)
        figure.xs, figure.held = xs, ["W_h", 0, 1]
    assert figure.hs.shape == (3, 2)


@pytest.mark.parametrize(
    "traits, message",
    [
        ({"step": 5}, "`step` should be between 1 and T=4, got 5"),
        ({"xs": np.zeros((4, 3))}, "`xs` should be 2 to 6 inputs of 2 numbers"),
        ({"xs": np.zeros((1, 2))}, "`xs` should be 2 to 6 inputs"),
        ({"xs": np.zeros((7, 2))}, "`xs` should be 2 to 6 inputs"),
        ({"h_0": [0, 0]}, "`h_0` should be 3 numbers, got 2"),
        ({"held": ["W_h", 3, 0]}, r"`held` should be inside W_h of shape \(3, 3\), got \[3, 0\]"),
        ({"held": ["W_h", -1, 0]}, "`held` should be inside W_h"),
        ({"held": "W_h"}, "`held` should be a name and an index"),
        ({"held": ["W_q", 0, 0]}, "`held` should be a name and an index"),
        ({"W_h": np.zeros((2, 2))}, r"W_h should have shape"),
    ],
)
def test_unfold_says_what_does_not_fit(traits, message):
    with pytest.raises(ValueError, match=message):
        Unfold(**traits)
    figure, ((name, value),) = Unfold(), traits.items()
    with pytest.raises(ValueError, match=message):
        setattr(figure, name, value)
    assert figure.state() == Unfold().state()


@pytest.mark.parametrize("traits", [{}, {"unrolled": False}, {"held": ["xs", 2, 1], "step": 3}])
def test_unfold_still_prints_the_numbers_of_its_step(traits):
    figure = Unfold(**traits)
    text = " ".join(
        "".join(node.itertext())
        for node in ET.fromstring(figure.still()).iter("{http://www.w3.org/2000/svg}text")
    )
    for value in figure.hs[figure.step - 1]:
        assert f"{value:.2f}".replace("-", "−") in text
