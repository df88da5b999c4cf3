"""The visual language in matplotlib: one palette, one SVG each time, marks that mean something."""

import re
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

import rnn_core.plots as plots
from rnn_core.plots import (
    PALETTE,
    array,
    arrow,
    canvas,
    cell,
    chain,
    figure_svg,
    folded,
    number,
    svg,
)

HOUSE = Path(plots.__file__).parent
SVG = "{http://www.w3.org/2000/svg}"


def plot():
    fig, ax = plt.subplots()
    ax.plot(np.arange(50.0), np.sin(np.arange(50.0)), label="0.123456")
    ax.fill_between([0, 10], [0, 0], [1, 1])
    ax.set_xlabel("lag <&>")
    ax.legend()
    return fig


def diagram():
    fig, ax = canvas(640, 260)
    chain(ax, 90, 130, steps=4, backward=True, cuts=(2,))
    array(ax, 20, 10, [0.5, -0.25, np.nan], held=1)
    cell(ax, 560, 40, symbol="h", index="t−1")
    folded(ax, 560, 200)
    return fig


def words(text):
    return ["".join(node.itertext()) for node in ET.fromstring(text).iter(f"{SVG}text")]


def test_the_style_has_a_name_that_matplotlib_finds_and_speaks_the_palette():
    with plt.style.context("rnn_core.plots.unrolled"):
        cycle = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
        assert mpl.rcParams["svg.fonttype"] == "none"
    roles = ("state", "grad", "input", "output", "weight", "ink")
    assert cycle == [PALETTE[role] for role in roles]
    text = (HOUSE / "unrolled.mplstyle").read_text(encoding="utf-8")
    assert {f"#{h}" for h in re.findall(r"\b[0-9a-f]{6}\b", text)} <= set(PALETTE.values())


@pytest.mark.parametrize("draw", [plot, diagram])
def test_a_figure_becomes_the_same_small_svg_each_time(draw):
    open_before = plt.get_fignums()
    one = figure_svg(draw, title="a < b")
    with plt.style.context("dark_background"):  # whatever the caller's style is
        assert figure_svg(draw, title="a < b") == one
    root = ET.fromstring(one)
    assert root.find(f"{SVG}title").text == "a < b"
    assert "<style" not in one and "<metadata" not in one and "<!--" not in one
    ids = re.findall(r' id="([^"]+)"', one)
    assert len(ids) == len(set(ids)) and all(f"#{name}" in one for name in ids)
    assert {c.lower() for c in re.findall(r"#[0-9a-fA-F]{6}\b", one)} <= set(PALETTE.values())
    assert plt.get_fignums() == open_before


def test_text_stays_text_and_its_digits_stay():
    found = words(figure_svg(plot))
    assert "lag <&>" in found and "0.123456" in found


def test_two_figures_on_a_page_share_no_id():
    def other():
        fig = plot()
        fig.axes[0].set_title("another")
        return fig

    one, two = (set(re.findall(r' id="([^"]+)"', figure_svg(draw))) for draw in (plot, other))
    assert one and not one & two


def test_a_diagram_asks_for_no_font_that_is_missing(caplog):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure_svg(diagram)
    assert "findfont" not in caplog.text


def test_numbers_are_printed_with_a_real_minus_sign_and_zero_without_one():
    assert [number(v) for v in (0.4999, -1, -0.001, 0, 12)] == [
        "0.50",
        "−1.00",
        "0.00",
        "0.00",
        "12.00",
    ]


def test_an_array_prints_every_value_and_colors_its_sign():
    def draw():
        fig, ax = canvas(120, 40)
        array(ax, 0, 0, [0.5, -2.0, 0.0])
        return fig

    out = figure_svg(draw)
    assert words(out) == ["0.50", "−2.00", "0.00"]
    shares = re.findall(r"fill: (#\w+); opacity: ([\d.]+)", out)
    assert [(c, float(o)) for c, o in shares] == [
        (PALETTE["state"], 0.225),
        (PALETTE["grad"], 0.45),
    ]


@pytest.mark.parametrize("backward, cut", [(False, False), (True, False), (True, True)])
def test_an_arrow_says_its_direction_without_color(backward, cut):
    fig, ax = canvas(100, 40)
    arrow(ax, [(10, 20), (90, 20)], backward=backward, cut=cut)
    out = svg(fig)
    plt.close(fig)
    assert ("stroke-dasharray" in out) is backward
    filled_heads = [p for p in ax.patches if p.get_fill()]
    assert len(filled_heads) == (0 if backward else 1)
    bars = [line for line in ax.lines if line.get_color() == PALETTE["ink"]]
    assert len(bars) == (2 if cut else 0)


def test_every_function_takes_the_axes_and_hands_it_back():
    fig, ax = canvas(300, 300)
    calls = [
        plots.bare(ax, 300, 300),
        array(ax, 0, 0, [1.0]),
        arrow(ax, [(0, 0), (9, 9)]),
        cell(ax, 50, 50),
        chain(ax, 60, 60, steps=2),
        folded(ax, 90, 90),
        plots.label(ax, 1, 1, "h", "t"),
        plots.text(ax, 1, 1, "words"),
        plots.tile(ax, 1, 1, 0.5),
    ]
    plt.close(fig)
    assert all(result is ax for result in calls)
