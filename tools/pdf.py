"""Print the built book into one PDF: formulas, stills of the explorables, no controls.

    python tools/pdf.py [SITE] [OUT]        default: _build/html, _build/unrolled.pdf

The articles of the site, in the order of the table of contents, become one page without scripts,
which Chromium prints. Links between chapters lead within the file; headings become its outline.
"""

from __future__ import annotations

import posixpath
import re
import sys
from html import escape
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tools.chromium import chromium

ROOT = Path(__file__).resolve().parent.parent
FOOTER = (
    '<div style="width:100%;font:8px sans-serif;color:#57606a;text-align:center">'
    '<span class="pageNumber"></span></div>'
)
STYLE = """
  @page { size: A4; margin: 18mm 18mm 20mm; }
  body { font-size: 10.5pt; padding: 0; }
  article { break-before: page; }
  .cover { height: 225mm; display: flex; flex-flow: column; justify-content: center; gap: 8mm; }
  .cover h1 { font-size: 40pt; margin: 0; }
  .cover img { width: 90mm; } .cover p { color: var(--u-muted); }
  pre { white-space: pre-wrap; font-size: 8pt !important; }
  details > summary { list-style: none; } details.hide { display: none; } /* unseen code stays so */
  .drawn > svg, .explorable-still > svg { min-width: 0 !important; }
"""


def pages() -> list[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [toc["root"], *(page["file"] for part in toc["parts"] for page in part["chapters"])]


def key(name: str) -> str:
    return re.sub(r"\W+", "-", name)


def article(site: Path, name: str, names: list[str]) -> str:
    html = (site / f"{name}.html").read_text(encoding="utf-8")
    start = re.search(r"<article [^>]*>", html).end()
    body = html[start : html.rindex("</article>")]
    body = re.sub(r"<script\b.*?</script>|<a class=\"headerlink\".*?</a>", "", body, flags=re.S)
    body = re.sub(r'<details (?=[^>]*class="sd)', "<details open ", body)
    body = re.sub(r'(\s(?:id|for|aria-labelledby)=")', rf"\1{key(name)}--", body)
    body = body.replace("url(#", f"url(#{key(name)}--")
    folder = posixpath.dirname(name)

    def link(found: re.Match) -> str:
        attribute, target = found[1], found[2]
        if re.match(r"[a-z]+:", target):
            return found[0]
        path, _, place = target.partition("#")
        where = posixpath.normpath(posixpath.join(folder, path)) if path else f"{name}.html"
        page = where.removesuffix(".html")
        if page in names:
            return f'{attribute}="#{key(page)}{"--" + place if place else ""}"'
        return f'{attribute}="{where}"' if attribute == "src" else ""

    body = re.sub(r'\b((?:xlink:)?href|src)="([^"]*)"', link, body)
    return f'<article id="{key(name)}">{body}</article>'


def whole(site: Path) -> str:
    names = pages()
    styles = {
        style
        for name in names
        for style in re.findall(
            r"<style>.*?</style>",
            (site / f"{name}.html").read_text(encoding="utf-8").partition("</head>")[0],
            re.S,
        )
    }
    head = (site / f"{names[0]}.html").read_text(encoding="utf-8").partition("</head>")[0]
    sheets = [link.replace("../", "") for link in re.findall(r'<link rel="stylesheet"[^>]*>', head)]
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    title, author = escape(config["title"]), escape(config["author"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title>"
        f"{''.join(sheets)}{''.join(sorted(styles))}"
        f'<style>{STYLE}</style></head><body data-theme="light">'
        f'<div class="cover"><img src="_static/logo.svg" alt=""><h1>{title}</h1>'
        f"<p>Recurrent neural networks you can take hold of. On paper each figure is its still "
        f"picture; on the page it moves.</p><p>{author}. Text CC BY 4.0, code MIT.</p></div>"
        + "".join(article(site, name, names) for name in names)
        + "</body></html>"
    )


def main() -> None:
    site = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "_build" / "html").resolve()
    out = Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "_build" / "unrolled.pdf").resolve()
    if not (site / "index.html").exists():
        sys.exit(f"{site} holds no built site: `make book` first.")
    sheet = site / "print.html"  # beside the pages, so that it finds what they find
    sheet.write_text(whole(site), encoding="utf-8")
    try:
        with chromium() as browser:
            page = browser.new_page()
            page.goto(sheet.as_uri())
            page.emulate_media(media="print")
            page.evaluate("document.fonts.ready")
            page.pdf(
                path=out,
                prefer_css_page_size=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=FOOTER,
                outline=True,
                tagged=True,
                print_background=True,
            )
    finally:
        sheet.unlink()
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
