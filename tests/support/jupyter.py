"""JupyterLab and Notebook as a learner starts them, in a folder that knows nothing of the book's.

with jupyter("lab", folder, python=wheel) as address: ...
"""

import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path

from tests.support.site import ROOT

APPS = {"lab": ("jupyterlab", "LabApp"), "notebook": ("notebook", "JupyterNotebookApp")}
# every cell is in the page, not only those in view
TRACKER = "@jupyterlab/notebook-extension/tracker.jupyterlab-settings"

# imported by every Python that starts with this folder on its path
GUARD = """\
import os, sys
def stay_out(event, args, root={root!r}, own=os.path.realpath(sys.prefix)):
    if event == "open" and isinstance(args[0], str):
        path = os.path.realpath(args[0])
        if path.startswith(root + os.sep) and not path.startswith(own + os.sep):
            raise PermissionError(f"{{path}} is in the checkout, which a learner has not got")
sys.addaudithook(stay_out)
"""


def installed_wheel(folder: Path) -> Path:
    """The package as the wheel holds it, in a folder to put on PYTHONPATH."""
    source, place = folder / "source", folder / "wheel"
    place.mkdir(parents=True)
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    shutil.copytree(ROOT / "rnn_core", source / "rnn_core", ignore=ignore)
    build = "import setuptools.build_meta as build; build.build_wheel('.')"
    command = [sys.executable, "-c", build]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = source.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    shutil.rmtree(source)
    return guarded(place)


def guarded(folder: Path) -> Path:
    """Whoever starts with this folder on PYTHONPATH cannot open a file of the checkout."""
    (folder / "sitecustomize.py").write_text(GUARD.format(root=str(ROOT)), encoding="utf-8")
    return folder


def environment(python: Path, home: Path) -> dict[str, str]:
    """Python finds the package in `python`, Jupyter its settings below `home`, and nowhere else."""
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    places = {name: str(home / name.lower()) for name in (*names, "JUPYTERLAB_SETTINGS_DIR")}
    return {**os.environ, **places, "PYTHONPATH": str(python)}


@contextmanager
def jupyter(app: str, folder: Path, python: Path):
    """The server's address: a free port of this machine, no password."""
    module, name = APPS[app]
    home = folder.with_name(f"{folder.name}-{app}")
    env, log = environment(python, home), home / "log"
    settings = Path(env["JUPYTERLAB_SETTINGS_DIR"], TRACKER)
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}', encoding="utf-8")
    command = [sys.executable, "-m", module, "--no-browser", "--allow-root", "--port=0"]
    command += [f"--ServerApp.root_dir={folder}", "--IdentityProvider.token="]
    command += [f"--{name}.expose_app_in_browser=True"]
    with log.open("w") as out, subprocess.Popen(command, env=env, stderr=out) as server:
        try:
            until = time.monotonic() + 90
            while not (found := re.search(r"http://[\w.]+:\d+/", log.read_text())):
                assert server.poll() is None and time.monotonic() < until, log.read_text()[-2000:]
                time.sleep(0.1)
            yield found[0]
        finally:
            server.terminate()
