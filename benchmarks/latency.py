"""A figure of the book beside `interact` and matplotlib: `python -m benchmarks.latency`, JSON out.

Both are live in JupyterLab and draw the gradient's length by lag for a spectral radius. In turns, a
key is pressed on each slider; taken is the time from the key to the next paint of a new picture.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat
import numpy as np
from nbformat.v4 import new_code_cell, new_notebook

from tools.chromium import chromium

from .paired import ratio

CELLS = (
    "from rnn_core.widgets import GradientNorms\n\nGradientNorms()",
    """import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, interact

from rnn_core.diagnostics import gradient_norms, norm_bound
from rnn_core.plots.gradients import bound, norms_by_lag
from rnn_core.widgets.gradient_norms.gradient_norms import default_matrices

given = default_matrices()
W, dh = np.array(given["orthogonal"]), np.array([given["dh"]])


def draw(radius):
    _, ax = plt.subplots()
    norms_by_lag(ax, gradient_norms(dh, radius * W, np.ones((1, 50, len(W)))))
    bound(ax, norm_bound(radius * W, 50))
    plt.show()


interact(draw, radius=FloatSlider(0.9, min=0.5, max=1.6, step=0.05));""",
)
FIGURES = {  # slider, picture
    "explorable": (".u-gradient_norms input[type=range]", ".u-gradient_norms .u-stage"),
    "interact": (".widget-slider [role=slider]", ".widget-output"),
}
QUARTILES = {"low": 25, "median": 50, "high": 75}
PRESS = """([picture]) => new Promise((done) => {
  const place = document.querySelector(picture), before = place.querySelector("img")?.src;
  let pressed = null;
  const note = (event) => { pressed ??= event.timeStamp; };
  addEventListener("keydown", note, { capture: true, once: true });
  const watch = new MutationObserver(async () => {
    const image = place.querySelector("img");
    if (pressed === null || (before && (!image || image.src === before))) return;
    watch.disconnect();
    await image?.decode();
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel(); // its message comes after the paint
      port1.onmessage = () => done(performance.now() - pressed);
      port2.postMessage(0);
    });
  });
  watch.observe(place, { subtree: true, childList: true, attributes: true, characterData: true });
  window.ready = true;
})"""


@contextmanager
def lab(folder):
    """JupyterLab on a free port, without a password, for this machine only: its address."""
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.root_dir={folder}", "--IdentityProvider.token=", "--port=0"]
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    env = {**os.environ, **{name: str(Path(folder, name.lower())) for name in places}}
    log = Path(folder, "log")
    with log.open("w") as out, subprocess.Popen(command, env=env, stderr=out) as server:
        try:
            for _ in range(300):
                time.sleep(0.2)
                if found := re.search(r"http://[\w.]+:\d+/", log.read_text()):
                    break
            else:
                raise TimeoutError(f"JupyterLab has not started: {log.read_text()[-500:]}")
            yield found[0]
        finally:
            server.terminate()


def press(page, name, key):
    """Milliseconds from a key on a slider to the paint of the new picture."""
    slider, picture = FIGURES[name]
    page.locator(slider).first.focus()
    page.evaluate(f"window.ready = false; window.taken = null; ({PRESS})(['{picture}'])"
                  ".then((ms) => { window.taken = ms; }); null")  # fmt: skip
    page.wait_for_function("window.ready")
    page.keyboard.press(key)
    page.wait_for_function("window.taken !== null", timeout=20_000)
    return page.evaluate("window.taken")


def measure(rounds=30):
    """{"explorable": [ms ...], "interact": [ms ...]}, in turns."""
    with tempfile.TemporaryDirectory() as folder, lab(folder) as address, chromium() as browser:
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        cells = [new_code_cell(source) for source in CELLS]
        book = new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(book, Path(folder, "lag.ipynb"))
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        page.goto(f"{address}lab/tree/lag.ipynb")
        page.locator(".jp-CodeCell").nth(1).wait_for(timeout=60_000)
        page.get_by_text("| Idle").wait_for(timeout=60_000)  # cells run before that are lost
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        for slider, _ in FIGURES.values():
            page.locator(slider).first.wait_for(timeout=60_000)
        page.locator(".widget-output img").wait_for(timeout=60_000)
        # JupyterLab takes the arrow keys away from ipywidgets' own slider
        page.evaluate("document.querySelector('.widget-slider [role=slider]')"
                      ".setAttribute('data-lm-suppress-shortcuts', '')")  # fmt: skip
        taken = {name: [] for name in FIGURES}
        for i in range(rounds + 2):
            for name in sorted(taken, reverse=i % 2):  # in turns, each first half of the times
                taken[name].append(press(page, name, "ArrowRight" if i % 16 < 8 else "ArrowLeft"))
                page.wait_for_timeout(100)
    return {name: times[2:] for name, times in taken.items()}  # the first two warm up


def summary(taken):
    """Medians and quartiles in milliseconds, and the ratio within each pair."""
    rows = {
        name: {q: round(float(np.percentile(t, p)), 1) for q, p in QUARTILES.items()}
        for name, t in taken.items()
    }
    pairs = np.array(taken["interact"]), np.array(taken["explorable"])
    return {"milliseconds": rows, "ratio": ratio(*pairs), "rounds": len(pairs[0])}


if __name__ == "__main__":
    print(json.dumps(summary(measure()), indent=1))
