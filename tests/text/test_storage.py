"""A model in a file: the same numbers come back, whatever the words are."""

import io
import os
import struct
import sys
import tracemalloc
import zipfile

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


# ---- files from elsewhere


def in_little_memory(path, most=20e6, **more):
    """`load` ends in a ValueError of one line and never holds more than `most` bytes."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError) as error:
            load(path, **more)
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()
    assert str(path) in str(error.value) and "\n" not in str(error.value)
    return str(error.value)


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path, members, how=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def head(shape, descr="<f4"):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"shape": shape, "fortran_order": False, "descr": descr}
    )
    return file.getvalue()


@pytest.mark.parametrize(
    "shape",
    [(10**9, 10**9), (2**62, 4), (2**31, 2**31, 2), (0, 10**15), (10**12,), (-4, -(10**9)), ()],
)
@pytest.mark.parametrize("name", ["embedding.W", "rnn.b", "json"])
def test_a_small_file_that_announces_a_huge_array(saved, shape, name):
    parts = members(saved[0])
    parts[f"{name}.npy"] = head(shape, "|u1" if name == "json" else "<f4") + b"\0" * 16
    pack(saved[0], parts)
    assert saved[0].stat().st_size < 4000
    in_little_memory(saved[0], 1e6)


@pytest.mark.parametrize("descr", ["|O", "<i8", "<c8", "|S9", "<U9", "<M8[s]", "|b1", "<f16"])
def test_an_array_of_something_else_than_numbers(saved, descr):
    parts = members(saved[0])
    parts["rnn.b.npy"] = head((2,), descr) + b"\0" * 2 * np.dtype(descr).itemsize
    pack(saved[0], parts)
    in_little_memory(saved[0], 1e6)


@pytest.mark.parametrize("name", ["embedding.W", "json", "extra"])
def test_a_zip_bomb_is_not_unpacked(saved, name):
    parts = members(saved[0])
    parts[f"{name}.npy"] = head((60_000_000,), "|u1") + b"\0" * 60_000_000
    pack(saved[0], parts, zipfile.ZIP_DEFLATED)
    assert saved[0].stat().st_size < 100_000
    assert "compressed" in in_little_memory(saved[0], 1e6)


def test_members_that_lie_about_their_size(saved):
    data = bytearray(saved[0].read_bytes())
    with zipfile.ZipFile(saved[0]) as archive:
        info = archive.getinfo("embedding.W.npy")
    for at in (data.find(struct.pack("<L", info.CRC), data.rfind(b"embedding.W.npy") - 46),):
        data[at + 4 : at + 12] = struct.pack("<LL", 2**31, 2**31)  # in the table of contents
    saved[0].write_bytes(data)
    in_little_memory(saved[0], 1e6)


def test_two_members_of_one_name(saved):
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(saved[0], "a") as archive:
        archive.writestr("rnn.b.npy", head((2,), "<f8") + b"\0" * 16)
    assert "two arrays" in in_little_memory(saved[0])


def test_a_file_that_is_too_large_is_not_read(saved):
    os.truncate(saved[0], 10**12)  # a hole: it takes no room
    assert "more than" in in_little_memory(saved[0], 1e6)
    os.truncate(saved[0], 10**6)
    assert "more than 1,000" in in_little_memory(saved[0], 1e6, largest=1000)


@pytest.mark.parametrize(
    "words", ["[" * 100_000, '{"a":' * 50_000, "1" * 10_000, "NaN", '"\\ud800"']
)
def test_words_that_json_cannot_stand(saved, words):
    for told in (words, f'{{"format": 1, "tokens": {words}, "about": {{}}}}'):
        spoil(saved[0], json=as_json(told))
        in_little_memory(saved[0])


@pytest.mark.parametrize(
    "tokens", ["[1, 2, 3]", '"abc"', "[[], [], []]", '["a", "a", "b"]', "null"]
)
def test_a_vocabulary_that_is_none(saved, tokens):
    spoil(saved[0], json=as_json(f'{{"format": 1, "tokens": {tokens}, "about": {{}}}}'))
    in_little_memory(saved[0])


@pytest.mark.parametrize("path", [0, 10**6, None, 1.5, ["a.npz"], "a\0.npz", ""])
def test_what_is_no_path(path):
    with pytest.raises(ValueError, match="not a saved model|no file"):
        load(path)


def test_a_folder_a_pipe_and_a_device(tmp_path):
    in_little_memory(tmp_path)
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe.npz")  # nobody writes into it: opening it must not wait
        in_little_memory(tmp_path / "pipe.npz")
        in_little_memory("/dev/zero")


@pytest.mark.parametrize("seed", range(0, 400, 40))
def test_a_file_with_a_few_wrong_bytes_is_a_model_or_an_error(saved, seed):
    """Bytes changed, cut out, doubled or put in; in every other file the zip itself is sound."""
    path, model = saved
    whole = path.read_bytes()
    for number in range(seed, seed + 40):
        rng = np.random.default_rng(number)
        if number % 2:
            path.write_bytes(whole)
            parts = members(path)
            name = rng.choice(sorted(parts))
            parts[name] = bytes(changed(bytearray(parts[name]), rng))
            pack(path, parts)
        else:
            path.write_bytes(changed(bytearray(whole), rng))
        tracemalloc.start()
        why = outcome(path, model)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2e6 and "\n" not in why and (not why or str(path) in why), number


def outcome(path, model):
    """Why a file does not load, or nothing if it is a sound model of the same size."""
    try:
        again, vocab, _ = load(path)
    except ValueError as error:
        return str(error)
    assert len(vocab) == again.vocab_size == model.vocab_size
    assert all(np.isfinite(p).all() for p in again.params.values())
    return ""


def changed(data, rng):
    for _ in range(rng.integers(1, 6)):
        at, length = rng.integers(len(data)), rng.integers(1, 9)
        kind = rng.integers(5)
        if kind == 0:
            data[at : at + length] = rng.bytes(length)
        elif kind == 1:
            del data[at : at + length]
        elif kind == 2:
            data[at:at] = data[at : at + length]
        elif kind == 3:
            data[at] ^= 1 << rng.integers(8)
        else:
            data[at : at + 4] = struct.pack("<L", rng.choice([0, 2**31, 2**32 - 1]))
    return data or bytearray(b"x")
