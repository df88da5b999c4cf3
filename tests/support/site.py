"""The built site, and a page of it: light or dark, on a desk or on a phone, as a reader has it.

    with open_page(browser, site, "notebooks/01_anatomy", dark=True, phone=True) as page:
        figure = explorable(page, "unfold")
        assert numbers(figure)[:2] == ["0.72", "−0.46"]

An error on the console, a page error or a request to another host fails the test when it closes.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}
DESK = {"viewport": {"width": 1280, "height": 900}}


def site_folder() -> Path:
    """$UNROLLED_SITE, or what `make book` built."""
    return Path(os.environ.get("UNROLLED_SITE", ROOT / "_build" / "html")).resolve()


def page_names(folder: Path) -> list[str]:
    """Every page of the book, as `notebooks/01_anatomy`; not the index of names, not 404."""
    found = [*folder.glob("book/*.html"), *folder.glob("notebooks/*.html")]
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in found)


def ours(url: str, base: str) -> bool:
    return url.startswith((base, "data:", "blob:", "about:"))


@contextmanager
def open_page(browser, base, name, dark=False, phone=False, width=None, **context):
    """The page called `name` of the site at `base` (a folder or an http address)."""
    base = base.as_uri() if isinstance(base, Path) else base
    options = {**(PHONE if phone else DESK), "color_scheme": "dark" if dark else "light", **context}
    if width:
        options["viewport"] = {"width": width, "height": 800}
    context = browser.new_context(**options)
    page, troubles = context.new_page(), []
    page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
    page.on(
        "console",
        lambda message: troubles.append(message.text) if message.type == "error" else None,
    )
    page.on(
        "request",
        lambda request: None if ours(request.url, base) else troubles.append(request.url),
    )
    page.goto(f"{base}/{name}.html" if "." not in name else f"{base}/{name}")
    page.wait_for_load_state("load")
    try:
        yield page
        assert not troubles, troubles
    finally:
        context.close()


def show_all(page):
    """Open what is folded, and let every explorable stand."""
    page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
    places = page.locator(".explorable")
    for i in range(places.count()):
        places.nth(i).scroll_into_view_if_needed()
        page.wait_for_function(
            "(i) => document.querySelectorAll('.explorable')[i].classList.contains('is-live')",
            arg=i,
        )
    # what the page itself does in its first idle moment after loading, it has done before this
    page.evaluate("new Promise((go) => requestIdleCallback(go))")
    return places.count()


def explorable(page, name: str, nth: int = 0):
    """The live figure with the class u-`name`, in view."""
    show_all(page)
    figure = page.locator(f".explorable-live .u-{name}").nth(nth)
    figure.scroll_into_view_if_needed()
    return figure


def numbers(figure) -> list[str]:
    """The numbers that the figure shows, as they are written, from the top down."""
    return re.findall(r"[−-]?\d[\d,]*(?:\.\d+)?", " ".join(figure.all_inner_texts()))
