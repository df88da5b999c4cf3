"""Python in the page in the other two engines: a sample, from a file and over http."""

import numpy as np
import pytest

from rnn_core.checks import check
from tests.support.engine import needs_engine
from tests.support.engines import firefox, webkit
from tools.serve import served

WRONG = "def step(x, h_prev, W_x, W_h, b): return np.tanh(x @ W_x + h_prev @ W_h)"
RIGHT = "def step(x, h_prev, W_x, W_h, b): return np.tanh(x @ W_x + h_prev @ W_h + b)"

# What a reader does, in the page: each waits for what it brings about.
HANDS = """
const until = async (there) => { while (!there()) await new Promise((go) => setTimeout(go, 20)); return there(); };
const write = async (place, text) => {
  const editor = await until(() => place.querySelector(".cm-content"));
  editor.focus();
  document.execCommand("selectAll");
  document.execCommand("insertText", false, text);
  await until(() => editor.textContent === text);
};
const press = async (place) => {
  const button = await until(() => place.querySelector(".is-main"));
  button.click();
  await until(() => !button.disabled);
};
const exercise = document.querySelector('.try-it[data-cell="one-step"]');
"""  # noqa: E501
ANSWER = (
    HANDS
    + """
if (!exercise.querySelector(".is-main")) exercise.querySelector("button").click();
await write(exercise, %r);
await press(exercise);
return exercise.querySelector("[role=status]").textContent;
"""
)
CELL = (
    HANDS
    + """
for (const box of document.querySelectorAll("details")) box.open = true;
const cell = [...document.querySelectorAll(".cell:has(.run-it)")].find((one) => one.textContent.includes(%r));
cell.querySelector(".run-it button").click();
await press(cell);
const mine = cell.querySelector(".is-mine");
await until(() => mine.querySelector("svg, .engine-error"));
return [mine.querySelector(".engine-error")?.textContent ?? "", mine.querySelectorAll("svg *").length];
"""  # noqa: E501
)
HOSTS = "return performance.getEntriesByType('resource').map((entry) => entry.name);"


def words(function):
    verdict = check("anatomy.step", function)
    return verdict.headline + "".join(verdict.lines).replace("`", "")


@pytest.mark.parametrize("start", [firefox, webkit])
@pytest.mark.parametrize("over", ["file", "http"])
def test_an_answer_is_judged_and_a_cell_draws(site, start, over):
    needs_engine(site)
    with start() as open_page, served(site) as address:
        base = site.as_uri() if over == "file" else address
        page = open_page(f"{base}/notebooks/01_anatomy.html")
        wrong, right = {"np": np}, {"np": np}
        exec(WRONG, wrong)
        exec(RIGHT, right)
        assert page.run(ANSWER % WRONG) == words(wrong["step"])
        assert page.run(ANSWER % RIGHT) == words(right["step"])
        for code in ("Unfold(cell, xs)", "np.linspace(-4, 4, 201)"):
            error, marks = page.run(CELL % code)
            assert error == ""
            assert marks > 20
        foreign = [url for url in page.run(HOSTS) if not url.startswith((base, "data:", "blob:"))]
        assert foreign == []
