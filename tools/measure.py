"""Measure the built site, page by page, on the profile of a phone; a table, and JSON beside it.

    python tools/measure.py [SITE] [--pages NAME ...] [--no-lighthouse] [--runs 3] [--json FILE]

    hosts   requests to other hosts                         KiB   first visit, compressed
    first   seconds until the first explorable has answered a reader who goes to it as soon as it
            is there and moves its slider: slow network, CPU slowed 4 times, median of three visits
    shift   cumulative layout shift                         axe   violations, light + dark
    p95     milliseconds from a key on a slider to the next paint, and with the CPU slowed 4 times
    bare    the same, right after, on a page with a slider and a number: the browser alone
    perf acc best seo   Lighthouse's four scores, mobile: each the median of some runs, as its
            makers advise (needs Node; `npx lighthouse`)

Times depend on the machine and on what else it does: run it on an idle one.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.axe import violations  # noqa: E402
from tools.chromium import chromium, find_chromium  # noqa: E402
from tools.pdf import pages  # noqa: E402
from tools.serve import served  # noqa: E402

PHONE = {"viewport": {"width": 412, "height": 823}, "device_scale_factor": 1.75, "has_touch": True}
SLOW = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 750e3 / 8,
}
LIMITS = {
    "hosts": 0, "KiB": 300, "first": 2.5, "shift": 0.02, "axe": 0, "p95": 20, "p95 at 4x": 33,
    "errors": 0, "wide": 360,
}  # fmt: skip
SCORES = {"perf": 95, "acc": 100, "best": 100, "seo": 100}

# A reader who goes to the first figure as soon as it is there, and moves its slider at once.
FIRST = """window.first = new Promise((done) => {
  const painted = (call) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = call;
    port2.postMessage(0);
  });
  let seen = false;
  const look = () => {
    const place = document.querySelector(".explorable");
    if (place && !seen) { seen = true; place.scrollIntoView(); }
    const slider = place?.querySelector(".explorable-live input[type=range]");
    if (slider) {
      slider.value = Number(slider.value) + (slider.value === slider.max ? -1 : 1) * slider.step;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      painted(() => done(performance.now() / 1000));
    } else if (place || document.readyState !== "complete") requestAnimationFrame(look);
    else done(null);
  };
  look();
});"""
SHIFT = """() => new Promise((done) => { let sum = 0;
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) if (!e.hadRecentInput) sum += e.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 300); })"""
LISTEN = """() => { window.taken = [];
  addEventListener("keydown", ({ timeStamp }) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => taken.push(performance.now() - timeStamp);
    port2.postMessage(0);
  }), true); }"""


def open_phone(browser, base, name, dark=False):
    context = browser.new_context(**PHONE, color_scheme="dark" if dark else "light")
    page = context.new_page()
    seen = {"hosts": 0, "errors": 0}

    def request(asked):
        seen["hosts"] += not asked.url.startswith((base, "data:", "blob:"))

    def message(said):
        seen["errors"] += said.type == "error"

    page.on("request", request)
    page.on("console", message)
    return context, page, f"{base}/{name}.html", seen


def first_visit(browser, base, name):
    context, page, url, seen = open_phone(browser, base, name)
    page.goto(url)
    page.wait_for_load_state("networkidle")
    weight = page.evaluate(
        """() => ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
             .reduce((sum, e) => sum + e.encodedBodySize, 0)"""
    )
    row = {"KiB": round(weight / 1024), "shift": round(page.evaluate(SHIFT), 3), **seen}
    page.set_viewport_size({"width": 360, "height": 740})
    page.wait_for_timeout(200)
    row["wide"] = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    return row


def slow_start(browser, base, name, visits=3):
    first = one_slow_start(browser, base, name)
    if first is None:  # no figure on this page
        return None
    others = [one_slow_start(browser, base, name) for _ in range(visits - 1)]
    return round(statistics.median([first, *others]), 2)


def one_slow_start(browser, base, name):
    context, page, url, _ = open_phone(browser, base, name)
    page.add_init_script(FIRST)
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(url, wait_until="commit")
    seconds = page.evaluate("Promise.race([first, new Promise((go) => setTimeout(go, 60000, 60))])")
    context.close()
    return seconds


def latency(browser, base, name, rate, presses=60):
    context, page, url, _ = open_phone(browser, base, name)
    page.goto(url)
    if not page.locator(".explorable").count():
        context.close()
        return None
    page.locator(".explorable").first.scroll_into_view_if_needed()
    slider = page.locator(".explorable.is-live input[type=range]:visible").first
    slider.focus()
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
    page.evaluate(LISTEN)
    for i in range(presses):
        page.keyboard.press("ArrowRight" if i % 20 < 10 else "ArrowLeft")
        page.wait_for_timeout(40)
    taken = page.evaluate("taken")
    context.close()
    return round(statistics.quantiles(taken, n=20)[-1], 1)


BARE = """<!doctype html><html lang="en"><title>A slider and a number</title>
<div class="explorable is-live"><input type="range" max="20" value="5"><p>5</p></div>
<script>document.querySelector("input").oninput = ({ target }) =>
  requestAnimationFrame(() => { document.querySelector("p").textContent = target.value; });</script>
"""


def with_bare_page(browser, base, name, bare):
    """latency() of a page, and right after it that of a page with nothing on it."""
    row = {}
    for rate, at in (1, ""), (4, " at 4x"):
        found = latency(browser, base, name, rate)
        row["p95" + at] = found
        row["bare" + at] = None if found is None else latency(browser, bare, "index", rate)
    return row


def broken_rules(browser, base, name):
    found = 0
    for dark in (False, True):
        context, page, url, _ = open_phone(browser, base, name, dark)
        page.goto(url)
        page.wait_for_load_state("networkidle")
        page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
        for place in page.locator(".explorable").all():
            place.scroll_into_view_if_needed()
            page.wait_for_timeout(150)
        broken = violations(page)
        found += len(broken)
        if broken:
            print(name, "dark" if dark else "light", broken, file=sys.stderr)
        context.close()
    return found


def lighthouse(base, name, runs):
    seen = [one_lighthouse(base, name) for _ in range(runs)]
    return {short: round(statistics.median(scores[short] for scores in seen)) for short in SCORES}


def one_lighthouse(base, name):
    local = shutil.which("lighthouse")
    command = [local] if local else ["npx", "--yes", "lighthouse@12"]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "report.json")
        command += [f"{base}/{name}.html", "--quiet", "--output=json", f"--output-path={out}"]
        command += ["--chrome-flags=--headless=new --no-sandbox"]
        environment = {**os.environ, "CHROME_PATH": find_chromium() or ""}
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        found = json.loads(out.read_text(encoding="utf-8"))["categories"]
    names = dict(
        zip(SCORES, ("performance", "accessibility", "best-practices", "seo"), strict=True)
    )
    return {short: round(100 * found[long]["score"]) for short, long in names.items()}


def bad(column, value):
    if value is None:
        return False
    return value < SCORES[column] if column in SCORES else value > LIMITS.get(column, value)


def table(rows):
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    wide = max(map(len, rows))
    print(f"{'':{wide}}" + "".join(f"{column:>11}" for column in columns))
    for name, row in rows.items():
        cells = (
            ("-" if row.get(c) is None else f"{row[c]}") + ("*" if bad(c, row.get(c)) else " ")
            for c in columns
        )
        print(f"{name:{wide}}" + "".join(f"{cell:>11}" for cell in cells))
    print("* beyond its limit:", {**LIMITS, **SCORES})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", nargs="?", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--pages", nargs="*")
    parser.add_argument("--no-lighthouse", action="store_true")
    parser.add_argument("--runs", type=int, default=3, help="of Lighthouse, on each page")
    parser.add_argument("--json", type=Path, default=ROOT / "_build" / "measured.json")
    args = parser.parse_args()
    if not (args.site / "index.html").exists():
        sys.exit(f"{args.site} holds no built site: `make book` first.")
    scores = not args.no_lighthouse and (shutil.which("lighthouse") or shutil.which("npx"))
    if not scores:
        print("Lighthouse is left out" + ("." if args.no_lighthouse else ": it needs Node."))
    rows = {}
    with tempfile.TemporaryDirectory() as empty, served(args.site) as base, served(empty) as bare:
        Path(empty, "index.html").write_text(BARE, encoding="utf-8")
        for name in args.pages or pages():
            with chromium() as browser:
                row = first_visit(browser, base, name)
                row["first"] = slow_start(browser, base, name)
                row.update(with_bare_page(browser, base, name, bare))
                row["axe"] = broken_rules(browser, base, name)
            rows[name] = {**row, **(lighthouse(base, name, args.runs) if scores else {})}
            print(name, rows[name], flush=True)
    table(rows)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return any(bad(column, value) for row in rows.values() for column, value in row.items())


if __name__ == "__main__":
    sys.exit(main())
