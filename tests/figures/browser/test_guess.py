"""Guess: every kind by mouse, by touch and by keyboard; committed, compared, and taken back."""

import json

import numpy as np
import pytest

from rnn_core.widgets import Guess
from tests.support.harness import bare_page, settled

LAGS = np.arange(0, 21, 4)
OPTIONS = ["first", "second", "third"]


def questions():
    choice = Guess.choice("Which one?", OPTIONS, mistakes=[("first", "first", "Named words.")])
    choice.answer("second")
    several = Guess.choice("Which ones of W_h?", OPTIONS, several=True)
    several.answer(["second", "third"])
    number = Guess.number("How many?", 1, 1e4, log=True, unit="times")
    number.answer(100)
    order = Guess.order("In which order?", OPTIONS)
    order.answer(["second", "first", "third"])
    curve = Guess.curve("Draw.", LAGS, 1e-6, 1, log=True, x_label="lag", y_label="length")
    curve.answer((np.arange(21), 0.5 ** np.arange(21)))
    return {"choice": choice, "several": several, "number": number, "order": order, "curve": curve}


def press(page, by, target, force=False):
    target.scroll_into_view_if_needed()
    if by == "mouse":
        target.click(force=force)
    elif by == "touch":
        target.tap(force=force)
    else:
        target.focus()
        page.keyboard.press("Space" if target.get_attribute("type") != "button" else "Enter")


def make_a_guess(page, kind, by):
    if kind == "choice":
        press(page, by, page.get_by_role("radio", name="second"))
    elif kind == "several":
        for name in ("second", "third"):
            press(page, by, page.get_by_role("checkbox", name=name))
    elif kind == "order":
        press(page, by, page.get_by_role("button", name="second: up"))
    elif by == "keyboard":
        if kind == "curve":
            page.get_by_role("slider", name="height there").focus()
        else:
            page.get_by_role("slider").focus()
        page.keyboard.press("PageUp")
    elif kind == "number":
        box = page.get_by_role("slider").bounding_box()
        at = box["x"] + 0.5 * box["width"], box["y"] + box["height"] / 2
        page.mouse.click(at[0] + 20, at[1]) if by == "mouse" else page.touchscreen.tap(
            at[0] + 20, at[1]
        )
    else:
        draw(page, by)


def fingers(page):
    client = page.context.new_cdp_session(page)
    return lambda kind, at: client.send(
        "Input.dispatchTouchEvent",
        {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in at]},
    )


def draw(page, by):
    box = page.locator("svg.u-draw").bounding_box()
    points = [
        (box["x"] + 60 + s * (box["width"] - 80), box["y"] + 30 + s * (box["height"] - 90))
        for s in np.linspace(0, 1, 12)
    ]
    if by == "mouse":
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.mouse.up()
        return
    send = fingers(page)
    send("touchStart", [points[0]])
    for point in points[1:]:
        send("touchMove", [point])
    page.wait_for_timeout(100)  # the finger rests: a tap after a flick only ends the flick
    send("touchMove", [points[-1]])
    send("touchEnd", [])


@pytest.mark.browser
@pytest.mark.parametrize("by", ["mouse", "touch", "keyboard"])
@pytest.mark.parametrize("kind", ["choice", "several", "number", "order", "curve"])
def test_a_guess_can_be_made_committed_and_taken_back(browser, kind, by):
    with bare_page(browser, questions()[kind], width=390, has_touch=True) as page:
        settled(page)
        commit = page.get_by_role("button", name="Commit")
        assert commit.get_attribute("aria-disabled") == "true"
        press(page, by, commit, force=True)
        assert page.evaluate("figure.model.get('guess')") is None, "nothing was guessed yet"
        make_a_guess(page, kind, by)
        page.wait_for_function(
            "document.querySelector('.u-commit').getAttribute('aria-disabled') !== 'true'"
        )
        press(page, by, commit)
        page.wait_for_function("figure.model.get('guess') !== null")
        status = page.locator("[role=status]")
        status.filter(has_text="Your guess:").wait_for()
        again = page.get_by_role("button", name="Guess again")
        press(page, by, again)
        page.wait_for_function("figure.model.get('guess') === null")
        assert status.inner_text() == "" and commit.is_visible()


@pytest.mark.browser
def test_a_right_guess_and_a_named_mistake_are_told_apart(browser):
    with bare_page(browser, questions()["choice"]) as page:
        status = page.locator("[role=status]")
        page.get_by_role("radio", name="first").check()
        page.get_by_role("button", name="Commit").click()
        status.filter(has_text="The outcome is second. Named words.").wait_for()
        page.get_by_role("button", name="Guess again").click()
        page.get_by_role("radio", name="second").check()
        page.get_by_role("button", name="Commit").click()
        status.filter(has_text="Right: second.").wait_for()


@pytest.mark.browser
def test_the_outcome_of_a_curve_is_drawn_only_over_a_guess(browser):
    with bare_page(browser, questions()["curve"]) as page:
        assert page.locator("text=outcome").count() == 0
        draw(page, "mouse")
        page.get_by_role("button", name="Commit").click()
        page.locator("svg >> text=outcome").wait_for()
        guess = page.evaluate("figure.model.get('guess')")
        assert guess["xs"] == LAGS.tolist() and np.all(np.diff(guess["ys"]) < 0)


@pytest.mark.browser
def test_before_its_cell_has_run_a_committed_guess_waits_for_the_outcome(browser):
    with bare_page(browser, Guess.choice("Which one?", OPTIONS)) as page:
        page.get_by_role("radio", name="third").check()
        page.get_by_role("button", name="Commit").click()
        page.locator("[role=status]").filter(has_text="run the next cell").wait_for()
        page.evaluate(f"figure.model.set('truth', {json.dumps(2)})")
        page.locator("[role=status]").filter(has_text="Right: third.").wait_for()


@pytest.mark.browser
def test_a_touch_that_scrolls_draws_nothing(browser):
    with bare_page(browser, questions()["curve"], width=390, height=400, has_touch=True) as page:
        page.evaluate("document.body.style.paddingBottom = '1000px'")
        box = page.locator("svg.u-draw").bounding_box()
        x, y = box["x"] + 150, box["y"] + 150
        send = fingers(page)
        send("touchStart", [(x, y)])
        for step in range(1, 10):
            send("touchMove", [(x, y - 15 * step)])
        page.wait_for_function("scrollY > 0")
        send("touchEnd", [])
        button = page.get_by_role("button", name="Commit")
        assert button.get_attribute("aria-disabled") == "true"
