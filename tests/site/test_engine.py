"""Python in the page: what every answer is told, in an editor, from a file and over http."""

import warnings

import numpy as np
import pytest

from rnn_core.checks import check, exercises
from rnn_core.checks.judge import make_cases
from tests.support.engine import CHAPTERS, STEP, Exercise, exercise, needs_engine, solutions
from tests.support.site import open_page


@pytest.fixture(autouse=True)
def _engine(site):
    needs_engine(site)


@pytest.fixture(params=["file", "http"])
def base(request, site):
    return site if request.param == "file" else request.getfixturevalue("address")


def said(source, call):
    """The HTML of the verdict that CPython gives."""
    space = {}
    exec("import numpy as np\nfrom rnn_core import *\nfrom rnn_core.checks import *", space)
    exec("from rnn_core.gates import sigmoid", space)
    exec(source, space)
    return eval(call, space)._repr_html_()


def in_the_dom(page, html):
    return page.evaluate(
        "(html) => Object.assign(document.createElement('div'), { innerHTML: html }).innerHTML",
        html,
    )


# ---- the same verdicts as in a notebook


def test_every_reference_and_every_known_mistake_is_told_what_cpython_tells(browser, site):
    expected = []
    for one in exercises():
        for mistake in [None, *one.mistakes]:
            function = mistake.function if mistake else one.reference
            if one.value:
                (args,) = make_cases(one, None).values()
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    function = function(*args)
            verdict = check(one.id, function)
            name = mistake and mistake.name
            expected.append([one.id, name, str(verdict), verdict._repr_html_()])
    with exercise(browser, site, "01_anatomy", "one-step") as one:
        one.wait_for_python()
        found = one.page.evaluate("self.unrolledEngine.ask('judge_all', {})")
    assert len(found) == len(expected) > 250
    different = [pair for pair in zip(found, expected, strict=True) if pair[0] != pair[1]]
    assert different == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_exercise_is_solved_in_its_editor(browser, base, chapter):
    with open_page(browser, base, f"notebooks/{chapter}") as page:
        answers = solutions(chapter)
        assert page.locator(".try-it").count() == len(answers)
        for name, (source, call) in answers.items():
            one = Exercise(page, name).open()
            assert one.check(source) == in_the_dom(page, said(source, call)), name
        count = len(answers)
        words = f"You have solved all {count} exercises of this chapter."
        assert page.locator(".so-far").text_content() == words
        page.reload()
        assert page.locator(".so-far").text_content() == words


def test_a_mistake_is_named_and_what_is_printed_is_shown(browser, site):
    with exercise(browser, site, "01_anatomy", "one-step") as one:
        assert "bias missing" in one.check(STEP.format("print('here')").replace(" + b", ""))
        assert "here" in one.box.locator(".engine-output").inner_text()
        assert "W_z" in one.check(STEP.format("y = W_z"))
        assert one.box.locator(".cm-marked").all_inner_texts() == ["    y = W_z"]
        assert "never closed" in one.check("x = (1\n")
        assert one.box.locator(".cm-marked").all_inner_texts() == ["x = (1"]
        error = one.check("x = 1\nraise ValueError('no such thing')\n")
        assert "no such thing" in error and "page_session" not in error
        assert one.box.locator(".cm-marked").all_inner_texts() == [
            "raise ValueError('no such thing')"
        ]
