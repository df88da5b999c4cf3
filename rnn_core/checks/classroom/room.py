"""A room of its own for somebody else's code: run as a program by `ask`, never imported there.

Neither the exercises, with their right answers and their mistakes, nor the judge are in here.  What
comes in is the notebook's code and the arguments to call an answer with; what goes out is plain
data.  Frames of bytes go both ways: eight for the length, then the content.

With ``many`` one room takes one answer after the other, each in a forked process that `isolate`
cuts off where the system lets it; with ``bare`` it does not try.  With ``one`` it takes one answer
and ends: for systems without a safe fork.
"""

import ast
import contextlib
import importlib
import io
import linecache
import os
import pickle
import struct
import sys
import tempfile
import types
import warnings
from pathlib import Path

CHECKS = Path(__file__).resolve().parents[1]
MEMORY = 1 << 30  # bytes that an answer may take on top of what NumPy takes
MESSAGE = 1 << 23  # bytes of one result
FILES, PROCESSES = 1 << 26, 512  # bytes of one file, processes at a time
READY = "ready"  # said before any of the student's code has run


def main():
    how, desk, hidden = sys.argv[1], sys.argv[2], sys.argv[3:]
    source, out = _private(0), _private(1)
    tools = furnished()
    if how == "one":
        _answer(tools, _take(source), source, out)
        return
    tools.isolate.die_with_parent()
    tools.cut_off = how == "many" and tools.isolate.works(desk)
    if not tools.cut_off:
        tools.isolate.close_memory()
    _put(out, b"cut off" if tools.cut_off else b"bare")
    while (request := _take(source)) is not None:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                tools.isolate.die_with_parent()
                if tools.cut_off:
                    tools.isolate.enter(desk, hidden)
                else:
                    _take_a_desk(desk)
                _answer(tools, request, source, out)
                code = 0
            finally:
                os._exit(code)
        if os.waitpid(child, 0)[1]:
            os._exit(1)  # half an answer may have gone out: `ask` opens another room


def furnished():
    """The modules that run an answer; after this `rnn_core.checks` is `stand_in`, and no more."""
    sys.modules["rnn_core.checks"] = stand_in = types.ModuleType("rnn_core.checks")
    stand_in.__path__ = [str(CHECKS)]
    names = ("answer", "plain", "sandbox", "coin", "classroom.cells", "classroom.isolate")
    tools = {n.split(".")[-1]: importlib.import_module(f"rnn_core.checks.{n}") for n in names}
    for name in ("diagnostics", "data", "gradcheck"):
        importlib.import_module(f"rnn_core.{name}")
    stand_in.__path__ = sys.modules["rnn_core.checks.classroom"].__path__ = []
    tools["sandbox"].MEMORY, tools["sandbox"].LARGEST = MEMORY, MESSAGE
    return types.SimpleNamespace(**tools, stand_in=stand_in, cut_off=False)


def _take_a_desk(room):
    """A folder that nobody has used before."""
    desk = tempfile.mkdtemp(dir=room)
    os.environ.update(HOME=desk, TMPDIR=desk, MPLCONFIGDIR=desk)
    os.chdir(desk)


def _answer(tools, request, source, out):
    """Run what was asked for, in a process of its own where there is fork; one frame goes out."""
    os.close(source)
    request = pickle.loads(request)  # it comes from `ask`, not from a student
    tempfile.tempdir = os.getcwd()
    said, late, place = [], False, None
    if hasattr(os, "fork"):

        def work(before):
            os.close(out)
            _bound(tools)
            yield tools.plain.pack(READY)
            yield from _said(tools, request, before)

        for message in tools.sandbox.apart(work, request["limit"]):
            if isinstance(message, tools.sandbox.Dead):
                late, place = message.late, message.place
            else:
                said.append(message)
            if len(said) > len(request["asked"]) + 2:
                break
    else:
        said = [tools.plain.pack(READY), *_said(tools, request, lambda: None)]
    frames = [tools.plain.pack([late, place]), *said]
    _put(out, b"".join(struct.pack("!Q", len(frame)) + frame for frame in frames))


def _bound(tools):
    """What is bounded beside time and memory."""
    bounds = {"RLIMIT_FSIZE": FILES, "RLIMIT_CORE": 0}
    if tools.cut_off:
        tools.isolate.settle()
        bounds["RLIMIT_NPROC"] = PROCESSES
    tools.isolate.drop_rights()
    try:
        import resource
    except ImportError:  # Windows
        return
    for name, most in bounds.items():
        which = getattr(resource, name, None)
        if which is not None:
            hard = resource.getrlimit(which)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(which, (most, most))


def _said(tools, request, before):
    """First how it went to define the answer, then each call: messages for `ask`."""
    before()
    scope = _scope(tools.stand_in, request["questions"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = tools.sandbox.call(lambda: _define(tools, request, scope), request["limit"])
        if outcome.error is not None:
            yield tools.plain.pack(["stopped", _stopped(tools, outcome, request["limit"])])
            return
        name, value = request["name"], request["value"]
        if name not in scope:
            yield tools.plain.pack(["missing", None])
        elif value and any(scope[name] is nothing for nothing in (None, ..., NotImplemented)):
            yield tools.plain.pack(["untouched", None])
        elif not value and not callable(scope[name]):
            yield tools.plain.pack(["not a function", tools.plain.plain(scope[name])])
        else:
            yield tools.plain.pack(["ready", None])
            function = (lambda *asked: scope[name]) if value else scope[name]
            numpy = importlib.import_module("numpy")
            with numpy.errstate(all="ignore"):
                for ran in tools.answer.each(function, request["asked"], request["limit"], before):
                    yield tools.answer.pack_ran(ran)


def _stopped(tools, outcome, limit):
    error, sandbox = outcome.error, tools.sandbox
    raised = tools.answer.Raised(
        sandbox.kinds(error), sandbox.message(error), _place_of(error) or sandbox.place(error)
    )
    ended = "hung" if outcome.hung else "raised"
    return tools.answer.pack_ran(tools.answer.Ran((), (), ended, raised, limit)).decode()


def _place_of(error):
    """Where a cell that is no Python breaks off."""
    if isinstance(error, SyntaxError) and error.lineno:
        return "<the cell>", int(error.lineno), str(error.text or "").strip()[:200]
    return None


def _scope(stand_in, questions):
    """The names of a fresh `__main__`, in which the cells run."""
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    main.__dict__["display"] = lambda *shown, **how: None
    stand_in.check = lambda *asked, **more: Later()
    stand_in.question = lambda name, seed=None: pickle.loads(questions[name, seed])
    stand_in.exercises = lambda chapter=None: []
    return main.__dict__


class Later:
    """What `check` gives while an answer is being collected: the judging is done elsewhere."""

    right, kind, lines, mistakes = False, "later", (), ()

    def require(self):
        return self


def _define(tools, request, scope):
    """Run what the answer needs, then its cell."""
    cells, index = request["cells"], request["index"]
    own = tools.cells.readable(cells[index])
    answer = compile(own, _file(index, own), "exec")
    for number, statement in tools.cells.before(cells, index):
        code = compile(ast.Module([statement], []), _file(number, cells[number]), "exec")
        with contextlib.suppress(Exception):  # what is not there the answer will miss, if it must
            exec(code, scope)
    exec(answer, scope)


def _file(number, source):
    """A name for a cell, under which a traceback finds its lines."""
    name = f"<cell {number + 1}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return name


# ---- frames


def _private(number):
    """A standard stream for us alone; whoever prints or reads gets nothing."""
    own = os.dup(number)
    os.set_inheritable(own, False)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, number)
    os.close(nothing)
    if os.name == "nt":
        importlib.import_module("msvcrt").setmode(own, os.O_BINARY)
    return own


def _take(source):
    head = _exactly(source, 8)
    return None if head is None else _exactly(source, struct.unpack("!Q", head)[0])


def _exactly(source, count):
    taken = io.BytesIO()
    while taken.tell() < count:
        piece = os.read(source, min(count - taken.tell(), 1 << 20))
        if not piece:
            return None
        taken.write(piece)
    return taken.getvalue()


def _put(out, content):
    data = memoryview(struct.pack("!Q", len(content)) + content)
    while data:
        data = data[os.write(out, data) :]


if __name__ == "__main__":
    main()
