"""The NextWord figure on the screen: the model's numbers, by hand and by key, and text as text."""

import numpy as np
import pytest

from rnn_core import RNNLM, Vocabulary
from rnn_core.widgets import NextWord
from rnn_core.widgets.next_word.next_word import copied
from tests.support.harness import bare_page, settled

EVIL = '<img src=x onerror="window.pwned=1">'


@pytest.fixture
def figure():
    return NextWord()


@pytest.fixture
def page(browser, figure):
    with bare_page(browser, figure) as page:
        yield page


def shown(page, name):
    """The printed numbers of the RNN (0) or of the bigram model (1), one for each word."""
    settled(page)
    rows = page.locator("#one .u-row").all()
    numbers = [row.locator("text.u-number").all_text_contents() for row in rows]
    assert all(len(two) == 2 or two == ["0.000"] for two in numbers)  # none twice: one line
    return [float(two[name] if len(two) == 2 else two[0]) for two in numbers]


def label(page):
    settled(page)
    return page.locator("#one .u-stage svg").get_attribute("aria-label")


def follow(page, figure):
    """Give the figure in Python the state of the one on the page."""
    figure.prefix = page.evaluate("figure.model.get('prefix')")
    figure.checkpoint = page.evaluate("figure.model.get('checkpoint')")
    return figure


def agree(page, figure):
    rnn, bigram = follow(page, figure).probabilities()
    assert shown(page, 0) == pytest.approx(rnn, abs=0.00051)
    assert shown(page, 1) == pytest.approx(bigram, abs=0.00051)
    assert label(page) == figure.summary()
    fact = {f.get_attribute("data-number"): f for f in page.locator("#one dd").all()}
    reached = f"{figure.perplexities()[figure.checkpoint]:.3f}"
    assert fact["perplexity"].locator(".u-now").inner_text() == reached
    said = f"“{figure.words[int(np.argmax(rnn))]}” {rnn.max():.3f}"
    assert fact["likeliest"].locator(".u-now").inner_text() == said


def test_every_number_is_the_model_s_at_any_step_and_prefix(page, figure):
    agree(page, figure)
    for place, length in [(0, 1), (0, 6), (3, 2), (3, 6), (11, 1), (11, 3), (11, 6)]:
        page.evaluate(f"figure.model.set('checkpoint', {place})")
        page.evaluate(f"figure.model.set('prefix', {figure.text[:length]})")
        agree(page, figure)


def test_a_prefix_of_one_s_own(page, figure):
    page.get_by_label("first word").select_option("hello")
    page.get_by_role("button", name="add say", exact=True).click()
    assert [figure.words[i] for i in page.evaluate("figure.model.get('prefix')")] == [
        "hello",
        "say",
    ]
    assert page.get_by_label("prefix").locator("option:checked").text_content() == "one of your own"
    assert "improvises" in page.locator(".u-readout").text_content()
    agree(page, figure)
    page.get_by_role("button", name="take the last word away").click()
    assert page.locator(".u-word").all_text_contents() == ["hello", "?"]
    assert page.get_by_role("button", name="take the last word away").is_disabled()
    page.get_by_label("prefix").select_option("you say goodbye and I say")
    agree(page, figure)


def test_by_keyboard_alone(page, figure):
    assert page.evaluate("figure.model.get('checkpoint')") == 0
    page.get_by_role("slider", name="training step").press("ArrowRight")
    agree(page, figure)
    page.get_by_role("button", name="add goodbye").press("Enter")
    assert page.locator(".u-word").all_text_contents()[-2:] == ["goodbye", "?"]
    agree(page, figure)


def test_bars_are_as_long_as_their_numbers(page, figure):
    page.evaluate("figure.model.set('checkpoint', 11)")
    settled(page)
    bar = page.locator("#one .u-row[data-word='2']")
    wide = [float(bar.locator(name).get_attribute("width")) for name in (".u-rnn", ".u-bigram")]
    rnn, bigram = follow(page, figure).probabilities()
    assert wide[0] / wide[1] == pytest.approx(rnn[2] / bigram[2], rel=1e-3)


def test_it_opens_before_the_training_and_plays_it_to_its_end(browser, figure):
    last = len(figure.steps) - 1
    with bare_page(browser, NextWord(checkpoint=last - 2)) as page:
        page.get_by_role("button", name="training step: play").press("Enter")
        page.wait_for_function(f"figure.model.get('checkpoint') === {last}")
        page.get_by_role("button", name="training step: play").wait_for()  # it rests at the end
        agree(page, figure)
    assert figure.checkpoint == last and NextWord().checkpoint == 0


def test_the_point_slides_along_the_curve_by_mouse_and_by_finger(browser, figure):
    with bare_page(browser, figure, width=390, height=1000, has_touch=True) as page:
        settled(page)
        plot = page.locator("#one rect[data-hold=step]").bounding_box()
        left, wide = plot["x"] + 34, plot["width"] - 48
        x = [left + wide * figure.steps[i] / figure.steps[-1] for i in range(12)]
        grip = page.locator("#one .u-grip").bounding_box()
        y = grip["y"] + grip["height"] / 2
        page.mouse.move(x[0], y)
        page.mouse.down()
        page.mouse.move(x[9] - 4, y + 30, steps=4)
        page.mouse.up()
        assert page.evaluate("figure.model.get('checkpoint')") == 9
        agree(page, figure)
        touch = page.context.new_cdp_session(page)
        y = plot["y"] + 60
        for i, at in enumerate((x[9], x[9] + 20, x[10], x[11] + 3)):
            send = {"type": "touchMove" if i else "touchStart", "touchPoints": [{"x": at, "y": y}]}
            touch.send("Input.dispatchTouchEvent", send)
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_function("figure.model.get('checkpoint') === 11")
        agree(page, figure)


def test_a_word_that_is_pressed_is_added(page, figure):
    settled(page)
    page.locator("#one .u-row[data-word='3'] rect").first.click(force=True)
    assert page.locator(".u-word").all_text_contents() == ["you", "say", figure.words[3], "?"]
    agree(page, figure)


def test_a_prefix_has_an_end(page):
    for _ in range(15):
        page.evaluate("document.querySelector('.u-keys button').click()")
    assert len(page.evaluate("figure.model.get('prefix')")) == 12


def test_shown_twice_both_follow_and_both_can_be_ended(page):
    page.evaluate("figure.again().then((end) => { figure.end = end; })")
    page.locator("#two .u-row").first.wait_for()
    page.locator("#two").get_by_label("first word").select_option("and")
    assert page.locator("#one .u-word").all_text_contents() == ["and", "?"]
    page.evaluate("figure.end(); figure.cleanup();")
    assert page.locator(".unrolled-explorable").count() == 0
    assert page.evaluate("figure.model.listeners") == 0


def test_a_user_s_words_are_text_and_never_markup(browser):
    words = [EVIL, "<script>window.pwned=2</script>", "&amp;", "", "\u202eright to left", "a" * 300]
    model = RNNLM.init(len(words), 2, 3, np.random.default_rng(0))
    figure = NextWord({0: copied(model)}, Vocabulary(words), np.arange(len(words)))
    with bare_page(browser, figure, width=360) as page:
        for i in range(len(words)):
            page.locator(".u-keys button").nth(i).click()
        settled(page)
        assert page.evaluate("window.pwned") is None
        assert page.locator("img, main script").count() == 0
        assert EVIL in page.locator(".u-word").all_text_contents()
        assert EVIL in label(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.set_content(figure.still())
        assert page.evaluate("window.pwned") is None
        assert page.locator("img").count() == 0


@pytest.mark.parametrize("width", [360, 390, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_the_page(browser, figure, width, dark):
    with bare_page(browser, figure, width=width, dark=dark) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = page.evaluate(
            "[...document.querySelectorAll('.u-stage svg text')]"
            ".map((t) => t.getBoundingClientRect().right)"
        )
        assert max(boxes) <= width
