"""One Chromium for all browser tests; in CI a missing one is a failure (tests/conftest.py)."""

import os
import shutil
import subprocess
import sys
import time

import pytest

from tests.support.site import ROOT, site_folder
from tools.serve import served

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium():
    """$CHROMIUM, or the first browser of that family on PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium found: install one, or name it in the variable CHROMIUM")
    with sync_api.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site():
    """The folder of the built site. `make book` makes it; where it is missing it is built here."""
    folder = site_folder()
    if not (folder / "index.html").exists():
        if "UNROLLED_SITE" in os.environ:
            pytest.fail(f"UNROLLED_SITE names {folder}, which holds no built site")
        build_site(folder)
    return folder


def build_site(folder):
    """Once, whoever of the parallel workers comes first."""
    lock = folder.parent / ".being-built"
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        lock.mkdir()
    except FileExistsError:
        while lock.exists():
            time.sleep(1)
        assert (folder / "index.html").exists(), "the build failed in another worker"
        return
    try:
        command = [sys.executable, "-m", "jupyter_book", "build", ".", "-n", "-W", "--keep-going"]
        subprocess.run(command, cwd=ROOT, check=True)
    finally:
        lock.rmdir()


@pytest.fixture(scope="session")
def address(site):
    """The same site over http, as hosts serve it: compressed."""
    with served(site) as base:
        yield base
