"""Formulas as MathML, made when the book is built: the page needs no script for them.

math-core turns LaTeX into MathML Core, which every present browser lays out and every screen
reader knows. The font is STIX Two Math (from the wheel of ziamath), cut down to the characters
that the book's formulas use and kept in the stylesheet itself: formulas never jump.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from importlib.resources import files
from io import BytesIO
from logging import getLogger
from pathlib import Path

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)
getLogger("fontTools").setLevel("WARNING")  # it tells of every table that it cuts

STYLE = "formulas.css"
MATH = re.compile(r"<math\b.*?</math>", re.S)
latex = LatexToMathML(fancy_error=False)


def mathml(node: nodes.Node, source: str, display: bool) -> str:
    # fences of a fixed size stay small in WebKit, and in Chromium under an exponent; these stretch
    source = re.sub(r"\\[bB]igg?l\b", r"\\left", source)
    source = re.sub(r"\\[bB]igg?r\b", r"\\right", source)
    try:
        html = latex.convert_with_local_state(source, displaystyle=display)
        # an operator between two things, which Firefox takes for the large sign of a sum
        return re.sub(r"<mo\b([^>]*)>(?=[⊕⊖⊗⊘⊙]<)", r'<mo\1 largeop="false">', html)
    except LatexError as error:
        logger.warning(f"{error} in the formula `{source}`", location=node)
        return f"<code>{source}</code>"


def visit_inline(self, node: nodes.math) -> None:
    source = node.astext()
    self.body.append(self.starttag(node, "span", "", CLASS="math", **{"data-tex": source}))
    self.body.append(mathml(node, source, display=False) + "</span>")
    raise nodes.SkipNode


def visit_display(self, node: nodes.math_block) -> None:
    source = node.astext().strip()
    tex = {"data-tex": source}  # what is copied: unrolled.js
    if r"\\" in source and r"\begin" not in source:
        source = rf"\begin{{aligned}}{source}\end{{aligned}}"
    self.body.append(self.starttag(node, "div", CLASS="math formula", **tex))
    # a formula that is wider than a phone scrolls in its own box, from the keyboard too
    self.body.append('<div class="formula-box">' + mathml(node, source, display=True) + "</div>")
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def glyphs_of(html: str) -> set[int]:
    """The code points that a browser needs for the formulas of a page."""
    wanted: set[int] = set()
    for formula in MATH.findall(html):
        for tag, attributes, text in re.findall(r"<(m[ion]|mtext)\b([^>]*)>([^<]*)", formula):
            text = unescape(text)
            wanted.update(map(ord, text))
            if tag == "mi" and len(text) == 1 and "normal" not in attributes:
                wanted.add(slanted(text))
        if "<msqrt" in formula or "<mroot" in formula:
            wanted.add(ord("√"))  # it stands in no text: the browser draws it
    return wanted


def slanted(letter: str) -> int:
    """The mathematical italic that a browser takes for a variable of one letter."""
    if letter == "h":
        return 0x210E  # Planck's constant came first
    for start, base in (("A", 0x1D434), ("a", 0x1D44E), ("Α", 0x1D6E2), ("α", 0x1D6FC)):
        if 0 <= ord(letter) - ord(start) < (26 if base < 0x1D6A8 else 25):
            return base + ord(letter) - ord(start)
    return {"∂": 0x1D715, "ϵ": 0x1D716, "ϕ": 0x1D719}.get(letter, ord(letter))


def font(wanted: set[int]) -> bytes:
    """STIX Two Math with these characters, their larger forms and the table for mathematics."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options(flavor="woff2", layout_features=["ssty", "flac", "dtls", "ccmp"])
    options.name_IDs = [0, 1, 2, 13, 14]  # the license stays in the font
    options.hinting = False
    source = TTFont(files("ziamath") / "fonts" / "STIXTwoMath-Regular.ttf", lazy=True)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted)
    cutter.subset(source)
    out = BytesIO()
    source.flavor = "woff2"
    source.save(out)
    return out.getvalue()


def write_style(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    wanted: set[int] = set()
    for page in Path(app.outdir).rglob("*.html"):
        wanted |= glyphs_of(page.read_text(encoding="utf-8"))
    style = Path(app.outdir, "_static", STYLE)
    mark = f"/* {hashlib.sha256(str(sorted(wanted)).encode()).hexdigest()[:16]} */\n"
    if style.exists() and style.read_text(encoding="utf-8").startswith(mark):
        return
    data = base64.b64encode(font(wanted)).decode()
    style.write_text(
        mark + '@font-face { font-family: "STIX Two Math"; font-display: block;\n'
        f'  src: url("data:font/woff2;base64,{data}") format("woff2"); }}\n',
        encoding="utf-8",
    )


def setup(app: Sphinx) -> dict:
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    app.add_css_file(STYLE)
    app.connect("build-finished", write_style)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
