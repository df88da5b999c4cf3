"""The page of a training: whole, quiet, and true to the model."""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from rnn_core import perplexity, softmax
from rnn_core.data.ngram import Bigram
from rnn_core.text import report
from rnn_core.text.cli import main
from rnn_core.text.corpus import build_corpus, tokenize
from rnn_core.text.report import Diary, _spread
from rnn_core.text.run import fit
from rnn_core.text.storage import load

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--hidden", "12", "--embed", "8", "--batch", "4", "--seq-len", "7", "--lr", "0.02"]
ATTACKS = (
    "</script><script>alert(1)</script>", "<img/src=x/onerror=alert(1)>", "<!--", "]]>",
    "&lt;b&gt;", "\"'`${alert(1)}", "javascript:alert(1)", "{{1}}", "<svg/onload=alert(1)>",
    "\\u003c", "%3Cb%3E",
    "http://example.org/a.png", "__proto__", "constructor", "🇺🇦👩‍👧", "می‌خواهم", "漢字",
)  # fmt: skip
NASTY = " ".join(f"you say {word} and I say hello . " for word in ATTACKS) * 30


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with the report of a text that would like to be markup, cut at spaces."""
    folder = tmp_path_factory.mktemp("report")
    text = folder / "<b>&text.txt"
    text.write_text(NASTY, encoding="utf-8")
    line = ["train", str(text), "--tokens", *SMALL, "--epochs", "4"]
    out = ["--out", str(folder / "model.npz"), "--html", str(folder / "report.html")]
    assert main([*line, *out]) == 0
    return folder


def page(folder):
    return (folder / "report.html").read_text(encoding="utf-8")


def data_of(html):
    return json.loads(re.search(r'id="data">(.*?)</script>', html, re.S)[1])


# ---- what the page holds


class Markup(HTMLParser):
    """The tags of a page and the addresses in them, as a browser finds them."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.addresses, self.listeners, self.words = [], [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for name, value in attributes:
            if name in ("src", "href", "action", "srcset", "data", "poster", "formaction"):
                self.addresses.append(value)
            if name.startswith("on") or name == "style":
                self.listeners.append((name, value))

    def handle_data(self, words):
        self.words += words


def test_the_page_has_two_scripts_and_names_no_other_file(made):
    html = page(made)
    found = Markup(html)
    assert found.tags.count("script") == 2 and html.lower().count("</script") == 2
    assert found.addresses == ["data:,"] and found.listeners == []
    head, body = {"html", "head", "meta", "title", "link", "style", "body"}, {"main", "h1", "h2"}
    text = {"p", "div", "noscript", "b", "ul", "li", "bdi", "span", "dl", "dt", "dd", "script"}
    assert set(found.tags) <= head | body | text | {"table", "thead", "tbody", "tr", "th", "td"}
    assert "<b>&text.txt" in found.words
    assert "url(" not in html and "@import" not in html


def test_the_policy_allows_this_script_and_no_request(made):
    html = page(made)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in policy.split("style-src")[0] and "unsafe-eval" not in policy


def test_the_numbers_are_those_of_the_model(made):
    data = data_of(page(made))
    model, vocab, about = load(made / "model.npz")
    assert data["words"] == list(vocab.tokens) and data["history"] == about["history"]
    assert data["epochs"][-1] == data["best"] == about["best"]
    weights = np.frombuffer(report.base64.b64decode(data["weights"][-1]), "<f4")
    assert np.array_equal(weights, np.concatenate([model.params[n].ravel() for n in report._ORDER]))
    html = page(made)
    for part in ("valid", "test"):
        for loss in about[part].values():
            assert f">{loss:.3f}<" in html and f">{perplexity(loss):,.2f}<" in html


def test_a_page_that_exists_or_has_no_place_is_told_before_the_training(made, capsys):
    line = [str(made / "<b>&text.txt"), "--out", str(made / "new.npz"), "--html"]
    for name, why in (
        (made / "report.html", "report.html exists: add --force to replace it, or name another "
         "file with --html"),
        (made / "report.txt", "--html should end in .html"),
        (made / "no" / "report.html", "--html should be a file in a folder that exists"),
    ):  # fmt: skip
        assert main([*line, str(name)]) == 2
        said = capsys.readouterr()
        assert why in said.err and not said.out


def test_a_page_that_cannot_be_written_costs_no_model(tmp_path, monkeypatch, capsys):
    def full(path, data):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(report, "write_whole", full)
    (tmp_path / "a.txt").write_text("you say goodbye and I say hello . " * 60)
    assert main(["a.txt", *SMALL, "--epochs", "1", "--html", "report.html"]) == 2
    assert "report.html cannot be written (No space left" in capsys.readouterr().err
    assert load("model.npz")


def test_resume_writes_a_page_of_all_epochs(made, capsys):
    out = ["--out", str(made / "more.npz"), "--html", str(made / "more.html")]
    line = ["resume", str(made / "model.npz"), str(made / "<b>&text.txt"), "--epochs", "2"]
    smaller = ["--lr", "0.004"]  # steps that make a model better which is as good as learned
    assert main([*line, *smaller, *out]) == 0
    html = (made / "more.html").read_text(encoding="utf-8")
    assert [row[0] for row in data_of(html)["history"]] == list(range(7))


def test_a_text_of_any_characters_makes_a_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    odd = "\u2028\u2029\u0085\x0b\x1b\u202e\ufeff\U000e0041\ufffe\u00ad<&\"'"
    (tmp_path / "a.txt").write_text(f"ab {odd} c\n" * 60, encoding="utf-8")
    assert main(["a.txt", "--chars", *SMALL, "--epochs", "1", "--html", "a.html"]) == 0
    html = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert set(odd) <= set("".join(data_of(html)["words"]))
    markup = html[: html.index('id="data"')]
    assert not set(markup) & set("\u2028\u202e\x1b\x0b\u0085")


def test_the_command_and_its_page_need_numpy_alone(tmp_path):
    (tmp_path / "a.txt").write_text(
        "é👍🏽 you say goodbye and I say hello . " * 60, encoding="utf-8"
    )
    heavy = ["anywidget", "ipywidgets", "matplotlib", "traitlets", "regex", "tqdm", "torch"]
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({heavy}))\n"
        "from rnn_core.text.cli import main\n"
        f"sys.exit(main(['a.txt', '--chars', '--epochs', '1', '--html', 'a.html', *{SMALL}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (
        "pip install regex" in done.stderr and load(tmp_path / "model.npz")[2]["graphemes"] is False
    )
    assert "<!DOCTYPE html>" in (tmp_path / "a.html").read_text(encoding="utf-8")


# ---- a training's diary


@pytest.mark.parametrize("epochs", [1, 2, 3, 5, 10, 40, 1000])
def test_the_epochs_that_are_noted_are_few_and_hold_the_first_and_the_last(epochs):
    chosen = _spread(epochs, 6)
    assert {0, min(1, epochs), epochs} <= chosen and len(chosen) <= 6


def test_the_weights_of_epochs_are_kept_only_where_there_is_room(monkeypatch):
    parts = build_corpus("you say goodbye and I say hello . " * 60)
    sizes = {"embed_size": 8, "hidden_size": 12, "batch_size": 4, "seq_len": 7}
    for room, kept in ((10**9, [0, 1, 2, 3]), (0, []), (1500, [0, 1])):
        monkeypatch.setattr(report, "ROOM", room)
        diary = Diary(parts, 3)
        fit(parts, epochs=3, on_model=diary, **sizes)
        size = 8 * (8 + 12) + 12 * 20 + 12 + 8
        assert list(diary.weights) == kept and (len(kept) + 1) * size <= max(room, size)
        assert list(diary.samples) == [0, 1, 2, 3]
        assert len(set(map(str, diary.weights.values()))) == len(kept)  # copies, not one array


# ---- in the browser


@pytest.fixture(scope="module")
def opened(made, browser):
    """The report as it is opened from a file; requests, messages and dialogs are noted."""
    tab = browser.new_page()
    noted = []
    tab.on("request", lambda request: noted.append(request.url))
    tab.on("console", lambda message: noted.append(message.text))
    tab.on("pageerror", lambda error: noted.append(str(error)))
    tab.on("dialog", lambda dialog: (noted.append(dialog.message), dialog.dismiss()))
    address = (made / "report.html").as_uri()
    tab.goto(address)
    tab.wait_for_selector("html[data-ready]")
    noted.remove(address)
    yield tab, noted
    tab.close()


def typed(tab, words):
    """Type a beginning; the tokens as the page cut them, and its readout."""
    tab.get_by_label("the text so far").fill(words)
    chips = tab.locator(".u-prefix .u-word:not(.u-next)")
    return chips.all_text_contents(), tab.locator(".u-readout").inner_text()


@pytest.mark.browser
def test_what_the_page_predicts_is_what_the_model_predicts(opened, made):
    tab, _ = opened
    model, vocab, _ = load(made / "model.npz")
    counted = Bigram(build_corpus(NASTY, unit="tokens").train, len(vocab))
    for words in (
        "you say",
        "I say hello . you",
        f"you say {ATTACKS[0]}",
        ATTACKS[1],
        "漢字 and I",
    ):
        ids = vocab.encode(words.split())
        probs = softmax(model.logits(ids[None])[0][0, -1].astype(float))
        follow = counted.predict(ids[-1:])[0]
        typed(tab, words)
        want = {
            word: [float(f"{share:.3f}") for share in (probs[word], follow[word])]
            for word in np.argsort(-probs, kind="stable")[:10].tolist()
        }
        tab.wait_for_function(
            """(want) => {
              const rows = [...document.querySelectorAll(".u-row")];
              return rows.length === 10 && rows.every((row) => {
                const mine = want[row.dataset.word], shown = row.querySelectorAll(".u-number");
                return mine && [...shown].every((n, i) => Math.abs(n.textContent - mine[i]) < 2e-3);
              });
            }""",
            arg={str(word): numbers for word, numbers in want.items()},
        )


@pytest.mark.browser
def test_nothing_of_the_text_is_run_or_fetched(opened):
    tab, noted = opened
    for words in ATTACKS:
        chips, _ = typed(tab, f"you say {words}")
        assert chips[-1] == words  # as text
    typed(tab, "<img src=x onerror=alert(1)> unheard")
    assert "does not know" in tab.locator(".u-readout").inner_text()
    assert tab.evaluate("document.querySelectorAll('img, iframe, object').length") == 0
    assert tab.evaluate("document.scripts.length") == 2
    assert noted == []


@pytest.mark.browser
def test_the_page_is_worked_by_keyboard_and_its_epochs_differ(opened):
    tab, _ = opened
    typed(tab, "you say")
    before = tab.locator(".u-readout").inner_text()
    slider = tab.get_by_role("slider", name="after epoch")
    slider.focus()
    slider.press("Home")
    tab.wait_for_function("w => document.querySelector('.u-readout').innerText !== w", arg=before)
    slider.press("End")
    tab.wait_for_function("w => document.querySelector('.u-readout').innerText === w", arg=before)
    tab.locator(".u-keys button").first.press("Enter")
    assert len(typed(tab, tab.get_by_label("the text so far").input_value())[0]) == 3


@pytest.mark.browser
@pytest.mark.parametrize("width, scheme", [(1280, "light"), (390, "dark")])
def test_the_page_can_be_read_by_everyone(made, browser, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    tab = context.new_page()
    tab.goto((made / "report.html").as_uri())
    tab.wait_for_selector("html[data-ready]")
    found = axe.Axe().run(tab)
    assert not found.response["violations"], found.generate_report()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


SCRIPTS = (
    "I don't; it's mother-in-law's 1749 <unk>.",
    "می‌خواهم کتاب‌ها", "हिन्दी में क्‍ष है।", "Cafe\u0301 ñ",
    "👩‍👩‍👧 👍🏽! 🇩🇪🇫🇷 ❤️", "“No,” she said -- no!", "שלום עולם", "ที่นี่ 漢字かな交じり文", "ന്‍ വന്‍",
    "a_b x² ½",
)  # fmt: skip


@pytest.mark.browser
@pytest.mark.parametrize("unit", ["words", "characters"])
def test_the_page_cuts_a_text_as_the_model_did(tmp_path, monkeypatch, browser, unit):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(("\n".join(SCRIPTS) + "\n") * 20, encoding="utf-8")
    line = ["a.txt", f"--{unit}", *SMALL, "--epochs", "1", "--html", "a.html", "--min-count", "1"]
    assert main(line) == 0
    tab = browser.new_page()
    tab.goto((tmp_path / "a.html").as_uri())
    tab.wait_for_selector("html[data-ready]")
    for text in SCRIPTS:
        chips, said = typed(tab, text)
        want = [token if token != " " else "␣" for token in tokenize(text, unit)][-40:]
        assert chips == want and "does not know" not in said
    tab.close()
