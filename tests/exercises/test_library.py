"""Every exercise accepts what is right, and calls each known mistake by its own name."""

import inspect
import re
import warnings

import nbformat
import numpy as np
import pytest

import rnn_core
from rnn_core import stream_batches
from rnn_core.checks import check, exercises
from rnn_core.checks.answer import run
from rnn_core.checks.compare import fits
from rnn_core.checks.exercises.data import LARGE, USUAL, single
from rnn_core.checks.judge import judge, make_cases
from rnn_core.checks.runner import find, library
from rnn_core.checks.verdict import HEADLINES
from rnn_core.gates import sigmoid
from rnn_core.gradcheck import relative_error
from tools import refresh

SEEDS = [None, *range(49)]
ALL = exercises()
every_exercise = pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)


def answer(exercise, function, seed):
    """What a student would hand in: the function, or the value that it gives for the question."""
    if not exercise.value:
        return function
    (args,) = make_cases(exercise, seed).values()
    return function(*args)


def judged(exercise, function, seed):
    """What `check` does, in this process: a new one for each of ten thousand calls takes long."""
    kept = library(exercise.id, seed)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = function(*kept.cases[0]) if exercise.value else None
        called = (lambda *args: given) if exercise.value else function
        return judge(exercise, run(exercise, called, kept.cases, 60.0, apart=False), kept)


@every_exercise
def test_the_reference_is_right_and_every_mistake_is_named_as_itself(exercise):
    for seed in SEEDS:
        right = judged(exercise, exercise.reference, seed)
        assert right.right, f"seed {seed}: {right}"
        for mistake in exercise.mistakes:
            verdict = judged(exercise, mistake.function, seed)
            assert verdict.mistakes == (mistake.name,), f"seed {seed}, {mistake.name}: {verdict}"


def scrambled(exercise, rng, size):
    """The right answer with random errors of about this relative size."""

    def spoil(value):
        if isinstance(value, dict):
            return {key: spoil(item) for key, item in value.items()}
        if isinstance(value, (tuple, list)):
            return type(value)(spoil(item) for item in value)
        value = np.asarray(value, dtype=float)
        return value + size * rng.normal(size=value.shape) * (np.abs(value).mean() + 1)

    return lambda *args: spoil(exercise.reference(*args))


NUMBERS = [e for e in ALL if e.id not in ("bptt.predict", "truncation.detective",
                                          "language.train_toy")]  # fmt: skip


@pytest.mark.parametrize("exercise", NUMBERS, ids=lambda e: e.id)
@pytest.mark.parametrize("size", [1e-3, 0.1, 10.0])
def test_a_random_wrong_answer_is_never_accepted(exercise, size):
    size = max(size, 0.02) if exercise.value else size  # a pencil may round
    rng = np.random.default_rng(5)
    for seed in range(10):
        verdict = judged(exercise, scrambled(exercise, rng, size), seed)
        assert verdict.kind in ("unknown", "named"), verdict
        assert verdict.mistakes in ((), ("another answer the second time",)), verdict


@every_exercise
@pytest.mark.parametrize("odd", [None, 0, "h", [], {}, (1, 2, 3), np.zeros(3), np.nan, object()])
def test_an_odd_answer_is_wrong_and_breaks_nothing(exercise, odd):
    given = odd if exercise.value else lambda *args: odd
    verdict = check(exercise.id, given)
    assert not verdict.right
    assert verdict.lines
    assert all(verdict.lines)


@pytest.mark.parametrize("id, words", [
    ("bptt.predict", ["vanish", "explode"]),
    ("truncation.detective", ["right", "skips", "resets"]),
])  # fmt: skip
def test_of_all_possible_choices_exactly_one_is_right(id, words):
    names = "ABCD" if id == "bptt.predict" else "PQR"
    grid = np.array(np.meshgrid(*[words] * len(names))).reshape(len(names), -1).T
    for seed in (None, 3):
        verdicts = [check(id, dict(zip(names, choice.tolist(), strict=True)), seed=seed)
                    for choice in grid]  # fmt: skip
        assert sum(v.right for v in verdicts) == 1


def test_there_are_enough_exercises_in_every_chapter():
    chapters = ["anatomy", "bptt", "truncation", "language", "perplexity", "gates"]
    assert [e.id.split(".")[0] for e in ALL] == sorted(
        [e.id.split(".")[0] for e in ALL], key=chapters.index
    )
    assert all(len(exercises(c)) >= 4 for c in chapters)
    assert len(ALL) >= 22


@every_exercise
def test_a_mistake_is_said_in_words_and_with_a_place(exercise):
    names = [m.name for m in exercise.mistakes]
    assert len(set(names)) == len(names) >= 3
    for mistake in exercise.mistakes:
        assert mistake.words.endswith(".")
        assert len(mistake.look) > 5
        assert mistake.recognize or len(inspect.signature(mistake.function).parameters) >= 1


def test_another_seed_gives_other_cases_and_the_same_seed_the_same():
    def total(seed):
        return sum(float(np.sum(a)) for case in make_cases(ALL[1], seed).values() for a in case)

    assert total(3) == total(3)
    assert len({total(s) for s in SEEDS}) == len(SEEDS)


def test_every_kind_of_verdict_has_a_headline():
    assert set(HEADLINES) == {
        "right", "named", "partly", "unknown", "form", "raised", "hung", "changed", "untouched",
    }  # fmt: skip


def gap(one, two):
    """How far two observations are from each other, relative to their size."""
    if any(one[part].shape != two[part].shape for part in one):
        return np.inf
    return relative_error(*(np.concatenate([*map(np.ravel, seen.values())]) for seen in (one, two)))


def test_the_mistakes_are_a_thousand_tolerances_away_from_the_truth_and_each_other():
    for id in ("bptt.backward", "bptt.cell_backward", "truncation.backward"):
        exercise = find(id)
        for seed in SEEDS[:10]:
            kept = library(id, seed)
            answers = [kept.wanted, *([kept.tried(m, i) for i in range(len(kept.cases))]
                                      for m in exercise.mistakes if not m.by_itself)]  # fmt: skip
            rows = [[s.parts for s in a] for a in answers if all(s.parts for s in a)]
            gaps = [max(map(gap, a, b)) for i, a in enumerate(rows) for b in rows[:i]]
            assert min(gaps) > 1000 * exercise.tol, (id, seed)


def wrong_numbers(id, *args):
    return {m.name: np.round(m.function(*args), 3).tolist() for m in find(id).mistakes}


def test_perplexity_and_what_the_wrong_formulas_make_of_it():
    p = np.array([0.8, 0.2])
    assert find("perplexity.of_words").reference(p) == pytest.approx(2.5)
    assert wrong_numbers("perplexity.of_words", p) == {
        "mean of perplexities": 3.125,
        "one over the mean probability": 2.0,
        "2 to the power of nats": 1.887,
        "e to the power of bits": 3.751,
        "exp of the sum": 6.25,
        "sign lost": 0.4,
        "the loss itself": 0.916,
        "the loss in bits": 1.322,
        "the last word only": 5.0,
        "a product that becomes 0": 2.5,
        "a perplexity for each word": [1.25, 5.0],
    }
    batches = [np.full(100, 0.5), np.full(10, 0.05)]
    assert find("perplexity.streaming").reference(batches) == pytest.approx(2.466, abs=5e-4)
    numbers = wrong_numbers("perplexity.streaming", batches)
    assert (numbers["mean of batch losses"], numbers["mean of perplexities"]) == (6.325, 11.0)


def test_known_floors():
    toy = np.array([0, 1, 2, 3, 4, 1, 5])
    assert find("perplexity.floors").reference(toy, 6)[2] == pytest.approx(2 ** (1 / 3))
    reber = make_cases(find("perplexity.automaton"))["the Reber grammar"]
    assert find("perplexity.automaton").reference(*reber) == pytest.approx(2 ** (6 / 8))


# ---- never wrong: what could hide, and what is right


@every_exercise
def test_each_case_brings_something_to_light_that_no_other_does(exercise):
    for seed in (None, *range(12)):
        kept = library(exercise.id, seed)
        assert {*exercise.hides} <= {*kept.names}
        assert {*kept.names[1:]} - {USUAL} <= {*exercise.hides}
        for name in exercise.hides:
            wrong = exercise.hidden(name)
            seen = [kept.shown(wrong, i) for i in range(len(kept.cases))]
            told = [n for n, s, w in zip(kept.names, seen, kept.wanted, strict=True)
                    if not fits(s.parts, w.parts, exercise.tol)]  # fmt: skip
            assert told == [name], f"seed {seed}"


GRADIENTS = [e for e in ALL if LARGE in e.hides and e.id != "bptt.clip"]


@pytest.mark.parametrize("exercise", GRADIENTS, ids=lambda e: e.id)
def test_small_gradients_are_no_zeros(exercise):
    def coarse(value):
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            return value * (np.abs(value).max() > 0.01)
        if isinstance(value, dict):
            return {key: coarse(item) for key, item in value.items()}
        return tuple(map(coarse, value)) if isinstance(value, (tuple, list)) else value

    def drops_small_ones(*args):
        return coarse(exercise.reference(*map(coarse, args)))

    for seed in SEEDS[:20]:
        assert not judged(exercise, drops_small_ones, seed).right, f"seed {seed}"


SINGLE_PRECISION = [e for e in ALL if not e.value and e.id != "language.train_toy"]


@pytest.mark.parametrize("exercise", SINGLE_PRECISION, ids=lambda e: e.id)
def test_an_answer_that_computes_in_float32_is_right(exercise):
    def in_float32(*args):
        return exercise.reference(*single(args))

    for seed in SEEDS[:20]:
        verdict = judged(exercise, in_float32, seed)
        assert verdict.right, f"seed {seed}: {verdict}"


def test_the_solutions_of_the_book_are_right_on_other_seeds():
    for path in sorted(refresh.NOTEBOOKS.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        scope = {"np": np, "stream_batches": stream_batches, "sigmoid": sigmoid, **vars(rnn_core)}
        for cell in notebook.cells:
            if cell.cell_type == "code" and "### BEGIN SOLUTION" in cell.source:
                exec(cell.source, scope)
            asked = re.findall(r'check\("([\w.]+)", (\w+)\)', cell.source)
            if asked and not find(asked[0][0]).value:
                for seed in SEEDS[:10]:
                    verdict = judged(find(asked[0][0]), scope[asked[0][1]], seed)
                    assert verdict.right, f"{asked[0][0]}, seed {seed}: {verdict}"


@every_exercise
def test_two_mistakes_in_one_answer_are_two(exercise):
    kept, both, others = library(exercise.id, None), 0, 0
    every = len(kept.pairs()) // 60 + 1
    for pair, (one, two) in kept.pairs()[::every]:
        shown = [kept.shown(pair.function, i) for i in range(len(kept.cases))]
        pairs = zip(shown, kept.wanted, strict=True)
        fine = [fits(s.parts, w.parts, exercise.tol) for s, w in pairs]
        verdict = judged(exercise, pair.function, None)
        assert verdict.right == all(fine)  # what one does the other may undo
        if verdict.kind in ("named", "partly", "unknown"):
            if set(verdict.mistakes) == {one.name, two.name}:
                both += 1
            else:  # together they are a third, or one leaves nothing of the other to be seen
                others += 1
                assert verdict.kind == "named"
    assert both >= others
