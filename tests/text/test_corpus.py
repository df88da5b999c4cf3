"""A text from anywhere: cut, split and numbered without losing or leaking a token."""

import re
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.text import advice, corpus
from rnn_core.text.corpus import build_corpus, join, tokenize

# letters, marks, right-to-left, emoji joined from parts, odd white space: what people type
unicode = st.text(max_size=80) | st.text(
    "aé\u0301ñ漢字हिन्दी שלום👩‍👧\u00a0\u2028\x1c\t\n'’-_<>&.,!", max_size=80
)


# ---- cutting


@pytest.mark.parametrize(
    "text, want",
    [
        ("you say goodbye", ["you", "say", "goodbye"]),
        ("I don't; it's mother-in-law.", ["I", "don't", ";", "it's", "mother-in-law", "."]),
        ("“No,” she said -- no!", ["“", "No", ",", "”", "she", "said", "-", "-", "no", "!"]),
        ("the <unk> of 1749", ["the", "<unk>", "of", "1749"]),
        ("Cafe\u0301 au lait", ["Cafe\u0301", "au", "lait"]),  # an accent as a letter of its own
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("می\u200cخواهم کتاب\u200cها", ["می\u200cخواهم", "کتاب\u200cها"]),  # Persian: ZWNJ
        ("क्\u200dष न्\u200d वन", ["क्\u200dष", "न्\u200d", "वन"]),  # ZWJ inside, ZWJ at the end
        (
            "ok👩\u200d👧 👍🏽! 🇩🇪🇫🇷 ❤\ufe0f",
            ["ok", "👩\u200d👧", "👍🏽", "!", "🇩🇪", "🇫🇷", "❤\ufe0f"],
        ),
        ("  \n\t ", []),
    ],
)
def test_words(text, want):
    assert tokenize(text) == want


def test_a_text_already_cut_ends_each_line_with_eos():
    text = " no it was n't black monday \n but <unk> N \n"
    want = ["no", "it", "was", "n't", "black", "monday", "<eos>", "but", "<unk>", "N", "<eos>"]
    assert tokenize(text, "tokens") == want


@given(unicode)
def test_words_lose_nothing_but_white_space(text):
    words = tokenize(text)
    assert "".join(words) == "".join(text.split())
    assert all(word and not any(c.isspace() for c in word) for word in words)


@given(unicode)
def test_characters_lose_nothing(text):
    assert join(tokenize(text, "characters"), "characters") == text


WHOLE = [
    "👩\u200d👩\u200d👧\u200d👦",
    "👍🏽",
    "🇺🇦",
    "e\u0301",
    "ที่",
    "हि",
    "🏴\U000e0067\U000e0062\U000e007f",
    "❤\ufe0f",
    "한",
]


@given(st.lists(st.sampled_from([*WHOLE, "a", " ", "\n", "漢", "\u00a0", "\u3000"]), max_size=30))
def test_what_is_shown_as_one_character_is_one_token(pieces):
    text = "".join(pieces)
    assert tokenize(text, "characters", graphemes=True) == pieces
    assert tokenize(text, "characters", graphemes=False) == list(text)


@given(unicode, st.booleans())
def test_characters_of_either_kind_lose_nothing(text, graphemes):
    assert "".join(tokenize(text, "characters", graphemes)) == text


def test_without_the_package_regex_characters_are_code_points(monkeypatch):
    assert len(tokenize("👍🏽", "characters")) == 1
    monkeypatch.setitem(sys.modules, "regex", None)
    monkeypatch.setattr(corpus, "graphemes_known", lambda: False)
    assert len(tokenize("👍🏽", "characters")) == 2
    with pytest.raises(ValueError, match="pip install regex"):
        tokenize("👍🏽", "characters", graphemes=True)


@given(unicode)
def test_no_word_is_cut_at_a_joiner_between_letters(text):
    whole = tokenize("ab\u200cc" + text + " " + text + "d\u200de")
    assert any("ab\u200cc" in word for word in whole)
    assert any("d\u200de" in word for word in whole)


@given(unicode)
def test_the_order_of_any_words_survives_a_join(text):
    words = tokenize(text)
    assert "".join(join(words).split()) == "".join(words)


def test_a_sample_of_words_looks_like_a_text():
    text = "“You (not I) say goodbye,” he said; and I, hello!"
    assert join(tokenize(text)) == text
    assert join(tokenize("هل قال؟ نعم، قال؛ यह ठीक है।")) == "هل قال؟ نعم، قال؛ यह ठीक है।"


def test_an_unknown_unit_is_an_error():
    with pytest.raises(ValueError, match="one of words, characters, tokens"):
        tokenize("you say", "letters")


# ---- splitting and numbering


@given(unicode, st.sampled_from(["words", "characters"]), st.integers(2, 30))
def test_any_unicode_text_becomes_a_corpus(text, unit, max_size):
    text = (text + " a b ") * 50
    parts = build_corpus(text, unit=unit, max_size=max_size)
    assert len(parts.vocab) <= max_size
    tokens = tokenize(text, unit)
    assert sum(len(part) for part in (parts.train, parts.valid, parts.test)) == len(tokens)
    back = [
        token for p in (parts.train, parts.valid, parts.test) for token in parts.vocab.decode(p)
    ]
    assert all(b in (t, "<unk>") for b, t in zip(back, tokens, strict=True))  # in order, none lost


def test_the_vocabulary_knows_the_training_part_alone():
    parts = build_corpus("old " * 80 + "new " * 20)
    assert parts.vocab.tokens == ("old", "<unk>")
    assert parts.unknown(parts.train) == 0
    assert parts.unknown(parts.valid) == parts.unknown(parts.test) == 1


def test_a_word_seen_once_teaches_the_model_what_unknown_is():
    parts = build_corpus("once " + "more " * 99)
    assert parts.vocab.decode(parts.train[:2]) == ["<unk>", "more"]
    assert "once" in build_corpus("once " + "more " * 99, min_count=1).vocab


def test_parts_of_their_own_are_not_cut_from_the_text():
    whole, other = "a b " * 50, "c d " * 20
    parts = build_corpus(whole, valid=other)
    assert (len(parts.train), len(parts.valid), len(parts.test)) == (90, 40, 10)
    parts = build_corpus(whole, valid=other, test=other)
    assert (len(parts.train), len(parts.valid), len(parts.test)) == (100, 40, 40)


@pytest.mark.parametrize("parts, name", [({}, "test"), ({"valid": "a b"}, "valid")])
def test_a_text_that_is_too_short_says_which_part(parts, name):
    with pytest.raises(ValueError, match=f"its {name} part has 2 words, at least 10 are needed"):
        build_corpus("you say goodbye and I say hello " * 3 + "you say", **parts)


# ---- what is said of a corpus before it is used

SENTENCES = {
    "zh": ("我们今天早上去市场买了很多新鲜的水果。他昨天晚上没有回家吃饭，大家都很担心。", True),
    "ja": ("今日は朝から市場へ行って新鮮な果物をたくさん買いました。", True),
    "th": ("วันนี้ฉันไปตลาดตอนเช้าเพื่อซื้อผลไม้สดมากมาย ", True),
    "my": ("ဒီနေ့မနက်စျေးသို့သွားပြီးသစ်သီးများဝယ်ခဲ့သည်။ ", True),
    "zh, cut": ("我们 今天 早上 去 市场 买 了 很多 新鲜 的 水果 。 ", False),
    "ko": ("오늘 아침에 시장에 가서 신선한 과일을 많이 샀습니다. ", False),
    "hi": ("आज सुबह मैं बाज़ार गया और बहुत सारे ताज़े फल ख़रीदे। ", False),
    "ar": ("ذهبت هذا الصباح إلى السوق واشتريت الكثير من الفواكه الطازجة. ", False),
    "en": ("This morning I went to the market and bought a lot of fresh fruit (水果). ", False),
    "el": ("Σήμερα το πρωί πήγα στην αγορά και αγόρασα πολλά φρέσκα φρούτα. ", False),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_a_script_without_spaces_is_pointed_to_characters(name):
    text, want = SENTENCES[name][0] * 150, SENTENCES[name][1]
    assert advice.spaceless(text) is want
    for unit in ("words", "characters"):
        said = " ".join(advice.before(build_corpus(text, unit=unit), text, True, 10_000, 2))
        assert ("no spaces between words" in said) is (want and unit == "words")
        assert want is False or unit == "characters" or "--characters" in said


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_many_unknown_words_are_told(share):
    rng = np.random.default_rng(0)
    words = [f"new{i}" if rng.random() < share else "old" for i in range(4000)]
    text = " ".join(words)
    said = advice.before(build_corpus(text), text, True, 10_000, 2)
    assert bool(said) is (share > 0.1)
    assert not said or (
        re.match(r"(1[89]|2[0-4])% of the words", said[0])
        and "--min-count 1" in said[0] and "--max-vocab" not in said[0]
    )  # fmt: skip
    said = advice.before(build_corpus(text, min_count=1, max_size=20), text, True, 20, 1)
    assert bool(said) is (share > 0.1) and (not said or "--max-vocab" in said[0])


@pytest.mark.parametrize(
    "text, want",
    [("e\u0301a", True), ("👩\u200d👧", True), ("👍🏽", True), ("🇺🇦", True), ("éa 漢 👍", False)],
)
def test_a_note_where_regex_would_make_a_difference(text, want):
    parts = build_corpus(text * 60, unit="characters", graphemes=False)
    said = advice.before(parts, text, False, 10_000, 1)
    assert any("pip install regex" in line for line in said) is want
    assert not advice.before(parts, text, True, 10_000, 1)


def test_ids_are_whole_numbers_below_the_size_of_the_vocabulary():
    parts = build_corpus("you say goodbye and I say hello " * 30)
    for ids in (parts.train, parts.valid, parts.test):
        assert ids.dtype == np.int64
        assert ids.min() >= 0 and ids.max() < len(parts.vocab)
