"""Every control of a page, operated as a person would: which of them are dead?

    hands = ChromiumHands(page, touch=True)
    report = operate(hands)
    assert report.dead == []

`controls.js` finds what looks operable, aims, and says whether something changed that a person can
see.  What is alike (forty permalinks, thirty buttons "Copy") is sampled: SAMPLE of each kind at
each width of a page, where kind is what an element is called, looks like and lies in, numbers
aside.  Each link's target is looked up on the disk, sampled or not (`dead_links`).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

SCRIPT = (Path(__file__).parent / "controls.js").read_text(encoding="utf-8")
SAMPLE = 1
WAIT = 8000  # ms until what does not answer is dead; an answer is seen at once
SOON = 400  # ms until we suspect that it was chosen already


@dataclass
class Report:
    """What was operated (kind -> how often), and what of it is dead, in words."""

    operated: Counter = field(default_factory=Counter)
    dead: list[str] = field(default_factory=list)
    led: set[str] = field(default_factory=set)


class Hands:
    """What the drivers have in common: calls of `net` in the page."""

    touch = False

    def net(self, name, *given):
        words = ", ".join(json.dumps(one) for one in given)
        return self.run(f"return await window.net.{name}({words})")


class ChromiumHands(Hands):
    def __init__(self, page, touch=False):
        self.page, self.touch, self.address = page, touch, page.url
        self.wire = page.context.new_cdp_session(page) if touch else None
        self.enter()

    def enter(self):
        self.page.evaluate(SCRIPT)

    def reload(self):
        self.page.goto("about:blank")  # an address with another # would be no fresh page
        self.page.goto(self.address)
        self.page.wait_for_load_state("load")
        self.enter()

    def run(self, script):
        return self.page.evaluate(f"async () => {{ {script} }}")

    def move(self, x, y):
        self.page.mouse.move(x, y)

    def press(self, x, y):
        (self.page.touchscreen.tap if self.touch else self.page.mouse.click)(x, y)

    def drag(self, x, y, by):
        if self.touch:
            steps = [("touchStart", x), *(("touchMove", x + by * i / 4) for i in range(1, 5))]
            for kind, at in steps:
                points = [{"x": at, "y": y}]
                self.wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            self.wire.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        else:
            self.page.mouse.down()
            self.page.mouse.move(x + by, y, steps=4)
            self.page.mouse.up()

    def key(self, name):
        self.page.keyboard.press(name)


def operate(hands, wait=WAIT, sample=SAMPLE, skip=()) -> Report:
    """Every control that is to be seen, and those that come to light on the way."""
    report, openers = Report(), {}
    waiting = hands.net("scan", True)
    all_found = list(waiting)
    while waiting:
        one = waiting.pop(0)
        kind, name = one["kind"], f"{one['path']} ({one['name']})"
        if report.operated[kind] >= sample or any(word in one["name"] for word in skip):
            continue
        if one["how"] == "disabled":
            report.operated[kind] += 1
            continue
        found = reach(hands, one, openers)
        if found["gone"]:
            continue
        if found["off"]:
            continue  # nobody sees it, and the focus does not bring it into view
        report.operated[kind] += 1
        if found["how"] == "disabled":
            continue
        if found["wrong"]:
            report.dead.append(f"{name} {found['wrong']}")
            continue
        trace = use(hands, one, found, min(SOON, wait))
        if trace is None:
            trace = again(hands, one, all_found, wait)
        if trace is None:
            report.dead.append(f"{name}: nothing changes")
            continue
        if trace.get("led"):
            report.led.add(trace["led"])
        hands.net("leave")
        new = hands.net("scan", False)
        for other in new:
            openers[other["path"]] = [*openers.get(one["path"], []), one]
        all_found += new
        waiting = new + waiting
    return report


def free(found):
    return not (found["gone"] or found["off"] or found["wrong"])


def reach(hands, one, openers):
    """In view and free: as the page is, under the hand, behind what opened it, on a fresh page."""
    before, found = openers.get(one["path"], []), None
    for bring in (None, rest, open_again, start_again):
        if bring in (open_again, start_again) and not before and found["gone"]:
            return found  # it went with what was pressed since
        if bring:
            bring(hands, found, before)
        found = hands.net("aim", one["path"])
        if free(found):
            return found
    return found


def rest(hands, found, openers):
    if found.get("wrong"):  # what shows itself only under the hand
        hands.move(found["x"], found["y"])


def open_again(hands, found, openers):
    for opener in openers:
        there = hands.net("aim", opener["path"])
        if free(there) and there["how"] != "disabled":
            use(hands, opener, there, WAIT)


def start_again(hands, found, openers):
    hands.reload()
    open_again(hands, found, openers)


def use(hands, one, at, wait):
    """Operate it; what changed, or None."""
    hands.move(at["x"], at["y"])
    hands.net("look")
    for step in STEPS[at["how"]]:
        step(hands, one, at)
        if trace := hands.net("changed", wait):
            return trace
    return None


def again(hands, one, all_found, wait):
    """What was chosen already, or has nothing to undo, changes nothing: change something first."""
    near = [other for other in all_found if other["path"] != one["path"]]
    near = [other for other in near if other["place"] == one["place"]]
    alike = [other for other in near if other["kind"] == one["kind"]]
    others = {other["kind"]: other for other in near if other["how"] in ("slide", "write", "drag")}
    for other in alike[:2] + list(others.values())[:4]:
        at = hands.net("aim", other["path"])
        if free(at) and at["how"] != "disabled":
            use(hands, other, at, SOON)
    at = hands.net("aim", one["path"])
    return {} if at["gone"] or at["how"] == "disabled" else use(hands, one, at, wait)


def press(hands, one, at):
    hands.press(at["x"], at["y"])


def press_at(share):
    def step(hands, one, at):
        hands.press(at["left"] + share * at["width"], at["y"])

    return step


def pull(by):
    return lambda hands, one, at: hands.drag(at["x"], at["y"], by)


def key(name):
    return lambda hands, one, at: hands.key(name)


STEPS = {
    "press": [press],
    "drag": [pull(30), pull(-60), press],
    "slide": [key("ArrowRight"), key("ArrowLeft"), key("ArrowDown"), key("ArrowUp")],
    "write": [key("x")],
    "scroll": [key("ArrowRight"), key("ArrowDown"), key("ArrowUp"), key("ArrowLeft")],
}


# ---- where links lead


@lru_cache(maxsize=64)
def names(path: Path, changed: float) -> frozenset[str]:
    """What an address may name after #; a figure's place too."""
    html = path.read_text(encoding="utf-8")
    return frozenset(map(unescape, re.findall(r'\s(?:id|name|data-figure)="([^"]+)"', html)))


def dead_link(site: Path, page: str, address: str) -> str:
    """What is wrong with a link of a page (`book/welcome.html`) to `address`, or nothing."""
    parts = urlsplit(address)
    if parts.scheme in ("https", "mailto"):
        return "" if parts.netloc or parts.scheme == "mailto" else f"{address} leads nowhere"
    if parts.scheme:  # http: a name with a dot that was taken for an address
        return f"{address} is no address"
    path = site / page if not parts.path else (site / page).parent / unquote(parts.path)
    if path.is_dir():
        path = path / "index.html"
    if not path.is_file():
        return f"{address}: there is no such page"
    anchor = unquote(parts.fragment).split("?")[0]
    if anchor and path.suffix == ".html" and anchor not in names(path, path.stat().st_mtime):
        return f"{address}: the page has no such place"
    return ""


def dead_links(site: Path, page: str) -> list[str]:
    """All links of a page, as they stand in it."""
    html = re.sub(r"<script.*?</script>", "", (site / page).read_text("utf-8"), flags=re.S)
    found = {unescape(one) for one in re.findall(r'<a\b[^>]*?\shref="([^"]*)"', html)}
    return [wrong for one in sorted(found) if (wrong := dead_link(site, page, one))]
