"""Lift exercises of one chapter into a course, in nbgrader's own layout.

    python tools/assignment.py 2                            what chapter 2 offers
    python tools/assignment.py 2 cell-backward clip         these two, in assignment/
    python tools/assignment.py 2 --all --name week-3 --to ~/my-course

What lies in the course folder already is yours and stays; --force makes a notebook anew. In that
folder, with requirements-teacher.txt installed:

    nbgrader generate_assignment 02_bptt    release/: what students get
    nbgrader autograde 02_bptt              submitted/ -> autograded/, hidden tests put back
    nbgrader generate_feedback 02_bptt      feedback/
"""

from __future__ import annotations

import argparse
import copy
import sys
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import refresh, student  # noqa: E402

CONFIG = """\
from pathlib import Path

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import ClearHiddenTests, GetGrades, NbGraderPreprocessor


class HideTraces(NbGraderPreprocessor):
    \"\"\"A traceback of a check shows the hidden tests: the words are enough.\"\"\"

    def preprocess_cell(self, cell, resources, cell_index):
        if cell.metadata.get("nbgrader", {}).get("grade", False):
            for output in cell.get("outputs", []):
                if output.output_type == "error" and output.ename != "WrongAnswer":
                    output.traceback = [f"{output.ename}: {output.evalue}"]
        return cell, resources


c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "unrolled"
c.CourseDirectory.root = str(Path(__file__).parent)
c.Execute.timeout = 120
# nbgrader gives no point beside a word on stderr, and an answer may write there while it is judged
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = ".*"
# what students read about their work says nothing of the hidden tests and their seeds
c.GenerateFeedback.preprocessors = [
    GetGrades, ClearHiddenTests, HideTraces, CSSHTMLHeaderPreprocessor
]
"""


def chapter_path(number: int) -> Path:
    found = sorted(refresh.NOTEBOOKS.glob(f"{number:02d}_*.ipynb"))
    if len(found) != 1:
        raise SystemExit(f"no chapter {number} in {refresh.NOTEBOOKS}")
    return found[0]


def mark(cell) -> str:
    """The id of a cell that belongs to an exercise, else an empty string."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def exercises(notebook) -> list[str]:
    """Names of the exercises: each has a cell `name-task`, then `name`, `name-check`, ..."""
    marks = [mark(cell) for cell in notebook.cells]
    return [name.removesuffix("-task") for name in marks if name.endswith("-task")]


def owner(cell, names: list[str]) -> str:
    """The exercise that a cell belongs to: the longest name that its id begins with."""
    fitting = [name for name in names if mark(cell) == name or mark(cell).startswith(f"{name}-")]
    return max(fitting, key=len, default="")


def lift(notebook, chosen: list[str]):
    """The chosen exercises with what they stand on.

    That is the title, the chapter's imports, and the code cells under the heading "Exercises"
    that belong to no exercise.  Each check imports its own judge.
    """
    names = exercises(notebook)
    title = next(cell for cell in notebook.cells if cell.cell_type == "markdown")
    imports = next(cell for cell in notebook.cells if cell.cell_type == "code")
    lifted = copy.deepcopy(notebook)
    lifted.cells = [copy.deepcopy(title), copy.deepcopy(imports)]
    lifted.cells[0].source = title.source.split("\n")[0]
    in_section = False
    for cell in notebook.cells:
        in_section = in_section or cell.source.startswith("## Exercises")
        setup = in_section and cell.cell_type == "code" and not mark(cell)
        if setup or owner(cell, names) in chosen:
            lifted.cells.append(copy.deepcopy(cell))
            lifted.cells[-1].source = student.with_own_judge(cell)
    return lifted


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapter", type=int)
    parser.add_argument("exercises", nargs="*", help="none: list what there is")
    parser.add_argument("--all", action="store_true", help="every exercise of the chapter")
    parser.add_argument("--name", help="name of the assignment (default: the notebook's)")
    parser.add_argument("--to", type=Path, default=ROOT / "assignment", help="course folder")
    parser.add_argument("--force", action="store_true", help="write over a notebook of that name")
    args = parser.parse_args()

    path = chapter_path(args.chapter)
    notebook = nbformat.read(path, as_version=4)
    offered = exercises(notebook)
    chosen = offered if args.all else args.exercises
    if not chosen:
        print(f"{path.name} offers: {' '.join(offered) or 'no exercise'}")
        return 0
    if unknown := sorted(set(chosen) - set(offered)):
        print(f"not in {path.name}: {' '.join(unknown)}. It offers: {' '.join(offered)}")
        return 1

    lifted = lift(notebook, chosen)
    try:
        lifted = refresh.clean(refresh.run(lifted))
    except CellExecutionError as error:
        print(f"The lifted exercises do not stand on their own:\n{error}")
        return 1
    name = args.name or path.stem
    target = args.to / "source" / name / path.name
    text = refresh.written(lifted)
    if target.exists() and target.read_text(encoding="utf-8") != text and not args.force:
        print(
            f"{target} exists and says something else: your own seeds, perhaps, or other "
            f"exercises.\n"
            f"Nothing was written. Take another name with --name, another folder with --to, or "
            f"--force to write over it."
        )
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8", newline="\n")
    config = args.to / "nbgrader_config.py"
    if not config.exists():
        config.write_text(CONFIG, encoding="utf-8")
    print(f"{target}\n  {len(chosen)} exercises, run and right: {' '.join(chosen)}")
    print(f"  next, in {args.to}: nbgrader generate_assignment {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
