"""A figure changes only what differs. What it shows must be what a new one would show."""

import pytest

from rnn_core.widgets import (
    Backward,
    Gate,
    GradientNorms,
    Learn,
    NextWord,
    Perplexity,
    Reber,
    Truncation,
    Unfold,
)
from tests.support.harness import bare_page, settled

pytestmark = pytest.mark.browser
FIGURES = [Backward, Gate, GradientNorms, Learn, NextWord, Perplexity, Reber, Truncation]
FIGURES += [Unfold]
SHOWN = """(id) => {
  const [stage, readout] = [".u-stage", ".u-readout"]
    .map((place) => document.querySelector(`#${id} ${place}`));
  const was = [...readout.querySelectorAll(".u-was")], words = was.map((node) => node.textContent);
  for (const node of was) node.textContent = "";
  const said = readout.innerText;
  was.forEach((node, i) => { node.textContent = words[i]; });
  return [stage.innerHTML, said]; }"""
# in whatever order attributes came; only the ghosts know what was there before
SAME = """() => { const [one, two] = ["one", "two"].map((id) => {
  const stage = document.querySelector(`#${id} .u-stage`).cloneNode(true);
  for (const ghost of stage.querySelectorAll(".u-ghost")) ghost.replaceChildren();
  return stage; });
  return one.isEqualNode(two); }"""
TWICE = ["ArrowRight", "ArrowRight", "ArrowLeft"]
KEYS = {"range": TWICE, "radio": ["Space"], "checkbox": ["Space"]}
# what plays moves on between two looks at it
PAUSE = """() => {
  for (const player of document.querySelectorAll("#one button[aria-label$=': pause']"))
    player.click();
}"""
WATCH = """() => {
  window.changed = new Set();
  const note = (list) => { for (const { target } of list) changed.add(target.nodeName); };
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  new MutationObserver(note).observe(document.querySelector("#one .u-stage svg"), all);
}"""


@pytest.mark.parametrize("figure", FIGURES, ids=lambda kind: kind.__name__)
def test_a_figure_that_was_moved_is_the_figure_drawn_anew(browser, figure):
    with bare_page(browser, figure(), width=390, reduced_motion="reduce") as page:
        begun = page.evaluate(SHOWN, "one")
        for kind, keys in KEYS.items():
            for control in page.locator(f"#one .u-controls input[type={kind}]").all():
                if control.is_disabled():  # by another control, perhaps
                    continue
                control.focus()
                for key in keys:
                    page.keyboard.press(key)
        for button in page.locator("#one .u-controls button:not([aria-disabled])").all():
            button.click()
        page.evaluate(PAUSE)
        settled(page)
        moved = page.evaluate(SHOWN, "one")
        assert moved != begun
        page.evaluate("figure.again()")
        settled(page)
        assert page.evaluate(SAME)
        assert page.evaluate(SHOWN, "two")[1] == moved[1]


def test_what_stays_is_not_touched(browser):
    with bare_page(browser, GradientNorms()) as page:
        page.evaluate(WATCH)
        page.get_by_role("slider", name="read off at lag").focus()
        page.keyboard.press("ArrowRight")
        settled(page)
        # the picture's words, the line at the lag and the point on the curve
        assert page.evaluate("[...changed]") == ["svg", "path", "circle"]


HEIGHTS = """async () => {
  const heights = new Set(), figure = document.querySelector("#one figure");
  for (const slider of figure.querySelectorAll("input[type=range]:enabled")) {
    const [min, max, step] = ["min", "max", "step"].map((name) => Number(slider[name]) || 0);
    for (const value of [min, min + step, min + 2 * step, (min + max) / 2, max]) {
      slider.value = value;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      await new Promise((go) => requestAnimationFrame(go));
      heights.add(figure.offsetHeight);
    }
  }
  return [...heights];
}"""


@pytest.mark.parametrize("figure", FIGURES, ids=lambda kind: kind.__name__)
def test_the_page_below_stays_where_it_is(browser, figure):
    with bare_page(browser, figure(), reduced_motion="reduce") as page:
        for width in (360, 412, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            settled(page)
            assert len(page.evaluate(HEIGHTS)) <= 1, width
