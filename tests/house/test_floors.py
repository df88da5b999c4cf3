"""The package is a house: imports point down, and the ground floor needs NumPy alone."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import rnn_core

HOUSE = Path(rnn_core.__file__).parent
FLOORS = [
    {"shapes", "norms", "words"},
    {"cell", "gates", "layers", "loss", "optim", "gradcheck", "data"},
    {"rnn"},
    {"model", "checkpoint"},
    {"train", "sample", "diagnostics", "checks"},
    {"widgets", "plots", "text", "notebook", "torch"},
]


def floor(name):
    """The floor of a room; `StopIteration` for one that has none: give it a floor."""
    return next(i for i, names in enumerate(FLOORS) if name in names)


def imports(path):
    """Modules of the house that a file imports, as the names of its rooms."""
    inside = path.relative_to(HOUSE).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            if node.level:
                base = inside[: len(inside) - node.level + 1]
                parts = (*base, *(node.module or "").split("."))
            elif (node.module or "").split(".")[0] == "rnn_core":
                parts = tuple(node.module.split(".")[1:]) or ("",)
            else:
                continue
            parts = [p for p in parts if p]
            if parts:
                yield parts[0]
            else:  # `from rnn_core import ...`: a room, or a name of the front door, which has
                rooms = set().union(*FLOORS)  # seen the fourth floor
                yield from (a.name if a.name in rooms else "train" for a in node.names)


def rooms():
    for path in sorted(HOUSE.rglob("*.py")):
        name = path.relative_to(HOUSE).parts[0].removesuffix(".py")
        if name not in ("__init__", "__main__"):
            yield name, path


def test_imports_point_down():
    up = [
        f"{path.relative_to(HOUSE)} (floor {floor(name)}) imports {used} (floor {floor(used)})"
        for name, path in rooms()
        for used in imports(path)
        if used != name and floor(used) > floor(name)
    ]
    assert not up, "\n".join(up)


def test_there_are_enough_rooms_for_this_test_to_mean_something():
    assert {name for name, _ in rooms()} == set().union(*FLOORS)


def test_the_docstring_of_the_package_names_every_room_on_its_floor():
    text, seen, number = rnn_core.__doc__, {}, None
    for line in text.splitlines():
        if found := re.match(r"    ([0-5 ])  ([a-z].*)", line):
            number = int(found[1]) if found[1] != " " else number
            seen.setdefault(number, set()).update(re.sub(r"\(.*", "", found[2]).split())
    assert [seen[i] for i in range(len(FLOORS))] == FLOORS


def test_every_public_name_is_in_all():
    """What a module offers is said once, in ``__all__``: tests and pages go through it.

    In `checks` and `widgets` the front door says it for the whole room.
    """
    wrong = []
    for name, path in rooms():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if name in ("checks", "widgets") or (path.name == "__init__.py" and name != "data"):
            continue
        named, said = set(), set()
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                named.add(node.name)
            for target in node.targets if isinstance(node, ast.Assign) else ():
                names = {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
                if "__all__" in names:
                    said = set(ast.literal_eval(node.value))
                named |= names
        missing = {n for n in named if not n.startswith("_")} - said
        wrong += [f"{path.relative_to(HOUSE)}: {n}" for n in sorted(missing)]
    assert not wrong, "add to __all__, or begin the name with _:\n" + "\n".join(wrong)


def test_importing_the_package_loads_numpy_and_nothing_heavy():
    code = "import sys, rnn_core; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "numpy" in loaded
    heavy = {"matplotlib", "anywidget", "ipywidgets", "IPython", "scipy", "tqdm", "torch", "pandas"}
    assert not loaded & heavy
