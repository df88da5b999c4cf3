"""Whatever comes back gives a verdict; another form of what is right is right; a loop ends."""

import datetime
import decimal
import fractions
import itertools
import sys
import threading
import time
import types
import warnings
from collections import OrderedDict, UserList, deque, namedtuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rnn_core import RNNLM, Adam
from rnn_core.checks import check, exercises, sandbox
from rnn_core.checks.answer import Raised, Ran, pack_ran, run, unpack_ran
from rnn_core.checks.judge import judge
from rnn_core.checks.plain import Odd, pack, plain, unpack
from rnn_core.checks.runner import find, library
from rnn_core.checks.verdict import HEADLINES

ALL = exercises()
every_exercise = pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)


def verdict_on(exercise, value):
    """The verdict on an answer that gives this value, whatever it is asked."""
    kept = library(exercise.id, None)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rans = run(exercise, lambda *args: value, kept.cases, 10.0, apart=False)
    sent = [unpack_ran(pack_ran(ran)) for ran in rans]
    one, other = judge(exercise, rans, kept), judge(exercise, sent, kept)
    assert str(one) == str(other)  # what goes over a wire is what came
    return one


def is_said(verdict):
    """A verdict in words, as text and as HTML."""
    assert verdict.kind in HEADLINES
    assert verdict.lines and all(isinstance(line, str) and line.strip() for line in verdict.lines)
    assert len(str(verdict)) < 5000
    assert "<div" in verdict._repr_html_()
    assert "None came came" not in str(verdict)
    return True


# ---- any value


numbers = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(),
    st.text(max_size=8), st.binary(max_size=4), st.dates(), st.fractions(),
    st.decimals(), st.sampled_from([10**400, -(10**400), 1e308, 2**63, ..., NotImplemented, int]),
)  # fmt: skip
arrays = hnp.arrays(
    dtype=st.one_of(hnp.scalar_dtypes(), hnp.unicode_string_dtypes(max_len=3)),
    shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
)
names = st.one_of(
    st.text(max_size=5), st.integers(), st.sampled_from(["W_x", "W_h", "b", "W", "A", "P", "h_0"])
)
values = st.recursive(
    st.one_of(numbers, arrays),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.tuples(inner, inner, inner),
        st.dictionaries(names, inner, max_size=4),
        st.builds(iter, st.lists(inner, max_size=3)),
        st.builds(lambda x: {"W_x": x, "W_h": x, "b": x}, inner),
    ),
    max_leaves=8,
)


@every_exercise
@settings(max_examples=25, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(value=values)
def test_any_value_gives_a_verdict(exercise, value):
    verdict = verdict_on(exercise, value)
    assert is_said(verdict)
    assert not verdict.right


@every_exercise
@settings(max_examples=15, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(value=values, place=st.integers(0, 3))
def test_any_value_in_the_place_of_a_part_gives_a_verdict(exercise, value, place):
    kept = library(exercise.id, None)

    def nearly(*args):
        right = exercise.reference(*args)
        if isinstance(right, dict):
            return {**right, [*right][place % len(right)]: value}
        if isinstance(right, (list, tuple)) and len(right):
            place_in = place % len(right)
            return (*right[:place_in], value, *right[place_in + 1 :])
        return value

    if exercise.once:
        return
    with np.errstate(all="ignore"):
        assert is_said(judge(exercise, run(exercise, nearly, kept.cases, 10.0, apart=False), kept))


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(value=values)
def test_plain_data_comes_over_the_wire_as_it_was(value):
    data = plain(value)
    assert pack(unpack(pack(data))) == pack(data)


@pytest.mark.parametrize("line", [
    b"", b"1", b"[]", b'["list"]', b'["array", "|O", [1], "AAAA"]', b'["array", "<f8", [9], ""]',
    b'["what", 1]', b'["plain", [1]]', b'["list", [["list", 7]]]', b'{"a": 1}', b"\xff",
])  # fmt: skip
def test_bytes_that_were_not_packed_are_refused(line):
    with pytest.raises(ValueError):
        unpack_ran(line)


# ---- values that lie


class Hostile:
    """Every question about it raises."""

    def _no(self, *args, **kwargs):
        raise RuntimeError("no")

    __repr__ = __str__ = __eq__ = __len__ = __iter__ = __getitem__ = __array__ = __float__ = _no
    __bool__ = __hash__ = __getattr__ = __int__ = __index__ = __format__ = __sizeof__ = _no


class Unclassed:
    @property
    def __class__(self):
        raise RuntimeError("no")


class Endless:
    def __len__(self):
        return 3

    def __iter__(self):
        return itertools.repeat(1.0)

    def __getitem__(self, index):
        return 1.0


class EvilList(list):
    def __iter__(self):
        raise RuntimeError("no")

    def __len__(self):
        raise RuntimeError("no")


class EvilText(str):
    def __str__(self):
        raise RuntimeError("no")

    __repr__ = __format__ = __str__


class EvilDict(dict):
    def items(self):
        raise RuntimeError("no")

    __iter__ = keys = values = items


class EvilArray(np.ndarray):
    def __array_finalize__(self, other):
        raise RuntimeError("no")


class Quit(BaseException):
    def __str__(self):
        raise RuntimeError("no")


def recursive():
    inside = []
    inside.append(inside)
    return inside


def deep():
    value = 1.0
    for _ in range(100_000):
        value = [value]
    return value


def objects(*items):
    array = np.empty(len(items), object)
    for i, item in enumerate(items):
        array[i] = item
    return array


HOSTILE = {
    "hostile": Hostile(), "unclassed": Unclassed(), "endless": Endless(),
    "list": EvilList([1, 2]), "text": EvilText("x"), "dict": EvilDict(W_x=1),
    "recursive": recursive(), "deep": deep(), "lazy": (1 / 0 for x in [1]),
    "count": itertools.count(), "enormous": np.broadcast_to(1.0, (10**6, 10**6)),
    "masked": np.ma.array([1.0, 2.0], mask=[1, 0]), "dates": np.array(["2026-01-01"], "M8[D]"),
    "records": np.zeros(2, [("a", float)]), "objects": objects(Hostile(), None),
    "void": np.zeros(2, "V4"), "type": Hostile, "module": types, "lambda": lambda: 1,
    "surrogate": "\ud800", "long": "x" * 10**6, "ragged": [[1.0], [1.0, 2.0]], "set": {1, 2},
    "bytes": b"\x00", "date": datetime.date(2026, 1, 1), "range": range(10**9),
    "huge": 10**5000, "nan": float("nan"), "complex": 1j, "matrix": np.asmatrix(np.eye(2)),
    "exception": ValueError("x"), "generator": (x for x in [1, 2]), "dict keys": {(1, 2): 3},
    "mixed": {"A": ["vanish"], "B": {"x": 1}, "P": None},
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_value_that_lies_gives_a_verdict(name):
    value = HOSTILE[name]
    for exercise in ALL:
        verdict = verdict_on(exercise, value)
        assert is_said(verdict)
        assert not verdict.right


def raises(error):
    def answer(*args):
        raise error

    return answer


def deeper(*args):
    return deeper(*args)


@pytest.mark.parametrize("apart", [False, None])
@pytest.mark.parametrize("answer", [
    raises(KeyboardInterrupt()), raises(SystemExit(3)), raises(GeneratorExit()), raises(Quit()),
    raises(MemoryError()), raises(StopIteration()), raises(RecursionError("x" * 10**6)),
    raises(type("E", (Exception,), {"__str__": lambda self: 1 / 0})()), deeper,
    lambda *args: exec("1 +"), Hostile, print, int, np.linalg.inv, type,
])  # fmt: skip
def test_a_call_that_ends_in_any_way_gives_a_verdict(answer, apart):
    exercise, kept = find("anatomy.step"), library("anatomy.step", None)
    with np.errstate(all="ignore"):
        verdict = judge(exercise, run(exercise, answer, kept.cases, 5.0, apart=apart), kept)
    assert is_said(verdict)
    assert verdict.kind in ("raised", "form")


def test_runs_that_nobody_made_give_a_verdict():
    exercise, kept = find("bptt.clip"), library("bptt.clip", None)
    for rans in (
        [], [Ran()] * 8, [Ran(ended="raised")], [Ran()], [Ran(value=1.0, args=())] * 9,
        [Ran(value=(1, 2), args=(1,) * 5)] * 8, [Ran(value=Odd("x"))] * 7,
        [Ran(ended="raised", raised=Raised(("E",), "", None))],
    ):  # fmt: skip
        assert is_said(judge(exercise, rans, kept))


# ---- right in another form

Pair = namedtuple("Pair", "per_word bits")


def reshaped(id, change):
    exercise = find(id)
    return id, lambda *args: change(exercise.reference(*args))


@pytest.mark.parametrize("id, answer", [
    reshaped("anatomy.count", float),
    reshaped("anatomy.count", lambda n: np.exp(np.log(n))),
    reshaped("anatomy.count", lambda n: np.array([[n]])),
    reshaped("anatomy.count", lambda n: [n]),
    reshaped("anatomy.count", fractions.Fraction),
    reshaped("anatomy.count", decimal.Decimal),
    reshaped("anatomy.count", np.uint32),
    reshaped("truncation.memory", lambda n: n / 3 * 3),
    reshaped("truncation.memory", np.float32),
    reshaped("perplexity.floors", lambda r: (np.exp(np.log(r[0])), *r[1:])),
    reshaped("perplexity.floors", np.array),
    reshaped("perplexity.floors", list),
    reshaped("perplexity.floors", lambda r: [np.array([x]) for x in r]),
    reshaped("perplexity.floors", lambda r: (x for x in r)),
    reshaped("perplexity.per_word", np.array),
    reshaped("perplexity.per_word", lambda r: Pair(*r)),
    reshaped("perplexity.per_word", lambda r: np.array(r)[:, None]),
    reshaped("perplexity.of_words", lambda x: np.array([x], np.float32)),
    reshaped("perplexity.of_words", lambda x: complex(x)),
    reshaped("perplexity.two_models", np.array),
    reshaped("perplexity.two_models", lambda r: [x.tolist() for x in r]),
    reshaped("language.cross_entropy", lambda r: [np.atleast_1d(r[0]), r[1].tolist()]),
    reshaped("language.generate", np.array),
    reshaped("language.generate", lambda words: deque(float(w) for w in words)),
    reshaped("language.same_step", np.longdouble),
    reshaped("anatomy.step", lambda h: h.tolist()),
    reshaped("anatomy.step", lambda h: UserList(h.tolist())),
    reshaped("anatomy.step", lambda h: np.asfortranarray(h)),
    reshaped("anatomy.step", lambda h: h.astype(object)),
    reshaped("anatomy.step", lambda h: h.astype(">f8")),
    reshaped("anatomy.step", lambda h: np.ma.array(h)),
    reshaped("anatomy.step", lambda h: h + 0j),
    reshaped("anatomy.forward", lambda hs: [list(h) for h in hs]),
    reshaped("bptt.cell_backward", lambda r: [r[0], r[1], OrderedDict(r[2])]),
    reshaped("bptt.cell_backward", lambda r: (r[0], r[1], {**r[2], "more": None})),
    reshaped("bptt.clip", lambda r: (types.MappingProxyType(r[0]), [r[1]])),
    reshaped("truncation.batches", lambda blocks: tuple(map(list, blocks))),
    reshaped("truncation.batches", lambda blocks: [(x.astype(float), y) for x, y in blocks]),
    reshaped("truncation.bias", lambda curve: [tuple(row) for row in curve]),
    reshaped("anatomy.to_torch", lambda port: {k: v.astype(np.float32) for k, v in port.items()}),
])  # fmt: skip
def test_a_form_that_loses_nothing_is_right(id, answer):
    kept = library(id, None)
    verdict = judge(find(id), run(find(id), answer, kept.cases, 10.0, apart=False), kept)
    assert verdict.right, verdict


@pytest.mark.parametrize("id, change, name", [
    ("anatomy.step", lambda h: (h, {"x": 1}), "more returned than asked for"),
    ("anatomy.forward", lambda hs: (hs, hs[:, -1]), "more returned than asked for"),
    ("language.cross_entropy", lambda r: (*r, 1.0), "more returned than asked for"),
    ("language.cross_entropy", lambda r: r[::-1], "results exchanged"),
    ("perplexity.two_models", lambda r: r[::-1], "results exchanged"),
    ("perplexity.per_word", lambda r: r[::-1], "results exchanged"),
    ("bptt.clip", lambda r: r[::-1], "results exchanged"),
    ("bptt.backward", lambda r: (r[1], r[0], r[2]), "results exchanged"),
    ("anatomy.step", lambda h: (h,), "packed in a list or a tuple"),
    ("anatomy.forward", lambda hs: {"hs": hs}, "packed in a list or a tuple"),
])  # fmt: skip
def test_the_right_answer_in_another_form_is_told_the_form(id, change, name):
    exercise, kept = find(id), library(id, None)

    def answer(*args):
        return change(exercise.reference(*args))

    verdict = judge(exercise, run(exercise, answer, kept.cases, 10.0, apart=False), kept)
    assert (verdict.kind, verdict.mistakes) == ("form", (name,))
    assert "Asked for: " in str(verdict)


def test_a_dictionary_the_wrong_way_round():
    roles = {"P": "resets", "Q": "skips", "R": "right"}
    assert check("truncation.detective", roles).right
    for turned in ({v: k for k, v in roles.items()}, {v: [k] for k, v in roles.items()}):
        verdict = check("truncation.detective", turned)
        assert verdict.mistakes == ("dictionary the wrong way round",)
    fates = {"explode": ["A", "D"], "vanish": ["B", "C"]}
    assert check("bptt.predict", fates).mistakes == ("dictionary the wrong way round",)


# ---- what was trained


def trained(ids, vocab_size, rng, steps=60):
    model, optimizer = RNNLM.init(vocab_size, 8, 12, rng), Adam(0.1)
    for _ in range(steps):
        _, grads, _ = model.loss_and_grads(ids[None, :-1], ids[None, 1:])
        optimizer.step(model.params, grads)
    return model


def test_a_model_is_judged_by_its_arrays_and_not_by_what_it_says():
    class Boaster(RNNLM):
        def loss(self, *args, **more):
            return 0.0, None

        def logits(self, ids, h_0=None):
            return np.eye(6)[np.roll(np.asarray(ids), -1)] * 99, None

    def boasts(ids, vocab_size, rng):
        return Boaster.init(vocab_size, 8, 12, rng)

    def a_coin_toss_to_the_last_digit(ids, vocab_size, rng):
        model = RNNLM.init(vocab_size, 6, 6, rng)
        p = model.params
        for array in p.values():
            array[:] = 0
        p["embedding.W"][:] = 20 * np.eye(6)
        p["rnn.W_x"][:] = np.eye(6)
        for now, after in itertools.pairwise(ids):
            p["affine.W"][now, after] = 800.0
        return model

    assert not check("language.train_toy", boasts).right
    verdict = check("language.train_toy", a_coin_toss_to_the_last_digit)
    assert verdict.mistakes == ("no memory",)
    for seed in (None, 3, 4):
        assert check("language.train_toy", trained, seed=seed).right


def test_a_training_that_takes_its_time_is_not_called_endless():
    def slow(ids, vocab_size, rng):
        time.sleep(0.5)
        return trained(ids, vocab_size, rng, 300)

    assert find("language.train_toy").seconds == 60
    assert check("language.train_toy", slow).right
    verdict = check("language.train_toy", slow, limit=0.2)
    assert verdict.kind == "hung"
    assert "If it only needs longer" in str(verdict)


# ---- stopped, on every road


def for_ever(*args):
    while True:
        args = args[:]


def deaf(*args):
    while True:
        try:
            args = args[:]
        except BaseException:
            args = ()


def calls(*args):
    def one():
        return 1

    while True:
        one()


# before Python 3.12 the watch is a trace function, and Python drops one that has raised: an answer
# that catches everything outlives it (a browser has 3.14)
WATCHED = [for_ever, calls, *([deaf] if hasattr(sys, "monitoring") else [])]


@pytest.mark.parametrize("answer", WATCHED)
def test_a_loop_is_stopped_where_there_are_neither_signals_nor_threads(answer):
    """As in a browser: the clock is looked at while the loop turns."""
    for _ in range(2):  # the watch can be set again
        start, tracer = time.monotonic(), sys.gettrace()
        outcome = sandbox._with_watch(answer, 0.2)
        assert outcome.hung
        assert time.monotonic() - start < 3
        assert sys.gettrace() is tracer
        assert sandbox.place(outcome.error)[0] in (answer.__name__, "one")
    assert sandbox._with_watch(lambda: 7, 5.0).value == 7
    assert isinstance(sandbox._with_watch(lambda: 1 / 0, 5.0).error, ZeroDivisionError)


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="stops a thread as CPython can")
@pytest.mark.parametrize("answer", [for_ever, calls])
def test_a_loop_is_stopped_in_a_thread(answer):
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(sandbox._with_thread(answer, 0.2)))
    thread.start()
    thread.join(5)
    assert outcomes[0].hung


def test_a_browser_has_the_clock_and_the_standard_library_in_a_zip(monkeypatch):
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert not sandbox.can_be_apart()
    assert sandbox.call(for_ever, 0.2).hung
    monkeypatch.setattr(sandbox, "LIBRARIES", ("/lib/python314.zip",))
    assert not sandbox._is_own("/lib/python314.zip/random.py")
    assert sandbox._is_own("<exec>")


def test_where_threads_may_hang_after_a_fork_there_is_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", types.ModuleType("torch"))
    assert not sandbox.can_be_apart()


@pytest.mark.skipif(sys.platform != "linux", reason="an answer has a process of its own on Linux")
def test_more_memory_than_there_is_ends_in_a_verdict(monkeypatch):
    monkeypatch.setattr(sandbox, "MEMORY", 200 << 20)

    def hungry(*args):
        return [bytearray(1 << 20) for _ in range(10_000)]

    verdict = check("anatomy.step", hungry)
    assert verdict.kind == "raised"
    assert "MemoryError" in str(verdict)
