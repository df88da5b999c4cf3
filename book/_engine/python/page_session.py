"""What the page asks of Python: judge an answer, run a cell. Everything in and out is JSON."""

import ast
import builtins
import io
import json
import linecache
import os
import re
import sys
import time
import traceback

time.thread_time = time.process_time  # there is one thread
os.environ["MPLBACKEND"] = "module://page_backend"
os.makedirs("/book/notebooks", exist_ok=True)
os.chdir("/book/notebooks")  # as in the repository: cells name files from here

from rnn_core import checks  # noqa: E402
from rnn_core.checks import sandbox  # noqa: E402

LIMIT = 10.0  # seconds that an answer may take
MOST = 20_000  # characters of what it prints
DRAWING = ("matplotlib", "PIL")  # what comes with the second pack
HERE = __file__


def answer(call, args):
    return json.dumps(CALLS[call](**json.loads(args)))


# ---- output


class Printed(io.TextIOBase):
    """What is printed joins the outputs, in its place among the pictures."""

    def write(self, text):
        if not outputs or outputs[-1]["kind"] != "text":
            outputs.append({"kind": "text", "text": ""})
        last = outputs[-1]
        room = MOST - len(last["text"])
        if room > 0:
            last["text"] += text if len(text) <= room else text[:room] + "\n[...]"
        return len(text)


outputs = []


def shown(run):
    """`run()`; what it printed and showed, as a list."""
    outputs.clear()
    before = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = Printed()
    try:
        run()
    finally:
        sys.stdout, sys.stderr = before
    return list(outputs)


def show(value):
    """As a notebook shows the value of a cell's last line."""
    if value is None:
        return None
    html = getattr(value, "_repr_html_", None)
    if hasattr(value, "_ipython_display_"):  # a verdict
        return outputs.append({"kind": "html", "html": html()})
    if hasattr(value, "_esm"):  # an explorable
        outputs.append({"kind": "figure", "module": value._esm, "style": value._css,
                        "state": value.state(), "text": repr(value)})  # fmt: skip
    elif html and html():
        outputs.append({"kind": "html", "html": html()})
    else:
        Printed().write(repr(value) + "\n")
    return None


def show_open_figures():
    import matplotlib.pyplot as plt

    from rnn_core.plots.style import on_page, tidy_svg

    for number in plt.get_fignums():
        text = io.StringIO()
        plt.figure(number).savefig(text, format="svg")
        outputs.append({"kind": "picture", "svg": on_page(tidy_svg(text.getvalue(), title=""))})
    plt.close("all")


def run_code(source, space, name, show_last=False):
    """Run `source`; a traceback will find its lines under `name`."""
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    body = ast.parse(source, name)
    last = None
    if show_last and body.body and isinstance(body.body[-1], ast.Expr):
        last = ast.Expression(body.body.pop().value)
    exec(compile(body, name, "exec"), space)
    if last is not None:
        show(eval(compile(last, name, "eval"), space))
    if "matplotlib.pyplot" in sys.modules:
        show_open_figures()


def told(error, name):
    """A traceback without our own frames; the line of `name` it comes from."""
    frames = [f for f in traceback.extract_tb(error.__traceback__)
              if f.filename not in (HERE, sandbox.__file__)]  # fmt: skip
    if isinstance(error, ModuleNotFoundError) and error.name in DRAWING:
        return {"needs": "drawing.packed.js"}
    lines = [f.lineno for f in frames if f.filename == name]
    if isinstance(error, SyntaxError) and error.filename == name:
        lines = [error.lineno]
        frames = []
    words = ["Traceback (most recent call last):\n", *traceback.format_list(frames)]
    words += traceback.format_exception_only(error)
    return {"error": "".join(words if frames else words[1:]), "line": lines[-1] if lines else None}


# ---- what a cell needs

MODULES = (ast.Import, ast.ImportFrom)
BINDS = (*MODULES, ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.ClassDef)  # whatever comes
BUILT_IN = set(dir(builtins))


class Names(ast.NodeVisitor):
    """The names that a statement binds, and those that it reads."""

    def __init__(self, statement):
        self.bound, self.read = set(), set()
        self.visit(statement)

    def visit_Name(self, node):
        (self.read if isinstance(node.ctx, ast.Load) else self.bound).add(node.id)

    def visit_AugAssign(self, node):
        self.generic_visit(node)
        self.read |= {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}

    def visit_FunctionDef(self, node):
        self.bound.add(node.name)
        inside = Names(ast.Module(node.body, []))
        arguments = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
        self.read |= inside.read - inside.bound - arguments
        for part in [*node.decorator_list, node.args]:
            self.visit(part)

    def visit_Lambda(self, node):
        inside = Names(node.body)
        self.read |= inside.read - {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
        self.visit(node.args)

    def visit_ListComp(self, node):
        inside = Names(ast.Module([ast.Expr(part) for part in ast.iter_child_nodes(node)
                                   if isinstance(part, ast.expr)], []))  # fmt: skip
        for part in node.generators:
            for each in (part.target, part.iter, *part.ifs):
                found = Names(each)
                inside.bound |= found.bound
                inside.read |= found.read
        self.read |= inside.read - inside.bound

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    def visit_ClassDef(self, node):
        self.bound.add(node.name)
        inside = Names(ast.Module(node.body, []))
        self.read |= inside.read - inside.bound
        for part in [*node.decorator_list, *node.bases]:
            self.visit(part)

    def visit_alias(self, node):
        self.bound.add(names_of(node))


def names_of(alias):
    return (alias.asname or alias.name).split(".")[0]


def statements_of(source):
    try:
        return ast.parse(source).body
    except SyntaxError:  # it will say so when it is run
        return []


def before_it(wanted, statement):
    """The names that are wanted before `statement`, where `wanted` are wanted after it."""
    names = Names(statement)
    if isinstance(statement, BINDS):
        wanted = wanted - names.bound
    return wanted | names.read


def needed(before, source):
    """(cell, statement, names) of the sources `before` that `source` depends on, in order.

    From the last to the first: a statement counts if it binds a name that is read later, or touches
    an object that is (a generator is another one after each draw). A module never changes so, and
    of an import only the `names` that are wanted count.
    """
    wanted, fixed, found = set(), set(BUILT_IN), []
    for statement in reversed(statements_of(source)):
        wanted = before_it(wanted, statement)
    for text in before:
        for statement in statements_of(text):
            if isinstance(statement, MODULES):
                fixed |= Names(statement).bound
    for i in reversed(range(len(before))):
        for j, statement in reversed(list(enumerate(statements_of(before[i])))):
            names = Names(statement)
            touched = set() if isinstance(statement, MODULES) else names.read - fixed
            if names.bound & wanted or touched & wanted:
                imports = isinstance(statement, MODULES)
                found.append((i, j, sorted(names.bound & wanted) if imports else None))
                wanted = before_it(wanted, statement)
    return found[::-1]


def piece(source, j, names=None):
    """Statement j alone, at its own lines; of an import these `names`."""
    statement = statements_of(source)[j]
    if names is not None:
        statement.names = [a for a in statement.names if names_of(a) in names]
        return "\n" * (statement.lineno - 1) + ast.unparse(statement)
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
    lines = source.split("\n")[first - 1 : statement.end_lineno]
    return "\n" * (first - 1) + "\n".join(lines)


def pieces(before, source):
    return [piece(before[i], j, names) for i, j, names in needed(before, source)]


# ---- an exercise


def judge(before, source, check, name):
    """The verdict of `check` on an answer, as HTML; or what stopped the answer before it."""
    space, result = {"__name__": "__main__"}, {}

    def first():
        for part in pieces(before, f"{source}\n{check}"):
            run_code(part, space, "a cell above")

    def run():
        outcome = sandbox.call(lambda: run_code(source, space, name), LIMIT)
        if outcome.hung:
            result.update(hung=True, line=told(outcome.error, name)["line"])
        elif outcome.error is not None:
            result.update(told(outcome.error, name))
        else:
            result.update(verdict(eval(check, space)))

    try:
        shown(first)
    except Exception as error:
        return told(error, name)
    result["outputs"] = shown(run)
    return result


def verdict(found):
    line = [re.search(r", line (\d+)", text) for text in found.lines]
    line = [int(m[1]) for m in line if m]
    return {
        "html": found._repr_html_(), "kind": found.kind, "exercise": found.exercise,
        "line": line[0] if line and found.kind in ("raised", "hung") else None,
    }  # fmt: skip


def judge_all(seed=None):
    """Every reference and every known mistake, as [exercise, answer, words, HTML]."""
    from rnn_core.checks.judge import make_cases

    found = []
    for exercise in checks.exercises():
        for mistake in [None, *exercise.mistakes]:
            function = mistake.function if mistake else exercise.reference
            if exercise.value:
                (args,) = make_cases(exercise, seed).values()
                function = function(*args)
            said = checks.check(exercise.id, function, seed=seed)
            found.append([exercise.id, mistake and mistake.name, str(said), said._repr_html_()])
    return found


# ---- a cell of the chapter


class Chapter:
    """One namespace for the cells that were run, and which statements are done."""

    def __init__(self):
        self.space = {"__name__": "__main__"}
        self.done = set()  # (cell, statement), or (cell, None) for all of a cell
        self.last = -1


chapter = Chapter()


def plan(before, source, number, fresh=False):
    """What is to run before cell `number`, statement by statement.

    A cell above one that was run already starts anew, since names may mean something else by now.
    """
    global chapter
    if fresh or (number < chapter.last and (number, None) not in chapter.done):
        chapter = Chapter()
    todo = [
        (i, j, names)
        for i, j, names in needed(before, source)
        if (i, j) not in chapter.done and (i, None) not in chapter.done
    ]
    return {"pieces": todo}


def prepare(source, cell, statement, names):
    """Run one statement of a cell that another cell needs; its outputs are not shown."""
    result = {}

    def run():
        try:
            run_code(piece(source, statement, names), chapter.space, f"cell {cell + 1}")
            if names is None:  # of an import, other names may be wanted later
                chapter.done.add((cell, statement))
            chapter.last = max(chapter.last, cell)
        except BaseException as error:
            result.update(told(error, f"cell {cell + 1}"))

    shown(run)
    return result


def run(source, cell):
    """Run a cell as a notebook does: what it prints and shows, or its error."""
    result, name = {}, f"cell {cell + 1}"

    def all_of_it():
        try:
            run_code(source, chapter.space, name, show_last=True)
            chapter.done.add((cell, None))
            chapter.last = max(chapter.last, cell)
        except BaseException as error:
            result.update(told(error, name))

    result["outputs"] = shown(all_of_it)
    return result


CALLS = {f.__name__: f for f in (judge, judge_all, plan, prepare, run)}
