"""A class of a hundred through `python -m rnn_core.checks class`.

Right, wrong in each way that has a name, hostile, broken; and what page and table say of them.
"""

import csv
import functools
import inspect
import json
import os
import re
import sys
import textwrap
import types
import zipfile

import nbformat
import pytest

from rnn_core.checks.classroom import cli
from rnn_core.checks.classroom.ask import Rooms
from rnn_core.checks.classroom.cells import before
from rnn_core.checks.classroom.collect import students
from rnn_core.checks.classroom.grade import grade
from rnn_core.checks.exercise import TABLE, rewritten
from tests.support.site import ROOT

ASKED = {name: answer.name for chapter in students(ROOT / "notebooks")
         for name, answer in chapter.answers.items()}  # fmt: skip
SLOW = {e.id for e in TABLE.values() if e.once}  # trainings: two students are enough
IMPORTS = """\
import numpy as np
from rnn_core import *
from rnn_core.data import *
from rnn_core.diagnostics import *
from rnn_core.gradcheck import relative_error
"""


def asked(exercise):
    """The name that is to hold an answer; the reference's where no chapter asks for one."""
    return ASKED.get(exercise, TABLE[exercise].reference.__name__)


def cell(source, mark=None, graded=False):
    made = nbformat.v4.new_code_cell(source)
    if mark:
        made.metadata["nbgrader"] = {"grade_id": mark, "grade": graded, "solution": not graded}
    return made


def notebook(answers):
    """A notebook with some answers, by the exercise's id."""
    cells = [cell(IMPORTS)]
    for name, source in answers.items():
        ask = f'check("{name}", {asked(name)}).require()'
        cells += [cell(source, name), cell(ask, f"{name}-check", graded=True)]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells))


def named(source, function, name):
    """The source of a function as the student's answer, under the name that was asked for."""
    return source.replace(f"def {function.__name__}(", f"def {name}(", 1)


def stands_alone(function):
    """Whether an answer needs nothing but what a notebook imports."""
    scope = {}
    exec(IMPORTS, scope)
    code = [function.__code__]
    names = set()
    while code:
        part = code.pop()
        names |= set(part.co_names)
        code += [c for c in part.co_consts if isinstance(c, types.CodeType)]
    return all(name in scope for name in names & function.__globals__.keys())


FUNCTIONS = [e for e in TABLE.values() if not e.value and stands_alone(e.reference)]
QUICK = [e for e in FUNCTIONS if e.id not in SLOW]


def right(exercise):
    source = textwrap.dedent(inspect.getsource(exercise.reference))
    return named(source, exercise.reference, asked(exercise.id))


def wrong(exercise, mistake):
    source = rewritten(mistake.reference, mistake.instead)
    return named(source, mistake.reference, asked(exercise.id))


RIGHT_NOT = "def clip(grads, max_norm):\n    return grads, 1.0\n"
HOSTILE = {
    "redefines check": "def check(*a, **k):\n    return True\n{right_not}",
    "patches the verdict": """\
import rnn_core.checks
class Yes:
    right, kind = True, "right"
    def require(self): return self
for name in dir(rnn_core.checks):
    try: setattr(rnn_core.checks, name, lambda *a, **k: Yes())
    except Exception: pass
{right_not}""",
    "patches builtins": """\
import builtins
builtins.all = builtins.any = lambda *a: True
{right_not}""",
    "patches NumPy": """\
np.allclose = np.array_equal = np.all = lambda *a, **k: True
np.linalg.norm = lambda *a, **k: 0.0
{right_not}""",
    "looks for the right answer": """\
import sys, gc
def clip(grads, max_norm):
    from rnn_core.checks.exercise import TABLE
    return TABLE["bptt.clip"].reference(grads, max_norm)
""",
    "ends its process": "import os\ndef clip(grads, max_norm):\n    os._exit(0)\n",
    "kills what it can": """\
import os, signal
def clip(grads, max_norm):
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
""",
    "never ends": "def clip(grads, max_norm):\n    while True:\n        pass\n",
    "takes all memory": "def clip(grads, max_norm):\n    return np.ones(10**10), 1.0\n",
    "answers by itself": """\
import os, struct
def clip(grads, max_norm):
    for number in range(3, 32):
        try: os.write(number, struct.pack("!Q", 5) + b"right")
        except OSError: pass
    return None
""",
    "is equal to everything": """\
class Equal:
    __array_priority__ = 1e9
    def __eq__(self, other): return True
    def __float__(self): return 1.0
    def __array__(self, *a, **k): raise RuntimeError
    def __repr__(self): raise RuntimeError
def clip(grads, max_norm):
    return {name: Equal() for name in grads}, Equal()
""",
    "forges what is sent": """\
import sys
for name, module in list(sys.modules.items()):
    if name.endswith((".answer", ".plain")):
        module.pack = module.pack_ran = lambda data: b'["plain", true]'
{right_not}""",
    "crashes in C": "import ctypes\ndef clip(grads, max_norm):\n    ctypes.string_at(0)\n",
    "writes into the page": """\
raise type("</td><script>document.title = 1</script>", (Exception,), {})("<img src=x>")
""",
    "stops the interpreter": "raise SystemExit(0)\n",
    "pretends to be stopped by hand": "def clip(grads, max_norm):\n    raise KeyboardInterrupt\n",
}
BROKEN = {
    "no json": b"\x00\x01 not a notebook",
    "nothing": b"",
    "a list": b"[1, 2]",
    "no cells": b'{"cells": 5}',
    "deep": b"[" * 100_000,
    "cells of numbers": json.dumps({"cells": [{"cell_type": "code", "source": [1]}]}).encode(),
}


@pytest.fixture(scope="module")
def submitted(tmp_path_factory):
    """A folder of a hundred students, and for each what is expected: a verdict by exercise."""
    folder, expected = tmp_path_factory.mktemp("class"), {}

    def hand_in(who, content, verdicts):
        (folder / who).mkdir()
        data = content if isinstance(content, bytes) else content.encode()
        (folder / who / "answers.ipynb").write_bytes(data)
        expected[who] = verdicts

    for i in range(10):
        chosen = QUICK[i::10] + ([TABLE[name] for name in SLOW] if i < 2 else [])
        hand_in(f"right{i}", notebook({e.id: right(e) for e in chosen}),
                {e.id: ("right", ()) for e in chosen})  # fmt: skip
    slips = [(e, m) for e in QUICK for m in e.mistakes
             if not callable(m.instead) and stands_alone(m.function)]  # fmt: skip
    count = 100 - len(expected) - len(HOSTILE) - len(BROKEN)
    for i in range(count):
        mine = {e.id: (e, m) for e, m in slips[i::count]}
        hand_in(f"wrong{i}", notebook({name: wrong(*pair) for name, pair in mine.items()}),
                {name: ("wrong", (m.name,)) for name, (_, m) in mine.items()})  # fmt: skip
    for i, source in enumerate(HOSTILE.values()):
        other = QUICK[i % 3]
        answers = {other.id: right(other), "bptt.clip": source.replace("{right_not}", RIGHT_NOT)}
        hand_in(f"hostile{i}", notebook(answers),
                {other.id: ("right", ()), "bptt.clip": ("not right", ())})  # fmt: skip
    for i, content in enumerate(BROKEN.values()):
        hand_in(f"broken{i}", content, {})
    assert len(expected) == 100
    return folder, expected


@pytest.fixture(scope="module")
def results(submitted, tmp_path_factory):
    folder, _ = submitted
    out = tmp_path_factory.mktemp("results")
    assert cli.main(["class", str(folder), "--out", str(out), "--jobs", "2", "--limit", "4"]) == 0
    return out


def read(out):
    memory = json.loads((out / "class.json").read_text())
    return {name: (verdicts, problems) for name, verdicts, problems in memory["rows"]}


def test_each_of_a_hundred_gets_what_the_answers_deserve(submitted, results):
    got, strange = read(results), []
    assert got.keys() == submitted[1].keys()
    for who, verdicts in submitted[1].items():
        found, problems = got[who]
        assert bool(problems) == who.startswith("broken"), (who, problems)
        assert found.keys() == verdicts.keys()
        for name, (kind, mistakes) in verdicts.items():
            _, said, _, names = found[name]
            fits = said == kind and tuple(names) == mistakes
            if kind == "wrong":  # what is not in the form asked for has a kind of its own
                fits = said != "right" and tuple(names) == mistakes
            elif kind == "not right":
                fits = said != "right"
            if not fits:
                strange.append((who, name, said, names, kind, mistakes))
    assert not strange, strange


def test_the_table_and_the_page_show_all_of_them(submitted, results):
    with (results / "class.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["student"] for row in rows} == submitted[1].keys()
    whole = sum(v[0] == "right" for vs in submitted[1].values() for v in vs.values())
    assert sum(int(row["right"]) for row in rows) == whole
    page = (results / "class.html").read_text()
    assert all(f"<bdi>{who}</bdi>" in page for who in submitted[1])
    assert "http://" not in page and "https://" not in page and "<script src" not in page


def test_the_page_sorts_runs_nothing_of_a_student_and_prints_on_one_sheet(results, browser):
    page, asked, errors = browser.new_page(), [], []
    try:
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto((results / "class.html").as_uri())
        assert page.title() == "A class at a glance"
        assert page.locator("img").count() == 0
        read = """(i) => [...document.querySelectorAll("tbody tr")]
            .map((row) => [row.cells[i].innerText, row.cells[0].innerText, row.dataset.row])"""
        students, rights = page.evaluate(read, 0), page.evaluate(read, 1)
        assert len(students) == 100
        page.locator("thead button").nth(1).click()
        assert page.evaluate(read, 1) == sorted(rights, key=lambda r: (-int(r[0]), int(r[2])))
        page.locator("thead button").nth(1).click()
        assert page.evaluate(read, 1) == sorted(rights, key=lambda r: (int(r[0]), int(r[2])))
        page.locator("thead button").first.click()
        assert page.evaluate(read, 0) == students
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 1
        assert asked == [(results / "class.html").as_uri()] and not errors
    finally:
        page.close()


def test_a_second_run_judges_only_what_has_changed(submitted, results, capsys):
    folder, _ = submitted
    words = ["class", str(folder), "--out", str(results), "--limit", "4"]
    before = read(results)
    capsys.readouterr()
    assert cli.main(words) == 0
    assert "; 0 judged in this run" in capsys.readouterr().out
    changed = folder / "right0" / "answers.ipynb"
    held = changed.read_text()
    changed.write_text(held.replace("import numpy as np", "import numpy as np  # once more"))
    try:
        assert cli.main(words) == 0
    finally:
        changed.write_text(held)
    said = capsys.readouterr().out
    assert f"; {len(submitted[1]['right0'])} judged in this run" in said
    assert read(results) == before


def one(tmp_path, source, exercise="bptt.clip", **more):
    folder = tmp_path / "in"
    folder.mkdir(exist_ok=True)
    (folder / "ada.ipynb").write_text(notebook({exercise: source}))
    (row,) = grade(folder, **more).rows
    return row.verdicts[exercise]


def test_an_answer_has_neither_network_nor_files_to_change_where_the_system_can(tmp_path):
    with Rooms() as rooms:
        if not rooms.guarded:
            with pytest.raises(OSError, match="does not let an answer be cut off"):
                Rooms(guarded=True)
            return  # what is said of it then is tested below
    goal = tmp_path / "goal"
    source = f"""\
import os, socket
seen = []
try:
    open({str(goal)!r}, "w").write("here"); seen.append("wrote")
except OSError: pass
try:
    seen += [name for name in os.listdir({str(tmp_path / "in")!r})]
except OSError: pass
for family in (socket.AF_INET,):
    try:
        socket.create_connection(("127.0.0.1", {os.getpid() % 1000 + 20000}), timeout=1)
        seen.append("reached")
    except ConnectionRefusedError: seen.append("asked")
    except OSError: pass
seen += [f"saw {{p}}" for p in os.listdir("/proc") if p == {str(os.getpid())!r}]
def clip(grads, max_norm):
    raise RuntimeError(" ".join(seen) or "nothing")
"""
    said = one(tmp_path, source)
    assert not goal.exists()
    assert "nothing" in " ".join(said.lines), said.lines


@pytest.mark.parametrize("warm", [True, False] if Rooms.warm else [False])
def test_without_the_guard_an_answer_is_judged_in_a_process_of_its_own(tmp_path, monkeypatch, warm):
    monkeypatch.setattr(Rooms, "warm", warm)
    assert one(tmp_path, right(TABLE["bptt.clip"]), guarded=False).right
    for kind in ("ends its process", "kills what it can", "patches the verdict"):
        said = one(tmp_path, HOSTILE[kind].replace("{right_not}", RIGHT_NOT), guarded=False)
        assert not said.right and said.kind != "untouched", kind


@pytest.mark.skipif(not Rooms.warm, reason="no room is left open here")
def test_without_the_guard_no_answer_looks_into_the_room_that_runs_the_others(tmp_path):
    source = """\
import os
seen = []
for process in (os.getppid(), int(open(f"/proc/{os.getppid()}/stat").read().split()[3])):
    for number in range(32):
        try:
            os.close(os.open(f"/proc/{process}/fd/{number}", os.O_RDONLY | os.O_NONBLOCK))
            seen.append(f"file {number}")
        except (PermissionError, FileNotFoundError): pass
    try:
        open(f"/proc/{process}/mem", "r+b").close()
        seen.append("memory")
    except PermissionError: pass
def clip(grads, max_norm):
    raise RuntimeError(" ".join(seen) or "nothing")
"""
    said = one(tmp_path, source, guarded=False)
    assert "RuntimeError: nothing" in " ".join(said.lines), said.lines


def test_where_it_cannot_be_cut_off_the_command_and_the_page_say_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cli, "grade", functools.partial(grade, guarded=False))
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "ada.ipynb").write_text(notebook({"bptt.clip": right(TABLE["bptt.clip"])}))
    assert cli.main(["class", str(folder), "--out", str(tmp_path / "out")]) == 0
    assert "does not let an answer be cut off" in capsys.readouterr().out
    assert "did not let it be cut off" in (tmp_path / "out" / "class.html").read_text()


def test_your_own_seed_gives_other_cases(tmp_path):
    from rnn_core.checks.runner import library

    book, own = (library("bptt.clip", seed) for seed in (None, 31415))
    assert repr(book.cases) != repr(own.cases)
    assert one(tmp_path, right(TABLE["bptt.clip"]), seed=31415).right


def test_whose_it_is_in_each_way_that_it_comes_back(tmp_path):
    text = notebook({"bptt.clip": right(TABLE["bptt.clip"])})
    by_name = tmp_path / "flat"
    by_name.mkdir()
    (by_name / "ada.ipynb").write_text(text)
    course = tmp_path / "course" / "submitted" / "ada" / "week2"
    course.mkdir(parents=True)
    (course / "02.ipynb").write_text(text)
    canvas, moodle = tmp_path / "canvas.zip", tmp_path / "moodle.zip"
    with zipfile.ZipFile(canvas, "w") as archive:
        archive.writestr("ada_123_456_02.ipynb", text)
    with zipfile.ZipFile(moodle, "w") as archive:
        archive.writestr("Ada L_99_assignsubmission_file/02.ipynb", text)
        archive.writestr("../../etc/evil.ipynb", text)
    for place in (by_name, tmp_path / "course", canvas, by_name / "ada.ipynb"):
        assert [s.name for s in students(place)] == ["ada"], place
        assert [*students(place)[0].answers] == ["bptt.clip"]
    assert [s.name for s in students(moodle)] == ["Ada L", "etc"]


def test_parts_are_put_together(tmp_path):
    for who in ("ada", "bob"):
        folder = tmp_path / f"in-{who}"
        folder.mkdir()
        (folder / f"{who}.ipynb").write_text(notebook({"bptt.clip": right(TABLE["bptt.clip"])}))
        assert cli.main(["class", str(folder), "--out", str(tmp_path / who)]) == 0
    parts = [str(tmp_path / who) for who in ("ada", "bob")]
    assert cli.main(["class", "--merge", *parts, "--out", str(tmp_path / "all")]) == 0
    assert read(tmp_path / "all").keys() == {"ada", "bob"}


def test_a_page_that_somebody_else_wrote_stays(tmp_path, capsys):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "ada.ipynb").write_text(notebook({"bptt.clip": right(TABLE["bptt.clip"])}))
    for name in ("class.html", "class.csv", "class.json"):
        out = tmp_path / name.replace(".", "-")
        out.mkdir()
        (out / name).write_text("my own notes")
        assert cli.main(["class", str(folder), "--out", str(out)]) == 1
        assert (out / name).read_text() == "my own notes"
        assert [path.name for path in out.iterdir()] == [name]
        assert "--out" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["class"], ["class", "nowhere"], ["class", "x", "--jobs", "0"]])
def test_what_is_not_there_is_told(tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    assert cli.main(words) == 1
    assert "should" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def test_only_what_an_answer_needs_is_run():
    imports = "import time\nx = 2\ny = 1 / 0\n%matplotlib inline"
    cells = [imports, "def f():\n    return g() + x", "def g():\n    return 1"]
    assert [statement.__class__.__name__ for _, statement in before(cells, 1)] == [
        "Assign", "FunctionDef",
    ]  # fmt: skip


def test_every_exercise_that_a_chapter_asks_is_found_with_its_answer():
    chapters = students(ROOT / "notebooks")
    assert len(chapters) == len([*(ROOT / "notebooks").glob("*.ipynb")])
    for chapter in chapters:
        source = nbformat.read(ROOT / "notebooks" / f"{chapter.name}.ipynb", as_version=4)
        asks = re.findall(r'check\("([\w.]+)"', "\n".join(c.source for c in source.cells))
        assert chapter.answers.keys() == {*asks}
        for name, answer in chapter.answers.items():
            defines = rf"^(def {answer.name}\(|{answer.name} =)"
            assert re.search(defines, answer.cells[answer.index], re.M), name


def test_an_answer_is_found_where_checks_marks_or_both_are_gone_or_others_were_added(tmp_path):
    def lacking(checks=True, marks=True, extra=()):
        made = nbformat.reads(notebook({"bptt.clip": good, "anatomy.count": count}), as_version=4)
        made.cells = [c for c in made.cells if checks or "check(" not in c.source]
        made.cells[2:2] = [cell(source) for source in extra]
        for one in made.cells:
            one.metadata = one.metadata if marks else {}
        return nbformat.writes(made)

    good, count = (right(TABLE[name]) for name in ("bptt.clip", "anatomy.count"))
    handed_in = {
        "whole": lacking(),
        "no checks": lacking(checks=False),
        "no marks": lacking(marks=False),
        "neither": lacking(checks=False, marks=False),
        "tried": lacking(extra=["other = None", 'check("bptt.clip", other)']),
    }
    for name, text in handed_in.items():
        (tmp_path / f"{name}.ipynb").write_text(text)
    found = {s.name: s.answers for s in students(tmp_path)}
    assert found.pop("neither") == {}  # nothing says what is asked there
    for name, answers in found.items():
        assert answers.keys() == {"bptt.clip", "anatomy.count"}, name
        assert answers["bptt.clip"].cells[answers["bptt.clip"].index] == good, name
        assert answers["bptt.clip"].name == "clip", name


def test_the_command_is_there():
    assert sys.modules["rnn_core.checks.classroom.cli"].main is cli.main
    with pytest.raises(SystemExit) as ended:
        cli.main(["class", "--help"])
    assert ended.value.code == 0
