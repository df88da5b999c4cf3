"""What axe-core, the accessibility checker, finds on a page that is open in Playwright."""

from __future__ import annotations

# A token of code looks as its class looks: of thousands, one of each in each kind of box stays.
ONE_OF_EACH = """() => {
  const seen = new Set();
  for (const token of document.querySelectorAll(".highlight pre span")) {
    const box = token.closest(".cell_output, .cell_input, details, .admonition")?.className;
    const look = `${token.className} ${box} ${token.parentElement.className}`;
    if (seen.has(look)) token.replaceWith(...token.childNodes);
    seen.add(look);
  }
}"""


def violations(page) -> list[str]:
    """One line for each rule that is broken, with the first place. (The page is used up.)"""
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate(ONE_OF_EACH)
    found = Axe().run(page, options={"preload": False, "resultTypes": ["violations"]})
    return [
        f"{v['id']}: {v['help']} ({v['nodes'][0]['html'][:120]})"
        for v in found.response["violations"]
    ]
