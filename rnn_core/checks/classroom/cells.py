"""What an answer cell needs of the notebook around it: its imports, and helpers of the student's.

A notebook holds plots, figures and trainings beside the answers.  None of that is run.  An answer
names what it needs; `before` finds the statements that give these names, and what those need.
"""

import ast
import re
import symtable


def before(cells, index):
    """The statements that cell `index` stands on, in the order to run them.

    Parameters
    ----------
    cells : list of str
        The sources of the code cells.
    index : int
        The answer among them.

    Returns
    -------
    list of (int, ast.stmt)
        The number of the cell that each comes from, and the statement.

    Raises
    ------
    SyntaxError
        If the answer itself cannot be read; of a cell that cannot be read nothing is used.
    """
    statements = []  # (cell, statement, names it binds, names it needs)
    for number, source in enumerate(cells):
        if number != index:
            statements += [(number, s, *_names(ast.unparse(s))) for s in _statements(source)]
    own, missing = _names(readable(cells[index]))
    chosen = {i for i, (_, s, *_) in enumerate(statements) if _takes_all(s)}
    here = next((i for i, (n, *_) in enumerate(statements) if n > index), len(statements))
    search = [(name, here, here) for name in missing - own]
    while search:
        name, until, since = search.pop()
        found = _binding(statements, name, until, since)
        if found is not None and found not in chosen:
            chosen.add(found)
            # the body of a function looks its names up when the answer calls it
            place = (here, here) if _waits(statements[found][1]) else (found, found + 1)
            search += [(needed, *place) for needed in statements[found][3]]
    return [statements[i][:2] for i in sorted(chosen)]


def readable(source):
    """A cell as Python: a line for the shell or for IPython becomes ``pass``."""
    try:
        ast.parse(source)
        return source
    except SyntaxError:
        return re.sub(r"^(\s*)[%!?].*$", r"\1pass", source, flags=re.M)


def _statements(source):
    try:
        return ast.parse(readable(source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _binding(statements, name, until, since):
    """The last statement before `until` that binds the name, else the first one from `since`."""
    earlier = (i for i in reversed(range(until)) if name in statements[i][2])
    later = (i for i in range(since, len(statements)) if name in statements[i][2])
    return next(earlier, next(later, None))


def _waits(statement):
    return isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))


def _takes_all(statement):
    return isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*"


def _names(source):
    """(names bound at the top, names that are looked up there) in some code."""
    top = symtable.symtable(source, "<cell>", "exec")
    bound = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    needed = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    added_to = (n.target for n in ast.walk(ast.parse(source)) if isinstance(n, ast.AugAssign))
    needed |= {target.id for target in added_to if isinstance(target, ast.Name)} & bound
    inner = [*top.get_children()]
    while inner:
        table = inner.pop()
        inner += table.get_children()
        for symbol in table.get_symbols():
            if symbol.is_global() and symbol.is_referenced():
                needed.add(symbol.get_name())
            if symbol.is_declared_global() and symbol.is_assigned():
                bound.add(symbol.get_name())
    return bound, needed
