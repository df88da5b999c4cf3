"""Nothing dead: what looks operable is operated, and something that a person sees has to change.

With a finger at 390 px and with a mouse and keys at 1280 px; each kind of control of a page
(tests/support/controls.py) once at each width.  The chapters are not among them: what they add is
figures and editors, which tests/figures and test_engine*.py operate.  All links are looked up.
"""

import pytest

from tests.support.controls import ChromiumHands, dead_links, operate
from tests.support.site import open_page

PAGES = [
    *("book/welcome", "book/running", "book/api", "book/speed"),
    *("book/teaching", "book/notation", "book/glossary", "book/bibliography"),
    *("genindex", "search", "404"),
]

# One dead thing of each sort, each beside a living one.
DEAD = """<!doctype html><html lang="en"><title>Dead and alive</title>
<style>
  body { margin: 20px; } p, aside { margin: 12px 0; }
  .hidden { display: none; } .pointer { cursor: pointer; } .lid { position: relative; display: inline-block; }
  .lid i { position: absolute; inset: 0; background: rgb(250, 250, 250); }
  button:hover, a:hover { color: red; } button:focus { background: yellow; } button:active { color: blue; }
</style>
<p><button class="menu hidden">Menu</button><aside class="b"><button class="menu" id="dead-button">Menu</button></aside>
   <button id="button">Count</button></p>
<p><a href="#nowhere" id="dead-anchor">a place that is missing</a> <a href="#end" id="anchor">the end</a></p>
<p><a href="nowhere.html" id="dead-page">a page that is missing</a></p>
<p><aside class="a0"><input type="range" id="dead-slider" aria-label="dead"></aside> <input type="range" id="slider" aria-label="alive"></p>
<p><aside class="a1"><input type="checkbox" id="dead-box" aria-label="dead"></aside> <input type="checkbox" id="box" aria-label="alive"></p>
<p><aside class="c"><span class="pointer" id="dead-pointer">looks like a button</span></aside> <span class="pointer" id="pointer">is one</span></p>
<p><span class="lid"><button id="covered">Covered</button><i></i></span></p>
<p><aside class="d"><span role="button" tabindex="0" id="dead-role">Role without a script</span></aside></p>
<p><aside class="a2"><input id="dead-field" readonly aria-label="dead"></aside> <input id="field" aria-label="alive"></p>
<p><span tabindex="0" id="dead-stop">a stop of the keyboard, for nothing</span></p>
<p><button disabled>Says that it is disabled</button> <button aria-disabled="true">So does this</button></p>
<p><aside class="f"><button id="dead-told">Dead, with a word beside it</button></aside></p>
<details><summary id="summary">More</summary><aside class="e"><button id="dead-inside">Dead, inside</button></aside></details>
<p id="said">0</p><p id="end">The end.</p>
<script>
  const said = document.getElementById("said"), count = () => { said.textContent = Number(said.textContent) + 1; };
  document.querySelector(".menu").addEventListener("click", count); // the first one: nobody sees it
  const told = document.getElementById("dead-told"); // its tooltip comes with the focus and goes with the press
  told.addEventListener("focus", () => { told.insertAdjacentHTML("afterend", '<b role="tooltip">a word</b>'); });
  told.addEventListener("click", () => { told.nextSibling?.remove(); });
  for (const name of ["button", "pointer"]) document.getElementById(name).addEventListener("click", count);
  for (const name of ["slider", "box"]) document.getElementById(name).addEventListener("input", count);
</script></html>"""  # noqa: E501


@pytest.mark.parametrize("touch", [True, False], ids=["finger", "mouse"])
def test_the_net_catches_what_is_dead_and_lets_pass_what_is_alive(browser, tmp_path, touch):
    (tmp_path / "dead.html").write_text(DEAD, encoding="utf-8")
    with open_page(browser, tmp_path, "dead", phone=touch, device_scale_factor=1) as page:
        report = operate(ChromiumHands(page, touch), wait=400, sample=9)
    dead = {words.split()[0].split(":")[0].removeprefix("#") for words in report.dead}
    assert dead == {
        "dead-button", "dead-slider", "dead-box", "dead-pointer", "covered", "dead-role",
        "dead-field", "dead-stop", "dead-inside", "dead-told",
    }  # fmt: skip
    led = {link.split("/")[-1] for link in report.led}
    assert led == {"dead.html#nowhere", "dead.html#end", "nowhere.html"}
    assert dead_links(tmp_path, "dead.html") == [
        "#nowhere: the page has no such place",
        "nowhere.html: there is no such page",
    ]


@pytest.mark.parametrize("touch", [True, False], ids=["finger", "mouse"])
@pytest.mark.parametrize("name", PAGES)
def test_every_control_does_something(browser, site, name, touch):
    context = {"phone": touch, "reduced_motion": "reduce", "device_scale_factor": 1}
    with open_page(browser, site, name, **context) as page:
        hands = ChromiumHands(page, touch)
        report = operate(hands)
    assert report.operated
    assert report.dead == []
    foreign = [link for link in report.led if not link.startswith((site.as_uri(), "https://"))]
    assert foreign == []


def test_every_link_leads_somewhere(site):
    pages = [path.relative_to(site).as_posix() for path in site.rglob("*.html")]
    pages = [page for page in pages if not page.startswith("_static/")]
    dead = {page: wrong for page in pages if (wrong := dead_links(site, page))}
    assert len(pages) > 10
    assert dead == {}
