"""Unfold in a bare page: mouse, finger and keyboard, and every number it shows against rnn_core."""

import re
from itertools import pairwise

import numpy as np
import pytest

from rnn_core import RNN, RNNCell
from rnn_core.widgets import Unfold
from tests.support.harness import bare_page, settled

pytestmark = pytest.mark.browser


def number(words):
    return float(words.replace("−", "-"))


def state_of(page):
    """The model's traits as a reader in Python would get them, as a fresh Unfold."""
    return Unfold(**page.evaluate("figure.model.state"))


def shown(page, root="#one"):
    """All numbers on the screen: per step its input and state, and the two rows under the table."""
    settled(page)
    tiles = (
        "nodes => nodes.map(n => [...n.querySelectorAll('.u-tile text')].map(t => t.textContent))"
    )
    steps = page.locator(f"{root} .u-stage svg [data-step]")
    order = steps.evaluate_all("nodes => nodes.map(n => Number(n.dataset.step))")
    numbers = dict(zip(order, steps.evaluate_all(tiles), strict=True))
    rows = page.locator(f"{root} .u-result tr").evaluate_all(
        "rows => rows.map(r => [...r.querySelectorAll('td.u-figure')].map(t => t.textContent))"
    )
    return numbers, rows


def check_all_numbers(page, root="#one"):
    figure = state_of(page)
    cell, D, H = figure.cell, len(figure.xs[0]), len(figure.h_0)
    hs, _ = RNN(cell).forward(np.array([figure.xs]), np.array([figure.h_0]))
    numbers, (a_row, h_row) = shown(page, root)
    assert sorted(numbers) == (
        list(range(1, len(figure.xs) + 1)) if figure.unrolled else [figure.step]
    )
    for t, words in numbers.items():
        got = [number(w) for w in words]
        held = got[D : len(got) - H] if len(got) > D + H else []  # the held tile lies on top, again
        assert np.allclose(got[:D], figure.xs[t - 1], atol=0.00501)
        assert np.allclose(got[len(got) - H :], hs[0, t - 1], atol=0.00501), (t, held)
    t = figure.step
    h_prev = hs[0, t - 2] if t > 1 else np.array(figure.h_0)
    a = np.array(figure.xs[t - 1]) @ cell.W_x + h_prev @ cell.W_h + cell.b
    assert np.allclose([number(w) for w in a_row], a, atol=0.000501)
    assert np.allclose([number(w) for w in h_row], np.tanh(a), atol=0.000501)
    assert page.locator(f"{root} .u-stage svg").get_attribute("aria-label") == figure.summary()
    return figure


def inside_cells(page):
    """The held weight as each copy prints it."""
    return page.locator(
        "#one .u-stage svg [data-step] > g:last-child > text.u-number"
    ).all_text_contents()


def drag(page, locator, dx):
    box = locator.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y)
    page.mouse.move(x + dx, y + 4)
    page.mouse.up()


def tile(page, held):
    return page.locator(f"#one .u-hold[data-held='{held}']")


@pytest.mark.parametrize("width", [1280, 390, 360])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_shows_the_cells_numbers_and_fits_the_page(browser, width, dark):
    with bare_page(browser, Unfold(), width=width, dark=dark) as page:
        check_all_numbers(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        sizes = page.locator("#one .u-stage svg text, #one .u-stage svg tspan").evaluate_all(
            "nodes => nodes.map(n => parseFloat(getComputedStyle(n).fontSize))"
        )
        assert min(sizes) >= 12
        small = page.locator("#one button, #one input, #one .u-hold").evaluate_all(
            "nodes => nodes.map(n => (n.closest('label') ?? n).getBoundingClientRect())"
            ".filter(b => Math.min(b.width, b.height) < 43.5).length"
        )
        assert small == 0


@pytest.mark.parametrize("seed", range(3))
def test_any_small_cell_at_every_step_folded_and_unrolled(browser, seed):
    rng = np.random.default_rng(seed)
    D, H, T = [(1, 1, 2), (3, 3, 6), (1, 5, 4)][seed]
    figure = Unfold(RNNCell.init(D, H, rng), rng.normal(size=(T, D)), h_0=rng.normal(size=H))
    with bare_page(browser, figure, width=900, reduced_motion="reduce") as page:
        for unrolled in (True, False):
            page.evaluate(f"figure.model.set('unrolled', {str(unrolled).lower()})")
            for t in range(1, T + 1):
                page.evaluate(f"figure.model.set('step', {t})")
                check_all_numbers(page)


def test_the_mouse_drags_a_weight_and_every_copy_changes(browser):
    with bare_page(browser, Unfold()) as page:
        assert inside_cells(page) == ["−0.30"] * 4
        drag(page, tile(page, '["W_h",0,0]'), 40)
        figure = check_all_numbers(page)
        assert figure.W_h[0][0] == 1.0 and figure.held == ["W_h", 0, 0]
        assert inside_cells(page) == ["1.00"] * 4
        drag(page, tile(page, '["b",2]'), -1000)  # as far as it goes
        assert check_all_numbers(page).b == [0.1, 0.0, -2.0]
        assert inside_cells(page) == ["−2.00"] * 4


def test_the_mouse_drags_an_input_in_the_picture_and_goes_to_its_step(browser):
    with bare_page(browser, Unfold()) as page:
        target = page.locator("""#one .u-stage svg [data-held='["xs",2,1]'] rect""").first
        drag(page, target, 80)
        figure = check_all_numbers(page)
        assert figure.xs[2] == [0.5, 0.5] and figure.step == 3 and figure.held == ["xs", 2, 1]


def test_a_click_on_a_copy_goes_to_its_step(browser):
    with bare_page(browser, Unfold()) as page:
        page.locator("#one .u-stage svg [data-step='4'] .u-cell").click()
        assert check_all_numbers(page).step == 4


def test_a_finger_drags_and_the_page_still_scrolls(browser):
    with bare_page(browser, Unfold(), width=390, height=844, has_touch=True) as page:
        target = tile(page, '["W_x",0,0]')
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        x, y = box["x"] + 20, box["y"] + 20
        touch = page.context.new_cdp_session(page)
        send = lambda kind, *at: touch.send(  # noqa: E731
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": a, "y": b} for a, b in at]},
        )
        send("touchStart", (x, y))
        for step in range(1, 9):
            send("touchMove", (x - 5 * step, y))
        page.wait_for_timeout(100)  # the finger rests: a tap after a flick only ends the flick
        send("touchMove", (x - 40, y))
        send("touchEnd")
        figure = check_all_numbers(page)
        assert figure.held == ["W_x", 0, 0] and 0.2 < figure.W_x[0][0] < 0.6
        assert target.evaluate("node => getComputedStyle(node).touchAction") == "pan-y"
        page.locator("#one .u-stepper button").last.tap()
        page.wait_for_function("figure.model.get('step') === 3")
        assert check_all_numbers(page).step == 3
        tile_in_picture = page.locator("""#one .u-stage svg [data-held='["xs",1,0]'] rect""").first
        box = tile_in_picture.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        send("touchStart", (x, y))
        for step in range(1, 9):
            send("touchMove", (x + 5 * step, y))
        send("touchEnd")
        page.wait_for_function("figure.model.get('xs')[1][0] > 0.3")
        assert check_all_numbers(page).held == ["xs", 1, 0]


def test_the_keyboard_reaches_everything(browser):
    with bare_page(browser, Unfold(), reduced_motion="reduce") as page:
        focus = lambda: page.evaluate(  # noqa: E731
            "document.activeElement.getAttribute('aria-label') ?? document.activeElement.type"
        )
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowLeft")  # unrolled -> folded
        assert check_all_numbers(page).unrolled is False
        page.keyboard.press("ArrowRight")
        assert check_all_numbers(page).unrolled is True
        for name in ("Step: play", "1× speed", "Step: one back"):
            page.keyboard.press("Tab")
            assert focus() == name
        page.keyboard.press("Enter")
        assert check_all_numbers(page).step == 1  # and the button is disabled now
        page.locator("#one .u-stepper input").focus()
        page.keyboard.press("End")
        assert check_all_numbers(page).step == 4
        page.locator("#one .u-held-value input").focus()
        page.keyboard.press("ArrowRight")
        assert check_all_numbers(page).W_h[0][2] == -0.25
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert focus() == "W_h[0, 2] = −0.25"
        page.keyboard.press("ArrowDown")
        assert check_all_numbers(page).held == ["W_h", 1, 2]
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowLeft")
        assert check_all_numbers(page).held == ["W_x", 1, 1]
        page.locator("#one button", has_text="Reset").press("Enter")
        assert check_all_numbers(page).W_h == Unfold().W_h


def test_the_formula_adds_up(browser):
    rng = np.random.default_rng(5)
    figure = Unfold(RNNCell.init(2, 3, rng), rng.normal(size=(4, 2)), step=3, held=["W_x", 1, 1])
    with bare_page(browser, figure) as page:
        line = page.locator("#one .u-formula p").nth(1).text_content().split(" = ")
        left = line[1].replace("−", "-").replace("·", "*")
        assert abs(eval(left) - number(line[2])) < 0.004  # three decimals in each factor
        assert page.locator("#one .u-formula strong").count() == 1


def test_a_trait_set_elsewhere_moves_the_figure_in_both_places(browser):
    with bare_page(browser, Unfold(), reduced_motion="reduce") as page:
        page.evaluate("figure.again().then((stop) => { figure.stop = stop; })")
        page.evaluate("figure.model.set('W_x', [[-1, 1.234567, 0], [0.5, 0, 3.5]])")
        page.evaluate("figure.model.set('held', ['W_x', 1, 2])")
        for root in ("#one", "#two"):
            check_all_numbers(page, root)
            assert page.locator(f"{root} .u-held-value .u-value").text_content() == "3.50"
        page.evaluate("figure.stop()")
        assert page.locator("#two *").count() == 0
        assert page.locator("#one .u-stage svg").count() == 1
        page.evaluate("figure.cleanup()")
        assert page.locator("#one *").count() == 0
        assert page.evaluate("figure.model.listeners") == 0


@pytest.mark.parametrize(("motion", "moves"), [("no-preference", True), ("reduce", False)])
def test_it_unfolds_by_moving_unless_the_reader_wants_no_motion(browser, motion, moves):
    with bare_page(browser, Unfold(unrolled=False), reduced_motion=motion) as page:
        page.clock.install(time=0)
        page.clock.pause_at(1000)  # from here on time passes when the test says so
        page.locator("#one label", has_text="unrolled").click()
        page.clock.run_for(250)
        fading = page.locator("#one .u-stage svg [opacity]:has(> [data-step])")
        seen = [float(one.get_attribute("opacity")) for one in fading.all()]
        assert any(0.02 < opacity < 0.98 for opacity in seen) is moves, seen
        page.clock.run_for(1000)
        page.clock.resume()
        check_all_numbers(page)


def test_the_loop_keeps_its_shape_while_it_goes(browser):
    sizes = """paths => paths.filter((path) => path.getAttribute("d").includes("Q"))
      .map((path) => { const { width, height } = path.getBBox();
                       return [Math.round(width), Math.round(height)]; })"""
    with bare_page(browser, Unfold(unrolled=False)) as page:
        page.clock.install(time=0)
        page.clock.pause_at(1000)
        arrows = page.locator("#one .u-stage svg .u-arrow path")
        (shape,) = arrows.evaluate_all(sizes)
        page.locator("#one label", has_text="unrolled").click()
        seen = []
        for _ in range(12):
            page.clock.run_for(70)
            seen += arrows.evaluate_all(sizes)
        assert seen and all(one == shape for one in seen)
        page.clock.resume()
        check_all_numbers(page)
        assert arrows.evaluate_all(sizes) == []


@pytest.mark.parametrize("unrolled", [True, False])
def test_play_sends_a_pulse_along_the_state_into_each_step(browser, unrolled):
    with bare_page(browser, Unfold(step=1, unrolled=unrolled)) as page:
        page.clock.install(time=0)
        page.clock.pause_at(1000)
        page.get_by_role("button", name="Step: play").click()
        pulse, at = page.locator("#one .u-pulse"), []
        for _ in range(60):  # 4.2 s
            page.clock.run_for(70)
            at += pulse.evaluate_all("nodes => nodes.map((n) => Number(n.getAttribute('cx')))")
        assert len(at) > 12
        if unrolled:  # through all three arrows, and always forward
            assert at == sorted(at)
            cells = page.locator("#one .u-stage svg .u-cell rect").evaluate_all(
                "nodes => nodes.map((n) => [n.x.baseVal.value, n.width.baseVal.value])"
            )
            for (left, width), (following, _) in pairwise(cells):
                assert any(left + width < x < following for x in at)
        page.clock.resume()
        page.get_by_role("button", name="Step: play").wait_for()  # it has stopped at the last step
        page.wait_for_function("!document.querySelector('#one .u-pulse')")
        assert check_all_numbers(page).step == 4


def test_no_pulse_for_a_reader_who_wants_no_motion(browser):
    with bare_page(browser, Unfold(), reduced_motion="reduce") as page:
        page.evaluate(
            """() => { window.seen = 0; new MutationObserver(() => {
              seen += document.querySelectorAll(".u-pulse").length;
            }).observe(document.querySelector(".u-stage"), { childList: true, subtree: true }); }"""
        )
        page.get_by_role("button", name="Step: one on").click()
        assert check_all_numbers(page).step == 3
        assert page.evaluate("seen") == 0


def test_inputs_and_the_held_weight_look_as_if_they_could_be_dragged_and_nothing_else(browser):
    with bare_page(browser, Unfold()) as page:
        for held in ('["W_h",0,2]', '["b",1]', '["xs",1,0]'):
            page.evaluate(f"figure.model.set('held', {held})")
            settled(page)
            grips = page.locator("#one .u-grip").evaluate_all(
                "nodes => nodes.map((node) => node.dataset.held)"
            )
            inputs = {f'["xs",{t},{d}]' for t in range(4) for d in range(2)}
            assert set(grips) == inputs | {held}
            looks = page.locator("#one .u-hold input").evaluate_all(
                "nodes => nodes.map((node) => [node.parentNode.dataset.held, "
                "getComputedStyle(node).cursor])"
            )
            for name, cursor in looks:
                assert (cursor == "ew-resize") is (name in grips), name


def test_a_weight_beyond_two_stays_where_it_is_when_taken(browser):
    with bare_page(browser, Unfold(RNNCell([[3.5]], [[0.5]], [0.0]), [[1.0], [0.0]])) as page:
        drag(page, tile(page, '["W_x",0,0]'), -40)
        assert check_all_numbers(page).W_x == [[3.0]]


def test_it_says_the_numbers_to_a_screen_reader(browser):
    with bare_page(browser, Unfold(), reduced_motion="reduce") as page:
        page.wait_for_timeout(900)
        assert page.locator("#one [aria-live=polite]").text_content() == ""  # nothing changed yet
        page.locator("#one .u-stepper input").focus()
        page.keyboard.press("ArrowRight")
        page.locator("#one [aria-live=polite]:not(:empty)").wait_for(state="attached")
        said = page.locator("#one [aria-live=polite]").text_content()
        assert said in state_of(page).summary() and said.startswith("At step 3")
        slider = page.locator("#one .u-held-value input")
        assert slider.get_attribute("aria-valuetext") == "−0.30"
        assert re.fullmatch(r"W_?h\[0, 2\]−0.30", slider.evaluate("n => n.labels[0].textContent"))
