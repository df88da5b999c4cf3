"""class.html: a class at a glance, on one page that asks for nothing else.

Whatever a student wrote is text here: it is escaped, and the page's own rule (a
Content-Security-Policy) lets no script run but the one that sorts the table.
"""

import base64
import hashlib
from collections import Counter
from html import escape
from pathlib import Path

from ...words import t
from ..runner import find
from .grade import named

HERE = Path(__file__).parent
KINDS = {"right": "right", "named": "known", "partly": "known", "form": "known",
         "changed": "known", "unknown": "other", "raised": "other", "hung": "other",
         "untouched": "open"}  # fmt: skip
RANK = {kind: i for i, kind in enumerate(["right", "changed", "form", "named", "partly", "unknown",
                                          "raised", "hung", "untouched"])}  # fmt: skip
COMMON = 10  # mistakes that are shown at once
SHEET = 180.0  # mm of paper for the rows
LEAST = 1.7  # mm of a row that can still be read
ROOMY = 4.2  # mm of a row that takes two lines of small print


def page(made):
    """The whole page as text."""
    style = (HERE / "page.css").read_text(encoding="utf-8")
    script = (HERE / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    row = min(4.6, SHEET / max(len(made.rows), 1))
    size = "many" if row < LEAST else "roomy" if row >= ROOMY else ""
    return f"""\
<!doctype html>
<html lang="en" style="--row: {row:.3f}mm">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{_text(t("A class at a glance"))}</title>
<link rel="icon" href="data:,">
<style>
{style}</style>
</head>
<body class="{size}">
<main>
<h1>{_text(t("A class at a glance"))}</h1>
{_summary(made)}
{_mistakes(made)}
{_students(made)}
</main>
<script>{script}</script>
</body>
</html>
"""


def _text(text):
    return escape(str(text))


def _code(text):
    """Escaped; what stands between backticks is code."""
    parts = escape(str(text)).split("`")
    if len(parts) % 2 == 0:
        return "`".join(parts)
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))


def _count(number, one, many):
    return t("1 " + one) if number == 1 else t("{count} " + many, count=number)


def _summary(made):
    answers = [said for row in made.rows for said in row.verdicts.values()]
    words = [
        _count(len(made.rows), "student", "students"),
        _count(len(made.exercises), "exercise", "exercises"),
        t("{right} of {all} answers right", right=sum(v.right for v in answers), all=len(answers)),
    ]
    lines = [", ".join(words) + "."]
    broken = sum(bool(row.problems) for row in made.rows)
    if broken:
        lines.append(_count(broken, "student handed in a notebook that cannot be read.",
                            "students handed in a notebook that cannot be read."))  # fmt: skip
    how = (
        t("Each answer ran cut off from the network, from other processes, and from all files "
          "that it could have changed; it was compared elsewhere.")
        if made.guarded
        else t("Each answer ran in a process of its own and was compared elsewhere. This system "
               "did not let it be cut off from the network and the files.")
    )  # fmt: skip
    return f'<p>{_text(" ".join(lines))}</p>\n<p class="soft more">{_text(how)}</p>'


# ---- the commonest mistakes


def common(made):
    """(exercise, mistake, how many students) for each mistake with a name, commonest first."""
    counts = Counter(
        (name, mistake)
        for row in made.rows
        for name, said in row.verdicts.items()
        for mistake in dict.fromkeys(said.mistakes)
    )
    order = made.exercises
    found = sorted(counts.items(), key=lambda item: (-item[1], order.index(item[0][0]), item[0][1]))
    return [(*which, count) for which, count in found]


def _mistakes(made):
    found = common(made)
    head = f"<h2>{_text(t('To discuss at the board'))}</h2>"
    if not found:
        return f"{head}\n<p>{_text(t('No mistake that has a name.'))}</p>"
    most = found[0][2]
    items = [_mistake(made, *entry, most) for entry in found]
    first, rest = "\n".join(items[:COMMON]), "\n".join(items[COMMON:])
    more = _count(len(items) - COMMON, "further mistake", "further mistakes")
    rest = rest and (
        f'<details class="more"><summary>{_text(more)}</summary>\n'
        f'<ol class="mistakes">\n{rest}\n</ol></details>'
    )
    return f'{head}\n<ol class="mistakes">\n{first}\n</ol>\n{rest}'


def _mistake(made, exercise, mistake, count, most):
    words = " ".join(map(_code, _words(made, exercise, mistake)))
    return (
        f'<li><div class="head"><b>{_text(t(mistake))}</b><span>{_text(exercise)}, '
        f"{_text(_count(count, 'student', 'students'))}</span></div>"
        f'<span class="bar"><i style="width: {100 * count / most:.1f}%"></i></span>'
        f"<p>{words}</p></li>"
    )


def _words(made, exercise, mistake):
    """What there is to say about a mistake: from the library, else from a verdict that has it."""
    for known in find(exercise).mistakes:
        if known.name == mistake:
            look = known.look if known.look.endswith((".", "?", "!")) else f"{known.look}."
            return t(known.words), t("Where to look: {look}", look=t(look))
    said = (row.verdicts.get(exercise) for row in made.rows)
    return next((v.lines[:1] for v in said if v is not None and mistake in v.mistakes), ())


# ---- students by exercises


def hardest_first(made):
    """The exercises with the share of right answers among all students, lowest first."""
    shares = {name: sum(_right(row, name) for row in made.rows) for name in made.exercises}
    return sorted(made.exercises, key=lambda name: shares[name])


def _right(row, name):
    said = row.verdicts.get(name)
    return said is not None and said.right


def _students(made):
    names = hardest_first(made)
    heads = "".join(_head(made, name) for name in names)
    rows = "\n".join(_row(row, i, names) for i, row in enumerate(made.rows))
    key = "".join(
        f'<span><i class="{kind}"></i>{_text(t(words))}</span>'
        for kind, words in (("right", "right"), ("known", "a mistake that has a name"),
                            ("other", "wrong in another way, or stopped"),
                            ("open", "not started, or not handed in"))
    )  # fmt: skip
    return f"""\
<h2>{_text(t("Students by exercises, the hardest first"))}</h2>
<div class="key">{key}
<label class="names"><input type="checkbox" id="names"> {_text(t("hide the names"))}</label></div>
<p class="printed">{_text(_sheet(made))}</p>
<div class="scroll students" tabindex="0" role="region" aria-label="{_text(t("Students"))}">
<table>
<thead><tr>
<th class="student" aria-sort="ascending"><button type="button">{_text(t("student"))}</button></th>
<th class="few"><button type="button">{_text(t("right"))}</button></th>
{heads}
</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>"""


def _sheet(made):
    if SHEET / max(len(made.rows), 1) >= LEAST:
        return ""
    return t("{count} students are too many for the rows of one sheet: the table is on the "
             "screen and in class.csv.", count=len(made.rows))  # fmt: skip


def _head(made, name):
    kinds = Counter(_kind(row.verdicts.get(name)) for row in made.rows)
    parts = "".join(
        f'<i class="{kind}" style="width: {100 * kinds[kind] / len(made.rows):.1f}%"></i>'
        for kind in ("right", "known", "other")
    )
    said = t("{right} of {all} right", right=kinds["right"], all=len(made.rows))
    chapter, _, own = name.partition(".")
    return (
        f'<th title="{_text(find(name).title)}"><small>{_text(chapter)}.</small>'
        f'<button type="button">{_text(own).replace("_", "_<wbr>")}</button>'
        f'<span class="share">{parts}</span><small>{_text(said)}</small></th>'
    )


def _kind(said):
    return "open" if said is None else KINDS[said.kind]


def _row(row, number, names):
    right = sum(said.right for said in row.verdicts.values())
    cells = "".join(_cell(row.verdicts.get(name)) for name in names)
    note = "; ".join(row.problems)
    if note and not row.verdicts:
        cells = f'<td class="note" colspan="{len(names)}">{_text(note)}</td>' if names else ""
    elif note:
        note = f'<br><small title="{_text(note)}">{_text(note)}</small>'
    who = f"<bdi>{_text(row.student)}</bdi>"
    return (
        f'<tr data-row="{number}"><th class="student" scope="row" data-rank="{number}" '
        f'data-as="{_text(t("student"))}">{who}{note if row.verdicts else ""}</th>'
        f'<td class="number" data-rank="{-right}">{right}</td>{cells}</tr>'
    )


def _cell(said):
    rank = len(RANK) if said is None else RANK[said.kind]
    kind, words = _kind(said), _short(said)
    if said is None or said.kind in ("right", "untouched"):
        return f'<td class="{kind}" data-rank="{rank}">{words}</td>'
    lines = "".join(f"<p>{_code(line)}</p>" for line in said.lines)
    return (
        f'<td class="{kind}" data-rank="{rank}"><details><summary>{words}</summary>{lines}'
        f"</details></td>"
    )


def _short(said):
    """A verdict's name, the mistake's own where it has one, after a sign that needs no color."""
    if said is None:
        words = _text(named(said))
        return f'<span role="img" aria-label="{words}" title="{words}">–</span>'
    sign = {"right": "✓", "untouched": "–"}.get(said.kind, "✗")
    words = ", ".join(map(t, said.mistakes)) or named(said)
    return f"{sign} {_text(words)}"


__all__ = ["common", "hardest_first", "page"]
