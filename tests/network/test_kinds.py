"""Every public callable, every argument, every kind of thing that may come in its place.

What came either means what the plain form means, and gives the same number, or it is refused in
the package's one voice, and then nothing has changed.  The callables are found by being there.
"""

import copy
import importlib
import inspect
import pkgutil
import re
import warnings

import numpy as np
import pytest

import rnn_core
from tests.support.good_calls import CALLS
from tests.support.kinds import REFUSE, kinds, numbers_in, same, state

VOICE = re.compile(r".+ should .+, got .+", re.DOTALL)
# Rooms whose arguments do not come from a reader's hand, and where they are tested instead.
ELSEWHERE = {
    "shapes": "the door itself: its arguments are words of this package",
    "norms": "behind the door: its arrays were checked",
    "words": "one lookup, tested with the translations",
    "checks": "takes answers of any kind, right and wrong: tests/exercises",
    "text": "takes what is typed: tests/text; but for what notebooks call",
    "torch": "needs PyTorch: tests/network/test_torch.py",
    "plots": "draws: tests/figures",
    "widgets": "traits say what they take: tests/figures",
}
CALLED_IN_NOTEBOOKS = {"rnn_core.text.corpus", "rnn_core.text.scoring"}
# What a layer or a counting model calls inside, with what it has checked (chapters quote some of
# it), and what a function gives back.
INNER = {
    "rnn_core.rnn.in_blocks", "rnn_core.rnn.in_windows",
    "rnn_core.rnn.time_first", "rnn_core.rnn.batch_first",
    "rnn_core.rnn.zero_state", "rnn_core.rnn.on_each", "rnn_core.rnn.as_state",
    "rnn_core.rnn.output", "rnn_core.gates.sigmoid", "rnn_core.gates.LSTMState",
    "rnn_core.text.corpus.Corpus", "rnn_core.text.scoring.Scores",
    "rnn_core.data.ngram.Counts", "rnn_core.data.ngram.Counts.place",
    "rnn_core.data.ngram.Counts.kept_of",
}  # fmt: skip


def modules():
    for info in pkgutil.walk_packages(rnn_core.__path__, "rnn_core."):
        room = info.name.split(".")[1]
        here = room not in ELSEWHERE or info.name in CALLED_IN_NOTEBOOKS
        if here and not room.startswith("__"):
            yield importlib.import_module(info.name)


def callables():
    """All that can be called, by its full name."""
    for module in modules():
        for name in module.__all__:
            thing = getattr(module, name)
            if not callable(thing) or thing.__module__ != module.__name__:
                continue
            yield f"{module.__name__}.{name}", thing
            for method in vars(thing) if inspect.isclass(thing) else ():
                if not method.startswith("_") and callable(getattr(thing, method)):
                    yield f"{module.__name__}.{name}.{method}", getattr(thing, method)


FOUND = dict(callables())


def test_every_public_callable_has_a_good_call():
    missing = sorted(FOUND.keys() - CALLS.keys() - INNER)
    assert not missing, (
        f"{', '.join(missing)}: add one good call each to tests/support/good_calls.py "
        f"(its docstring says how), or leave the name out of __all__"
    )
    assert not CALLS.keys() - FOUND.keys(), "good calls of what is not there"
    assert len(FOUND) > 80


@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_good_calls_are_good_and_name_every_argument(name):
    named = set()
    for make, free in CALLS[name]:
        call, arguments = make()
        numbers_in(call(**arguments))
        named |= arguments.keys()
        assert free.keys() <= arguments.keys()
    parameters = inspect.signature(call).parameters
    assert named == set(parameters), f"{name}: every argument is to be spoiled"


@pytest.mark.parametrize("name", sorted(CALLS))
def test_every_kind_of_argument(name):
    wrong = []
    for make, free in CALLS[name]:
        for argument, good in make()[1].items():
            for label, other, plain in kinds(good):
                said = verdict(make, argument, label, other, plain, free.get(argument, ()))
                if said:
                    wrong.append(f"{name}, {argument}: {label}: {said}")
    assert not wrong, f"{len(wrong)} kinds:\n" + "\n".join(wrong)


def left_by(call, arguments, alone):
    """The numbers of the result and of all that the call may have changed, but for one argument."""
    result = numbers_in(call(**arguments))  # a generator runs now
    changed = {name: thing for name, thing in arguments.items() if name != alone}
    return result + numbers_in([getattr(call, "__self__", None), changed])


def verdict(make, argument, label, other, plain, free):
    """What is wrong with the call where `other` stands for the argument; '' if nothing is."""
    call, arguments = make()
    default = inspect.signature(call).parameters[argument].default
    arguments[argument] = other
    owner = getattr(call, "__self__", None)
    plain = copy.deepcopy(plain) if plain is not REFUSE else plain  # a call may change `other`
    before = state([owner, arguments])
    alone = None if isinstance(other, (dict, np.ndarray)) else argument  # others stay as they are
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            got = left_by(call, arguments, alone)
    except ValueError as error:
        if not VOICE.fullmatch(str(error)):
            return f"not in the voice: {error}"
        return "" if state([owner, arguments]) == before else "refused after a change"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if plain is REFUSE:
        if (other is None and default is None) or label.startswith(tuple(free)):
            return ""
        return f"taken, with {got[:3]}"
    call, arguments = make()
    arguments[argument] = plain
    want = left_by(call, arguments, alone)
    half, single = "float16" in label or "f2" in label, "4" in label or "32" in label
    rtol = 1e-2 if half else 1e-5 if single else 1e-12
    if same(got, want, rtol) or label.startswith(tuple(free)):
        return ""
    return f"another number: {got[:3]}, not {want[:3]}"
