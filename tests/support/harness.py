"""A bare page for one explorable: render({ model, el }) and a model of thirty lines; no Jupyter.

    with bare_page(browser, Unfold(), width=390, dark=True) as page:
        page.locator("input[type=range]").first.focus()
        assert page.evaluate("figure.model.get('step')") == 1

``figure.model`` is the model, ``figure.cleanup()`` ends the figure, ``figure.again()`` renders it a
second time.  An error on the console and any request fail the test when the page closes.
"""

import json
from contextlib import contextmanager

from rnn_core.widgets import Explorable

PAGE = """<!doctype html><html lang="en" data-theme="%(theme)s">
<head><meta charset="utf-8"><title>%(name)s</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>html { background: %(paper)s } body { margin: 16px; } %(css)s</style></head>
<body><main><div id="one" data-figure="one"></div><div id="two"></div></main></body></html>"""

HOST = """async ([esm, state]) => {
  class Model {
    state = structuredClone(state); calls = new Map(); saved = 0;
    get(name) { return this.state[name]; }
    set(name, value) {
      if (JSON.stringify(value) === JSON.stringify(this.state[name])) return;
      this.state[name] = value;
      for (const event of [`change:${name}`, "change"]) {
        for (const call of this.calls.get(event) ?? []) call();
      }
    }
    save_changes() { this.saved += 1; }
    on(event, call) { this.calls.set(event, [...(this.calls.get(event) ?? []), call]); }
    off(event, call) {
      this.calls.set(event, (this.calls.get(event) ?? []).filter((one) => call && one !== call));
    }
    get listeners() { return [...this.calls.values()].flat().length; }
  }
  const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  const widget = (await import(url)).default, model = new Model();
  const show = async (id) => widget.render({ model, el: document.getElementById(id) });
  window.figure = { model, cleanup: await show("one"), again: () => show("two") };
}"""


def settled(page):
    """Wait until the figure has drawn what it was told: two frames, however long they take."""
    page.evaluate("new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")


@contextmanager
def bare_page(browser, widget: Explorable, width=1280, height=900, dark=False, **context):
    """The explorable in a page of its own; has_touch, reduced_motion, ... go to new_context."""
    context = browser.new_context(viewport={"width": width, "height": height}, **context)
    page = context.new_page()
    troubles = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "console",
        lambda message: troubles.append(message.text) if message.type == "error" else None,
    )
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith(("blob:", "about:")) else troubles.append(request.url)
        ),
    )
    theme, paper = ("dark", "#14181e") if dark else ("light", "#ffffff")
    page.set_content(
        PAGE % {"theme": theme, "paper": paper, "name": type(widget).__name__, "css": widget._css}
    )
    page.evaluate(HOST, [widget._esm, json.loads(json.dumps(widget.state()))])
    try:
        yield page
        assert not troubles, troubles
    finally:
        context.close()
