"""The page that tells of the treebank's size says what was measured."""

import json
from pathlib import Path

from rnn_core import perplexity
from rnn_core.text.options import PRESETS, parse

ROOT = Path(__file__).resolve().parents[2]
STORED = json.loads((ROOT / "tools" / "like_ptb.json").read_text(encoding="utf-8"))
PAGE = " ".join((ROOT / "book" / "running.md").read_text(encoding="utf-8").split())


def test_the_page_tells_the_stored_numbers():
    test = {name: perplexity(loss) for name, loss in STORED["test"].items()}
    counting = min((name for name in test if name.endswith("gram")), key=test.get)
    for words in (
        f"needed {STORED['memory, MB']:.0f} MB of memory",
        f"fifth epoch, after {STORED['minutes of one core']:.0f} minutes of one core",
        f"Its test perplexity was {test['RNN']:.0f}.",
        f"the {counting}, has {test[counting]:.0f}, and the floor is {STORED['floor']:.0f}",
    ):
        assert words in PAGE, words
    assert STORED["floor"] < test["RNN"]


def test_the_stored_numbers_are_of_the_preset_and_the_page_names_it():
    usual = vars(parse(["a.txt"]))
    for name, value in PRESETS["ptb"].items():
        assert STORED["options"][name] == value
        if name == "unit":
            assert f"--{value}" in PAGE
        elif value != usual[name]:
            assert f"--{name.replace('_', '-')} {value}" in PAGE
    assert STORED["tokens"] == [929_589, 73_760, 82_430]
