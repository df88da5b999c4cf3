"""Listings that cost a phone little: half of a chapter's elements were names and commas of code.

A token that both styles draw in the color of plain text gets no element of its own. The lines of a
listing stand in one box that says how wide and how high they are, so that a browser need not lay
out the listings that nobody sees yet (`content-visibility`), and the page is as long as if it had.
"""

from __future__ import annotations

from functools import cache

from pygments.formatters import HtmlFormatter
from pygments.styles import get_style_by_name
from pygments.token import Token
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge

STYLES = ("a11y-high-contrast-light", "a11y-high-contrast-dark")


@cache
def plain(kind) -> bool:
    """Whether a token of this kind looks like any text, in the light and in the dark."""
    styles = [get_style_by_name(name) for name in STYLES]
    while any(kind not in style._styles for style in styles):  # a lexer's own kind of token
        kind = kind.parent
    looks = (style.style_for_token for style in styles)
    return all(look(kind) in (look(Token), look(Token.Name)) for look in looks)


class Listing(HtmlFormatter):
    def format(self, tokensource, outfile):
        tokens = list(tokensource)
        lines = "".join(text for _, text in tokens).rstrip("\n").split("\n")
        self.size = f"--lines: {len(lines)}; --columns: {max(map(len, lines))}"
        return super().format(
            ((Token if plain(kind) else kind, text) for kind, text in tokens), outfile
        )

    def wrap(self, source):
        def sized():
            yield 0, f'<span class="lines" style="{self.size}">'
            yield from source
            yield 0, "</span>"

        return super().wrap(sized())


def set_dark_style(app: Sphinx) -> None:
    """The theme brings this setting, too late for _config.yml."""
    app.config.pygments_dark_style = STYLES[1]


def setup(app: Sphinx) -> dict:
    app.connect("config-inited", lambda app, config: setattr(config, "pygments_style", STYLES[0]))
    app.connect("builder-inited", set_dark_style, priority=400)  # the theme reads it at 500
    PygmentsBridge.html_formatter = Listing
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
