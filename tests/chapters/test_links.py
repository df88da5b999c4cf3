"""What a chapter's text points to is there, in every front end and not on the built page alone."""

import re

import nbformat
import pytest
from pybtex.database import parse_file
from pybtex.richtext import Text

from tools import refresh

NOTEBOOKS = sorted(refresh.NOTEBOOKS.glob("*.ipynb"))
REFERENCES = refresh.ROOT / "book" / "references.bib"

# what MyST sets on the page and any other front end shows as it is written
RAW = {
    "a role": r"\{[a-z][\w:.+-]*\}`",
    "a directive": r"^\s*(`{3,}|~{3,}|:{3,})\s*\{",
    "a colon fence": r"^\s*:{3,}",
    "a target": r"^\s*\([\w-]+\)=\s*$",
    "a comment": r"^%",
    "a substitution": r"\{\{",
    "a block break": r"^\+\+\+",
    "a link without its words": r"\[\]\(",
}
LINK = re.compile(r"\[([^\[\]]+)\]\(([^()\s]+)\)")
CITED = re.compile(r"(?P<who>[^\W\d_].*?)(?: \((?P<said>\d{4})\)|, (?P<year>\d{4}))$")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def texts(request):
    """The text of each Markdown cell, without its code and formulas."""
    cells = nbformat.read(request.param, as_version=4).cells
    return [without_code(cell.source) for cell in cells if cell.cell_type == "markdown"]


def without_code(text):
    text = re.sub(r"^```\w*\n.*?^```$", "", text, flags=re.M | re.S)  # a plain fence is fine
    text = re.sub(r"(?<![}`])(`{1,2})(?!`).+?(?<!`)\1(?!`)", "", text, flags=re.S)
    return re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", "", text, flags=re.S)


def entries():
    """Address -> (who, year), as a chapter cites the entry."""
    found = {}
    for key, entry in parse_file(str(REFERENCES)).entries.items():
        names = [str(Text.from_latex(" ".join(p.last_names))) for p in entry.persons["author"]]
        many = len(names) > 2 or "others" in names
        who = f"{names[0]} et al." if many else " and ".join(names)
        doi, url = entry.fields.get("doi"), entry.fields.get("url")
        assert doi or url, f"{key} has no address: give it a doi or a url"
        address = f"https://doi.org/{doi}" if doi else url
        address = address.replace("(", "%28").replace(")", "%29")  # a link of Markdown ends at )
        assert address not in found, f"{key} has the address of {found.get(address)}"
        found[address] = (who, entry.fields.get("year"))
    return found


def wrong_citations(text, known):
    """The links of `text` that look like a citation, or go to a source, and do not agree."""
    wrong, by_name = [], {said: address for address, said in known.items()}
    for words, address in LINK.findall(text):
        cited = CITED.match(words)
        said = cited and (cited["who"], cited["said"] or cited["year"])
        if (said or address in known) and known.get(address) != said:
            right = by_name.get(said) or "an entry of book/references.bib"
            if address in known:
                right = "{} ({})".format(*known[address])
            wrong.append(f"[{words}]({address}): expected {right}")
    return wrong


def raw(text):
    return [
        f"{name}: {hit[0]!r}" for name, form in RAW.items() for hit in re.finditer(form, text, re.M)
    ]


def test_a_chapter_shows_nothing_raw_in_a_plain_front_end(texts):
    assert [hit for text in texts for hit in raw(text)] == []


def test_a_citation_says_who_and_when_and_leads_to_the_source(texts):
    known = entries()
    assert [hit for text in texts for hit in wrong_citations(text, known)] == []


def test_a_file_that_a_chapter_links_to_is_there(texts):
    paths = {path.partition("#")[0] for text in texts for _, path in LINK.findall(text)}
    local = {path for path in paths if path and "://" not in path}
    assert local
    assert [path for path in local if not (refresh.NOTEBOOKS / path).is_file()] == []


def test_a_chapter_cites_its_sources(texts):
    known = entries()
    cited = {address for text in texts for _, address in LINK.findall(text)} & set(known)
    last = texts[-1]
    assert last.startswith("## Sources")
    assert cited, "no link leads to a source"
    for address in cited:
        assert address in last, f"{known[address]} is cited and not among the sources"


@pytest.mark.parametrize(
    "text",
    [
        "as {cite}`elman1990` says",
        "see {ref}`here <place>`",
        "```{literalinclude} ../rnn_core/rnn.py\n:pyobject: RNN\n```",
        ":::{note}\nwords\n:::",
        "````{dropdown} Title\nwords\n````",
        "(a-place)=",
        "% unseen",
        "{{ version }}",
        "see [](02_bptt.ipynb)",
    ],
)
def test_what_only_the_built_page_understands_is_found(text):
    assert raw(without_code(text))


@pytest.mark.parametrize(
    "text",
    [
        "Elman's [network](02_bptt.ipynb), with `{cite}` named in code and $\\{x\\}`$",
        "```python\nx = {'a': 1}\n```",
        "```bash\n% ls\n```",
    ],
)
def test_what_every_front_end_understands_is_let_through(text):
    assert raw(without_code(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "[Elman (1991)](https://doi.org/10.1207/s15516709cog1402_1)",
        "[Elmann, 1990](https://doi.org/10.1207/s15516709cog1402_1)",
        "[Elman (1990)](https://doi.org/10.1109/5.58337)",
        "[this paper](https://doi.org/10.1109/5.58337)",
        "[Someone et al., 2020](https://example.org/)",
    ],
)
def test_a_wrong_citation_is_found(text):
    assert wrong_citations(text, entries())
