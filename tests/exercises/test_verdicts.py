"""What a student sees: in words, with the place, and never a crash of the check itself."""

import contextlib
import itertools
import os
import sys
import threading
import time
from html.parser import HTMLParser

import numpy as np
import pytest

from rnn_core import RNN, RNNCell, stream_batches
from rnn_core.checks import WrongAnswer, check, exercises, question
from rnn_core.checks.exercises.bptt import one_step_back, through_time
from rnn_core.checks.exercises.language import masked_cross_entropy


def one_step(x, h_prev, W_x, W_h, b):
    return np.tanh(x @ W_x + h_prev @ W_h + b)


def no_bias(x, h_prev, W_x, W_h, b):
    return np.tanh(x @ W_x + h_prev @ W_h)


# ---- right in more than one way


def by_loops(x, h_prev, W_x, W_h, b):
    """One unit of one sequence at a time, in plain Python."""
    N, H = h_prev.shape
    h = np.empty((N, H))
    for n in range(N):
        for j in range(H):
            a = sum(x[n, i] * W_x[i, j] for i in range(len(W_x))) + b[j]
            h[n, j] = np.tanh(a + sum(h_prev[n, i] * W_h[i, j] for i in range(H)))
    return h.tolist()


def by_stacking(x, h_prev, W_x, W_h, b):
    """One product for both: (x, h) times the stacked weights, in float32."""
    z = np.hstack([x, h_prev]).astype(np.float32)
    return np.tanh(z @ np.vstack([W_x, W_h]).astype(np.float32) + b.astype(np.float32))


def layer(xs, h_0, W_x, W_h, b):
    return RNN(RNNCell(W_x, W_h, b)).forward(xs, h_0)[0]


def steps(xs, h_0, W_x, W_h, b):
    hs = [h_0.astype(np.float32)]
    for t in range(xs.shape[1]):
        hs.append(one_step(xs[:, t].astype(np.float32), hs[-1], W_x, W_h, b).astype(np.float32))
    return np.array(hs[1:]).transpose(1, 0, 2)


def through_the_package(xs, hs, ys, h_0, W_x, W_h):
    """The stacked products of `RNN.backward`, on the states that are given."""
    N, T, _ = hs.shape
    states = np.concatenate([h_0[:, None], hs], axis=1).swapaxes(0, 1)
    rnn = RNN(RNNCell(W_x, W_h, np.zeros(len(W_h))))
    return rnn.backward((hs - ys) / (N * T), (xs.swapaxes(0, 1).copy(), states))


def in_single_precision(xs, hs, ys, h_0, W_x, W_h):
    return through_time(*(z.astype(np.float32) for z in (xs, hs, ys, h_0, W_x, W_h)))


def by_tokens(logits, targets, mask):
    """Only the tokens that count, one by one."""
    loss, dlogits, count = 0.0, np.zeros_like(logits), int(mask.sum())
    for n, t in zip(*np.nonzero(mask), strict=True):
        z = logits[n, t] - logits[n, t].max()
        log_p = z - np.log(np.exp(z).sum())
        loss -= log_p[targets[n, t]] / count
        dlogits[n, t] = np.exp(log_p) / count
        dlogits[n, t, targets[n, t]] -= 1 / count
    return loss, dlogits


def in_float32(logits, targets, mask):
    return masked_cross_entropy(logits.astype(np.float32), targets, mask.astype(np.float32))


@pytest.mark.parametrize("id, pair", [
    ("anatomy.step", (by_loops, by_stacking)),
    ("anatomy.forward", (layer, steps)),
    ("bptt.backward", (through_the_package, in_single_precision)),
    ("language.cross_entropy", (by_tokens, in_float32)),
])  # fmt: skip
def test_two_right_answers_that_look_different_are_both_right(id, pair):
    for function in pair:
        for seed in range(10):
            verdict = check(id, function, seed=seed)
            assert verdict.right, verdict


# ---- wrong, and why


def test_the_verdict_names_the_mistake_the_line_and_the_first_number():
    verdict = check("anatomy.step", no_bias)
    assert verdict.headline == "anatomy.step: wrong: bias missing"
    assert "tanh(x_t W_x + h_{t-1} W_h + b)" in str(verdict)
    assert "`h[0, 0]` is" in str(verdict)


def test_the_first_time_step_is_counted_in_the_direction_of_the_flow():
    def from_step_three(xs, h_0, W_x, W_h, b):
        hs = layer(xs, h_0, W_x, W_h, b)
        hs[:, 2:] += 0.1
        return hs

    def before_step_three(*args):
        dxs, dh_0, grads = through_time(*args)
        dxs[:, :2] += 0.1
        return dxs, dh_0, grads

    assert "from the start: t = 3 of 5" in str(check("anatomy.forward", from_step_three))
    assert "from the end: t = 2 of 5" in str(check("bptt.backward", before_step_three))


def test_two_mistakes_in_two_places_are_both_named():
    def twice_wrong(dh, x, h_prev, h, W_x, W_h):
        da = dh * (1 - h**2)
        grads = {"W_x": x.T @ da, "W_h": da.T @ h_prev, "b": da.sum(axis=0)}
        return da @ W_x.T, da @ W_h, grads

    verdict = check("bptt.cell_backward", twice_wrong)
    assert set(verdict.mistakes) == {"W_h not transposed in dh_prev", "outer product transposed"}
    assert "Right already: `dx`, `dW_x`, `db`." in str(verdict)


@pytest.mark.parametrize("factor, words", [
    (lambda xs: 7.0, "Exactly 7 times too large"),
    (lambda xs: 1 / 3, "Exactly 3 times too small"),
    (lambda xs: 1.0 * xs.shape[2], "Exactly 3 times too large (3 = D here)"),
])  # fmt: skip
def test_a_whole_ratio_is_a_slip_of_normalization(factor, words):
    def scaled(xs, *rest):
        dxs, dh_0, grads = through_time(xs, *rest)
        c = factor(xs)
        return c * dxs, c * dh_0, {name: c * g for name, g in grads.items()}

    verdict = check("bptt.backward", scaled)
    assert verdict.mistakes == ("normalization",)
    assert words in str(verdict)
    assert "direction is right" in str(verdict)


def test_a_ratio_that_is_not_whole_is_no_slip():
    def scaled(*args):
        dx, dh_prev, grads = one_step_back(*args)
        return 1.3 * dx, dh_prev, grads

    assert check("bptt.cell_backward", scaled).kind == "unknown"


@pytest.mark.parametrize("spoil, words", [
    (lambda dx, dh, g: (dx, dh), "3 results were asked for, and a tuple of 2 came"),
    (lambda dx, dh, g: (dx, dh, list(g)), "Where a dictionary should stand, a list of 3 came"),
    (lambda dx, dh, g: (dx, dh, {"W_x": g["W_x"]}), "lacks `W_h`, `b`; it has `W_x`"),
    (lambda dx, dh, g: (dx[0], dh, g), "`dx` should have shape (2, 3) = (N, D), got (3,)"),
    (lambda dx, dh, g: (dx * np.nan, dh, g), "`dx[0, 0]` is nan, should be"),
    (lambda dx, dh, g: (None, dh, g), "`dx` should hold numbers, None came"),
    (lambda dx, dh, g: (dx.astype(str), dh, g), "`dx` should hold numbers, an array of"),
    (lambda dx, dh, g: None, "is there a `return` on every path?"),
    (lambda dx, dh, g: (-dx, dh, g), "Right but for the sign: `dx`"),
    (lambda dx, dh, g: (dx.T, dh, g), "axes of `dx` are exchanged"),
])  # fmt: skip
def test_an_answer_of_another_form_is_told_what_was_asked_for(spoil, words):
    verdict = check("bptt.cell_backward", lambda *args: spoil(*one_step_back(*args)))
    assert not verdict.right
    assert words in str(verdict)


# ---- stopped


def test_an_error_is_shown_with_its_line_in_the_students_code():
    def mistaken(x, h_prev, W_x, W_h, b):
        a = x @ W_x
        return np.tanh(a @ W_x)

    verdict = check("anatomy.step", mistaken)
    assert verdict.kind == "raised"
    line = mistaken.__code__.co_firstlineno + 2
    assert f"In `mistaken`, line {line}: `return np.tanh(a @ W_x)`" in str(verdict)
    assert "`W_x` (3, 4)" in str(verdict)


def test_an_error_in_a_cell_of_a_notebook_is_shown_by_the_cells_line():
    source = "def step(x, h_prev, W_x, W_h, b):\n    return missing\n"
    scope = {}
    exec(compile(source, "a cell", "exec"), scope)
    assert "NameError: name 'missing' is not defined" in str(check("anatomy.step", scope["step"]))
    assert "In `step`, line 2" in str(check("anatomy.step", scope["step"]))


def test_a_swap_that_fails_on_most_shapes_is_still_named():
    verdict = check("anatomy.step", lambda x, h, W_x, W_h, b: one_step(x, h, W_h, W_x, b))
    assert verdict.mistakes == ("W_x and W_h swapped",)


def test_too_few_parameters_are_told_what_it_is_called_with():
    assert "It is called with (x, h_prev, W_x, W_h, b)" in str(check("anatomy.step", lambda x: x))


def test_the_result_instead_of_the_function():
    assert "needs the function itself" in str(check("anatomy.step", np.zeros((2, 4))))


def test_the_untouched_stub_has_a_verdict_of_its_own():
    def stub(*args):
        raise NotImplementedError

    verdict = check("anatomy.step", stub)
    assert verdict.kind == "untouched"
    assert check("bptt.predict", None).kind == "untouched"
    assert check("anatomy.by_hand", ...).kind == "untouched"


def for_ever(*args):
    while True:
        args = args[:]


@pytest.mark.skipif(not hasattr(__import__("signal"), "setitimer"), reason="no interval timers")
def test_a_loop_without_an_end_is_stopped():
    import signal

    def stubborn(*args):
        while True:
            with contextlib.suppress(Exception):
                time.sleep(0.01)

    def deaf(*args):
        while True:
            try:
                args = args[:]
            except:  # noqa: E722 (that is the point)
                args = ()

    before = signal.getsignal(signal.SIGALRM)
    for function in (for_ever, stubborn, deaf, lambda *args: time.sleep(60)):
        start = time.monotonic()
        verdict = check("anatomy.step", function, limit=0.1)
        assert verdict.kind == "hung"
        assert "stopped after 0.1 seconds" in str(verdict)
        assert time.monotonic() - start < 2
    assert "while True" in str(check("anatomy.step", for_ever, limit=0.1)) or "args[:]" in str(
        check("anatomy.step", for_ever, limit=0.1)
    )
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_generator_is_read_inside_the_limit():
    def right(ids, batch_size, seq_len):
        yield from stream_batches(ids, batch_size, seq_len)

    def endless(ids, batch_size, seq_len):
        while True:
            yield ids, ids

    def raises(ids, batch_size, seq_len):
        yield from right(ids, batch_size, 0)

    assert check("truncation.batches", right).right
    assert not check("truncation.batches", endless).right
    verdict = check("truncation.batches", raises)
    assert verdict.kind == "raised"
    assert "yield from stream_batches" in str(verdict)


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="stops a thread as CPython can")
def test_a_loop_without_an_end_is_stopped_where_no_signal_can():
    verdicts = []
    thread = threading.Thread(target=lambda: verdicts.append(
        check("anatomy.step", for_ever, limit=0.1)))  # fmt: skip
    thread.start()
    thread.join(5)
    assert [v.kind for v in verdicts] == ["hung"]


def test_a_function_that_is_right_and_changes_its_inputs_is_not_right():
    def greedy(x, h_prev, W_x, W_h, b):
        h = one_step(x, h_prev, W_x, W_h, b)
        x *= 0
        return h

    verdict = check("anatomy.step", greedy)
    assert verdict.kind == "changed"
    assert "After the call `x` holds other numbers" in str(verdict)


def test_inputs_inside_a_dictionary_and_a_layer_are_watched_too():
    def clip(grads, max_norm):
        grads["b"] *= 0
        return grads, 1.0

    def moves(rnn, xs, h_0, block_len):
        rnn.cell.W_h += 1
        return xs

    assert "`grads['b']`" in str(check("bptt.clip", clip))
    assert "`rnn.W_h`" in str(check("truncation.carry", moves))


def test_something_kept_between_two_calls_is_found():
    calls = []

    def moody(*args):
        calls.append(0)
        return one_step(*args) + len(calls)

    assert check("anatomy.step", moody).mistakes == ("another answer the second time",)


def test_the_caller_keeps_the_cases_of_the_library():
    def vandal(x, h_prev, W_x, W_h, b):
        x[:], h_prev[:], W_x[:], W_h[:], b[:] = 0, 0, 0, 0, 0
        return h_prev

    check("anatomy.step", vandal)
    assert check("anatomy.step", one_step).right


# ---- in an assert, in a terminal, in a notebook


def test_in_an_assert_a_verdict_fails_with_its_own_words():
    assert check("anatomy.step", one_step)
    for fail in (lambda v: v.require(), bool):
        verdict = check("anatomy.step", no_bias)
        with pytest.raises(AssertionError) as caught:
            fail(verdict)
        assert str(caught.value) == str(verdict)
        assert caught.value._render_traceback_() == [str(verdict)]
    scope = {"check": check, "no_bias": no_bias}
    with pytest.raises(WrongAnswer, match="bias missing"):
        exec("assert check('anatomy.step', no_bias)", scope)


def test_in_a_notebook_it_is_shown_once_however_often_its_error_is_asked_for(monkeypatch):
    shown = []
    monkeypatch.setattr("rnn_core.checks.verdict._displayed", lambda v: shown.append(v) or True)
    verdict = check("anatomy.step", no_bias)
    error = WrongAnswer(verdict)
    assert [error._render_traceback_() for _ in range(2)] == [[verdict.headline]] * 2
    assert shown == [verdict]


def test_a_right_verdict_can_be_required_and_shown():
    verdict = check("anatomy.step", one_step)
    assert verdict.require() is verdict
    assert bool(verdict) is True
    assert str(verdict) == "anatomy.step: right\n  It agrees with the reference on 7 cases."


def test_the_same_answer_has_the_same_words_every_time():
    for function in (one_step, no_bias, lambda *args: 1 / 0):
        one, two = check("anatomy.step", function), check("anatomy.step", function)
        assert one == two
        assert repr(one) == str(two)
        assert one._repr_html_() == two._repr_html_()


class Balanced(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_html_is_escaped_and_closed():
    def evil(*args):
        raise ValueError("<script>alert(1)</script> & `one` <b>")

    html = check("anatomy.step", evil)._repr_html_()
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []
    assert set(parser.seen) == {"div", "strong", "code"}
    assert "&lt;script&gt;" in html


def test_an_unknown_exercise_is_told_the_near_one():
    with pytest.raises(ValueError, match=r"did you mean 'anatomy\.step'\?"):
        check("anatomy.stepp", one_step)
    with pytest.raises(ValueError, match="limit should be a finite number above 0"):
        check("anatomy.step", one_step, limit=0)


def test_a_question_is_asked_and_a_function_is_not():
    assert set(question("bptt.predict")) == set("ABCD")
    assert question("bptt.predict", seed=1) is not question("bptt.predict", seed=1)
    with pytest.raises(ValueError, match="answered by a value"):
        question("anatomy.step")


def test_the_detectives_evidence_tells_the_three_apart():
    for seed in (4,):
        seen = question("truncation.detective", seed)
        skips = min(seen, key=lambda n: seen[n]["tokens"])
        resets = max(seen, key=lambda n: seen[n]["by_step"][0])
        right = (set("PQR") - {skips, resets}).pop()
        answer = {skips: "skips", resets: "resets", right: "right"}
        assert check("truncation.detective", answer, seed=seed)
        for evidence in seen.values():
            assert evidence["loss"][-20:].mean() < 0.5 * evidence["loss"][:20].mean()


def test_the_list_of_exercises_says_what_each_is():
    assert repr(exercises("anatomy")[1]).startswith("anatomy.step: One step in code (level 1, ")


@pytest.mark.parametrize("seed", [-1, 1.5, "x", True, [1], float("nan")])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ValueError, match="seed should be a whole number"):
        check("bptt.cell_backward", lambda *a: None, seed=seed)


@pytest.mark.parametrize("name", [[1], {}, None, 3])
def test_an_exercise_is_named_by_a_text(name):
    with pytest.raises(ValueError, match="exercise should be the id"):
        check(name, lambda *a: None)


# ---- a process of its own


@pytest.mark.skipif(sys.platform != "linux", reason="an answer has a process of its own on Linux")
def test_what_ends_the_process_ends_in_a_verdict():
    def sleeps_in_c(*args):
        return sum(itertools.repeat(0))  # one call, and it never comes back to Python

    start = time.monotonic()
    verdict = check("anatomy.step", sleeps_in_c, limit=0.2)
    assert verdict.kind == "hung"
    assert "In `sleeps_in_c`" in str(verdict)
    assert time.monotonic() - start < 10
    for end in (lambda *args: os._exit(0), lambda *args: os.kill(os.getpid(), 9)):
        verdict = check("anatomy.step", end)
        assert verdict.kind == "raised"
        assert "came to its end in the middle of the call" in str(verdict)


@pytest.mark.skipif(sys.platform != "linux", reason="an answer has a process of its own on Linux")
def test_an_answer_leaves_nothing_behind():
    def vandal(x, h_prev, W_x, W_h, b):
        np.tanh, sys.modules["numpy"].zeros = None, None
        return x

    tanh, zeros = np.tanh, np.zeros
    assert not check("anatomy.step", vandal).right
    assert np.tanh is tanh and np.zeros is zeros
    assert check("anatomy.step", one_step).right
