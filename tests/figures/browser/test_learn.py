"""Learn in Chromium: what the page learns is what rnn_core learns; it pauses, resumes and stays."""

import re

import numpy as np
import pytest

from rnn_core.widgets import Learn
from tests.support.harness import bare_page, settled

pytestmark = pytest.mark.browser
PLAY = "training: play"
LEARNED = "figure.model.get('history').length > {n}"
LEFT = "document.querySelector('#one .u-roomy > div').textContent"
NO_WORKER = "delete window.Worker"


def steps(page, count):
    one = page.get_by_role("button", name="one step")
    for i in range(count):
        one.click()
        page.wait_for_function(LEARNED.format(n=i))


@pytest.mark.parametrize("workers", [True, False], ids=["worker", "page"])
def test_each_step_is_rnn_core_s(browser, workers):
    figure = Learn("embedded", hidden=6, k=5, seed=3)
    with bare_page(browser, figure) as page:
        if not workers:
            page.evaluate(f"figure.cleanup(); {NO_WORKER}")
            page.evaluate("figure.again().then(() => document.getElementById('one').remove())")
            page.evaluate("document.getElementById('two').id = 'one'")
        steps(page, 3)
        run = figure.run()
        wanted = [[i, *run.update()[:2]] for i in (1, 2, 3)]
        assert np.allclose(page.evaluate("figure.model.get('history')"), wanted, 0, 1e-12)
        weights = page.evaluate("figure.model.get('weights')")
        for name, p in run.model.params.items():
            assert np.allclose(weights[name], p, 0, 1e-12), name
        settled(page)
        assert page.evaluate(LEFT).startswith("After 3 updates")


def test_play_reaches_the_optimum_and_a_seed_later_the_run_before_is_pale(browser):
    with bare_page(browser, Learn(), width=390) as page:
        page.get_by_role("button", name=PLAY).click()
        page.wait_for_function(f"{LEFT}.includes('It has reached the optimum.')")
        page.get_by_role("button", name="training: pause").click()
        page.wait_for_function(LEARNED.format(n=100))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        ghost = "document.querySelectorAll('#one .u-ghost path').length"
        assert page.evaluate(ghost) == 0
        page.get_by_role("button", name="another seed").click()
        settled(page)
        assert page.evaluate(ghost) == 1
        assert page.evaluate(LEFT).startswith("Not trained yet.")
        page.locator("#one [data-column='5']").click()
        settled(page)
        assert page.evaluate("figure.model.get('column')") == 5


def test_a_switch_that_is_moved_while_it_trains_takes_effect(browser):
    with bare_page(browser, Learn(lr=1e-4)) as page:
        page.get_by_role("button", name=PLAY).click()
        page.wait_for_function(f"Number({LEFT}.match(/After (\\d+)/)?.[1]) > 30")
        assert float(re.search(r"perplexity is (\d+\.\d+)", page.evaluate(LEFT))[1]) > 4
        page.evaluate("figure.model.set('lr', 0.02)")
        page.wait_for_function(f"{LEFT}.includes('It has reached the optimum.')")
        page.get_by_role("button", name="training: pause").wait_for()


def test_a_hidden_page_pauses(browser):
    with bare_page(browser, Learn()) as page:
        page.get_by_role("button", name=PLAY).click()
        page.wait_for_function(f"{LEFT}.startsWith('After')")
        page.evaluate(
            """() => { Object.defineProperty(document, "hidden", { get: () => true });
            document.dispatchEvent(new Event("visibilitychange")); }"""
        )
        page.get_by_role("button", name=PLAY).wait_for()


def test_a_text_of_one_s_own_is_text_and_nothing_else(browser):
    with bare_page(browser, Learn()) as page:
        page.get_by_role("combobox", name="Data").select_option(label="your own text")
        settled(page)
        assert page.evaluate(LEFT) == "Type or drop a text of at least 40 characters."
        area = page.get_by_role("textbox", name="your own text")
        area.fill("<img src=x onerror=alert(1)> & so on; " * 4)
        area.blur()
        page.wait_for_function(f"{LEFT}.startsWith('Not trained yet.')")
        steps(page, 1)
        settled(page)
        assert page.locator("#one img").count() == 0
        assert page.locator("#one .u-said").inner_text().startswith("It says: <")


def test_python_gives_weights_and_it_leaves_nothing_behind(browser):
    run = Learn(seed=7).run()
    for _ in range(5):
        run.update()
    with bare_page(browser, Learn(model=run.model), dark=True) as page:
        steps(page, 1)
        loss = page.evaluate("figure.model.get('history')[0][1]")
        fresh = Learn(seed=7).run()
        _, targets, _ = fresh.block()
        first = run.model.loss(np.array([Learn().plan()["ids"][:3]]), targets)[0]
        assert abs(loss - first) < 1e-12
        page.evaluate("figure.cleanup()")
        assert page.locator(".unrolled-explorable").count() == 0
        assert page.evaluate("figure.model.listeners") == 0
