"""Every page of the built book, as its readers have it: offline, on a phone, dark, by keyboard."""

import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
import yaml
from fontTools.ttLib import TTFont
from playwright.sync_api import expect

from tests.support.harness import settled
from tests.support.site import ROOT, open_page, page_names, show_all
from tools.axe import violations

KIB = 1024
MAX_WEIGHT = 300 * KIB  # first visit, compressed
MAX_SHIFT = 0.02
NARROW = 360

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [
    TOC["root"],
    *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"]),
    "search",
    "genindex",
    "404",
]
BOOK = [name for name in PAGES if "/" in name]


@pytest.mark.parametrize("name", PAGES)
def test_from_a_file_on_a_desk_in_light(browser, site, name):
    with open_page(browser, site, name) as page:
        show_all(page)
        assert violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_over_http_on_a_phone_in_dark(browser, address, name):
    with open_page(browser, address, name, dark=True, phone=True, width=NARROW) as page:
        if name != "404":
            paper = "getComputedStyle(document.body).backgroundColor"
            assert page.evaluate(paper) == "rgb(20, 24, 30)"
        show_all(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
        assert violations(page) == []


@pytest.mark.parametrize("name", BOOK)
def test_a_first_visit_is_light_and_stands_still(browser, address, name):
    with open_page(browser, address, name, phone=True) as page:
        page.wait_for_timeout(300)
        entries = page.evaluate(
            """() => [...performance.getEntriesByType("navigation"),
                      ...performance.getEntriesByType("resource")]
                     .map((e) => [e.name, e.encodedBodySize])"""
        )
        weight = sum(size for _, size in entries)
        heaviest = sorted(entries, key=lambda entry: -entry[1])[:5]
        assert weight <= MAX_WEIGHT, f"{weight / KIB:.0f} KiB: {heaviest}"
        shift = page.evaluate(
            """() => new Promise((done) => {
                 let sum = 0;
                 new PerformanceObserver((list) => {
                   for (const e of list.getEntries()) if (!e.hadRecentInput) sum += e.value;
                 }).observe({ type: "layout-shift", buffered: true });
                 setTimeout(() => done(sum), 200);
               })"""
        )
        assert shift <= MAX_SHIFT


@pytest.mark.parametrize("phone", [True, False])
@pytest.mark.parametrize("name", [name for name in BOOK if name.startswith("notebooks/")])
def test_what_nobody_sees_yet_has_its_size(browser, site, name, phone):
    """A listing that is not laid out yet is as high as it will be: no jump, no wrong place."""
    with open_page(browser, site, name, phone=phone) as page:
        tall = "document.documentElement.scrollHeight"
        before = page.evaluate(tall)
        skipped = page.evaluate(
            """() => [...document.querySelectorAll(".lines > span")]
                 .filter((word) => !word.checkVisibility({ contentVisibilityAuto: true })).length"""
        )
        assert skipped > 0
        page.add_style_tag(content="* { content-visibility: visible !important; }")
        assert abs(page.evaluate(tall) - before) <= 1


def test_what_scrolls_is_a_stop_of_the_keyboard_once_it_is_open(browser, site):
    with open_page(browser, site, "notebooks/02_bptt", phone=True) as page:
        page.wait_for_selector("pre[tabindex='0']")
        wide = """() => [...document.querySelectorAll("pre")]
             .filter((box) => box.checkVisibility() && box.scrollWidth > box.clientWidth + 1)
             .map((box) => box.tabIndex)"""
        assert set(page.evaluate(wide)) == {0}
        stops = page.locator("pre[tabindex='0']").count()
        page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
        page.wait_for_function(
            "(stops) => document.querySelectorAll('pre[tabindex=\"0\"]').length > stops", arg=stops
        )
        assert set(page.evaluate(wide)) == {0}


def test_a_figure_does_not_wait_for_the_theme(browser, address):
    context = browser.new_context()
    page, asked = context.new_page(), []
    page.route("**/_static/**/*.js*", lambda route: asked.append(route.request.url))  # no answer
    page.goto(f"{address}/notebooks/01_anatomy.html", wait_until="commit")
    page.locator(".explorable").first.scroll_into_view_if_needed()
    picture = page.locator(".explorable-live .u-stage svg").first
    said = picture.get_attribute("aria-label")
    page.locator(".explorable-live input[type=range]").first.press("ArrowRight")
    settled(page)
    assert picture.get_attribute("aria-label") != said
    assert asked and page.evaluate("document.readyState") == "loading"
    context.close()


def test_every_page_is_in_the_table_of_contents(site):
    assert page_names(site) == sorted(BOOK)


def test_search_answers_from_a_file(browser, site):
    with open_page(browser, site, "search.html?q=perplexity") as page:
        page.wait_for_selector("#search-results li")
        assert page.locator("#search-results a").count() > 0


@pytest.mark.parametrize("phone", [False, True])
def test_the_search_box_leads_to_the_answers(browser, site, phone):
    with open_page(browser, site, TOC["root"], phone=phone) as page:
        if phone:
            page.locator(".nav-overlay-icon").tap()
        page.get_by_role("search").get_by_role("textbox").fill("truncated")
        page.keyboard.press("Enter")
        page.wait_for_selector("#search-results li")
        assert page.locator(".search-again input").input_value() == "truncated"


def test_no_widget_needs_a_kernel_and_no_link_leads_nowhere(site):
    missing = []
    for name in PAGES:
        html = (site / f"{name}.html").read_text(encoding="utf-8")
        assert "application/vnd.jupyter.widget" not in html
        html = re.sub(r"<script.*?</script>", "", html, flags=re.S)
        for target in re.findall(r'(?:href|src)="([^"#?]+)[^"]*"', html):
            if re.fullmatch(r"https?:/*", target):
                missing.append(f"{name}: {target}")
            if re.match(r"[a-z]+:|//|/$", target):
                continue
            path = (site / f"{name}.html").parent / target
            if not path.exists():
                missing.append(f"{name}: {target}")
    assert missing == []


CHAPTERS, ON_PAGE = ("__navigation", ".sidebar-drawer"), ("__toc", ".toc-drawer")


def menu(page, name):
    """The button that a phone shows for this menu, what lies beside the open one, its last link."""
    box, drawer = name
    button = page.locator(f".mobile-header .{'toc' if name is ON_PAGE else 'nav'}-overlay-icon")
    return button, page.locator(f".overlay[for={box}]"), page.locator(f"{drawer} a").last


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("name", [CHAPTERS, ON_PAGE])
def test_a_finger_opens_a_menu_and_closes_it_beside(browser, site, name, scripts):
    with open_page(browser, site, BOOK[3], phone=True, java_script_enabled=scripts) as page:
        button, beside, link = menu(page, name)
        assert not link.is_visible()
        button.tap()
        link.scroll_into_view_if_needed()
        expect(link).to_be_in_viewport(ratio=1)
        beside.tap(position={"x": 370 if name is CHAPTERS else 20, "y": 400})
        expect(link).to_be_hidden()


def test_a_finger_goes_to_another_chapter_and_back(browser, address):
    with open_page(browser, address, BOOK[3], phone=True) as page:
        button, _, _ = menu(page, CHAPTERS)
        button.tap()
        page.locator(".sidebar-drawer").get_by_text("Perplexity").tap()
        page.wait_for_url("**/05_perplexity.html")
        expect(page.locator("h1")).to_contain_text("Perplexity")
        expect(menu(page, CHAPTERS)[2]).to_be_hidden()
        page.go_back()
        page.wait_for_url(f"**/{BOOK[3]}.html")
        expect(menu(page, CHAPTERS)[0]).to_have_attribute("aria-expanded", "false")
        expect(menu(page, CHAPTERS)[2]).to_be_hidden()


@pytest.mark.parametrize("name", [CHAPTERS, ON_PAGE])
def test_a_menu_opens_from_the_keyboard_and_escape_closes_it(browser, site, name):
    with open_page(browser, site, BOOK[3], phone=True) as page:
        button, _, link = menu(page, name)
        button.focus()
        for key in ("Enter", " "):
            page.keyboard.press(key)
            expect(button).to_have_attribute("aria-expanded", "true")
            expect(page.locator(f"{name[1]} :focus")).to_be_in_viewport()
            page.keyboard.press("Escape")
            expect(button).to_have_attribute("aria-expanded", "false")
            expect(button).to_be_focused()
            expect(link).to_be_hidden()


def test_the_first_page_leads_to_the_first_chapter(browser, site):
    with open_page(browser, site, "index") as page:
        page.wait_for_url(f"**/{TOC['root']}.html")
        first = f"../{BOOK[3]}.html"
        assert page.locator(".next-page").get_attribute("href") == first
        start = page.get_by_role("link", name="Start with chapter 1")
        expect(start).to_be_in_viewport()
        assert start.get_attribute("href") == first


def test_a_chapter_gives_its_notebook_and_the_package(browser, address):
    with open_page(browser, address, BOOK[3]) as page:
        for name in ("Download this chapter as a notebook", "This chapter as a notebook"):
            with page.expect_download() as found:
                page.get_by_role("link", name=name, exact=True).click()
            text = Path(found.value.path()).read_text(encoding="utf-8")
            assert "NotImplementedError" in text and "BEGIN SOLUTION" not in text
        with page.expect_download() as found:
            page.get_by_role("link", name="all chapters with the package").click()
        assert zipfile.is_zipfile(found.value.path())


def test_without_scripts_and_on_paper_each_explorable_is_its_still(browser, site):
    with open_page(browser, site, TOC["root"], java_script_enabled=False) as page:
        assert page.locator(".explorable-still svg").first.is_visible()
        assert page.locator(".explorable-still svg title").first.text_content()
    with open_page(browser, site, TOC["root"]) as page:
        show_all(page)
        assert not page.locator(".explorable-still").first.is_visible()
        page.emulate_media(media="print")
        assert page.locator(".explorable-still").first.is_visible()
        assert not page.locator(".explorable-live").first.is_visible()


def test_the_first_stop_of_the_keyboard_leads_to_the_text(browser, site):
    with open_page(browser, site, BOOK[-2]) as page:
        page.keyboard.press("Tab")
        focus = page.locator(":focus")
        assert focus.get_attribute("href") == "#furo-main-content"
        expect(focus).to_be_in_viewport()


def test_the_color_switch_says_its_mode_and_turns_the_figures(browser, site):
    with open_page(browser, site, TOC["root"]) as page:
        switch = page.locator(".theme-toggle:visible")
        assert switch.get_attribute("aria-label") == "Color mode: as the system"
        paper = "getComputedStyle(document.querySelector('.unrolled-explorable')).backgroundColor"
        light = page.evaluate(paper)
        switch.click()
        assert switch.get_attribute("aria-label") == "Color mode: dark"
        assert page.evaluate(paper) != light


def test_formulas_stand_in_their_own_font_with_every_glyph(site):
    from base64 import b64decode

    css = (site / "_static" / "formulas.css").read_text(encoding="utf-8")
    data = re.search(r"data:font/woff2;base64,([^\")]+)", css)[1]
    kept = set(TTFont(BytesIO(b64decode(data))).getBestCmap())
    for name in BOOK:
        html = (site / f"{name}.html").read_text(encoding="utf-8")
        for formula in re.findall(r"<math\b.*?</math>", html, re.S):
            text = re.sub(r"<[^>]+>|&\w+;", "", formula)
            lost = {char for char in text if ord(char) not in kept and not char.isspace()}
            assert not lost, f"{name}: {lost} in {text}"
