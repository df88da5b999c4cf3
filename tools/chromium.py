"""The machine's Chromium, for the tools that print and measure."""

import os
import shutil
import sys
from contextlib import contextmanager

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium():
    """$CHROMIUM, or the first browser of that family on PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium(*arguments):
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        sys.exit("No Chromium found: install one, or name it in the variable CHROMIUM.")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", *arguments])
        yield browser
        browser.close()
