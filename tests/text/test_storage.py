"""A model in a file: the same numbers come back, whatever the words are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core import RNNLM, Vocabulary
from rnn_core.text.storage import load, save

anything = st.text(st.characters(), max_size=4)  # surrogates and zeros too


@settings(max_examples=25)
@given(st.lists(anything, min_size=1, max_size=8, unique=True), st.sampled_from(["f4", "f8"]))
def test_any_words_and_weights_come_back_to_the_bit(tmp_path_factory, tokens, dtype):
    path = tmp_path_factory.mktemp("models") / "a.npz"
    model = RNNLM.init(len(tokens), 2, 3, np.random.default_rng(0), dtype)
    save(path, model, Vocabulary(tokens), unit="words", loss=0.1)
    again, vocab, about = load(path)
    assert vocab.tokens == tuple(tokens)
    assert about == {"unit": "words", "loss": 0.1}
    assert again.dtype == model.dtype
    for name, p in model.params.items():
        assert (again.params[name] == p).all()
    ids = np.arange(len(tokens))[None]
    assert (again.logits(ids)[0] == model.logits(ids)[0]).all()


@pytest.fixture
def saved(tmp_path):
    model = RNNLM.init(3, 2, 2, np.random.default_rng(0))
    save(tmp_path / "a.npz", model, Vocabulary("abc"))
    return tmp_path / "a.npz", model


def test_the_file_can_be_read_without_pickle(saved):
    with np.load(saved[0], allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)


def test_a_pickle_is_not_opened(tmp_path):
    np.savez(tmp_path / "a.npz", json=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="not a saved model"):
        load(tmp_path / "a.npz")


def spoil(path, **arrays):
    with np.load(path) as file:
        np.savez(path, **{**{name: file[name] for name in file.files}, **arrays})


def as_json(text):
    return np.frombuffer(text.encode(), np.uint8)


@pytest.mark.parametrize(
    "arrays, why",
    [
        ({"json": as_json("{}")}, "not a saved model"),
        ({"json": as_json("[1]")}, "not a saved model"),
        ({"json": as_json('{"format": 1, "tokens": ["a"], "about": {}}')}, "1 tokens, V=3"),
        ({"json": as_json('{"format": 9, "tokens": ["a"], "about": {}}')}, "format 9, not 1"),
        ({"rnn.W_h": np.zeros((5, 5))}, "W_h should have shape"),
        ({"rnn.b": np.array([np.nan, 0])}, "finite"),
    ],
)
def test_a_file_that_was_changed_is_an_error(saved, arrays, why):
    spoil(saved[0], **arrays)
    with pytest.raises(ValueError, match=why):
        load(saved[0])


@pytest.mark.parametrize("cut", [0, 10, 500, -30])
def test_half_a_file_is_an_error(saved, cut):
    path = saved[0]
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ValueError, match="not a saved model"):
        load(path)


def test_no_file(tmp_path):
    with pytest.raises(ValueError, match="there is no file"):
        load(tmp_path / "a.npz")


def test_a_vocabulary_of_another_model_is_not_saved(saved, tmp_path):
    with pytest.raises(ValueError, match="V=3 tokens, got 2"):
        save(tmp_path / "b.npz", saved[1], Vocabulary("ab"))
    with pytest.raises(ValueError, match="end in .npz"):
        save(tmp_path / "b.txt", saved[1], Vocabulary("abc"))
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


def test_a_zip_of_a_version_to_come_is_not_a_saved_model(tmp_path):
    path = tmp_path / "model.npz"
    np.savez(path, x=np.ones(1))
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 6] = 255  # the version needed to read it
    path.write_bytes(data)
    with pytest.raises(ValueError, match="not a saved model"):
        load(path)
