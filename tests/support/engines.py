"""Firefox and WebKit, as far as a test needs them: open a page, run a script in it.

    with firefox() as open_page:
        page = open_page(url)
        assert page.run("return document.title") == "Unrolled"

Firefox speaks WebDriver BiDi itself, over a socket; WebKitGTK's driver speaks WebDriver over http
and wants a screen, which Xvfb gives.  Neither needs more than what stands here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

SECONDS = 180  # for one script: a new Python on a busy machine


def command(*names):
    """The first of these programs on PATH; without one the test is skipped."""
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip(f"{names[0]} is not installed")
    return path


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def started(*words, **options):
    """A program and all that it starts, ended at the end."""
    process = subprocess.Popen(words, start_new_session=True, **options)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def soon(what, seconds=60):
    """What `what()` gives once it raises nothing any more."""
    end = time.monotonic() + seconds
    while True:
        try:
            return what()
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


# ---- Firefox


class Bidi:
    """A page of Firefox."""

    def __init__(self, address):
        import websocket

        self.socket = websocket.create_connection(address, timeout=SECONDS, suppress_origin=True)
        self.count = 0
        self.send("session.new", capabilities={})
        self.context = self.send("browsingContext.create", type="tab")["context"]

    def send(self, method, **params):
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.count:
                if answer["type"] == "error":
                    raise RuntimeError(answer["message"])
                return answer["result"]

    def open(self, url):
        self.send("browsingContext.navigate", context=self.context, url=url, wait="complete")
        return self

    def run(self, script):
        answer = self.send(
            "script.callFunction",
            functionDeclaration=f"async () => JSON.stringify(await (async () => {{ {script} }})())",
            target={"context": self.context},
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))


@contextmanager
def firefox():
    path = command("firefox-esr", "firefox")
    with tempfile.TemporaryDirectory() as profile:
        Path(profile, "user.js").write_text(
            'user_pref("browser.shell.checkDefaultBrowser", false);'
        )
        words = [path, "--headless", "--no-remote", "--remote-debugging-port", "0"]
        with started(
            *words,
            "--profile",
            profile,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        ) as process:
            for line in process.stderr:
                if found := re.search(r"ws://127\.0\.0\.1:\d+", line):
                    break
            page = Bidi(f"{found[0]}/session")
            yield page.open
            page.socket.close()


# ---- WebKit


class WebDriver:
    """A page of WebKitGTK."""

    def __init__(self, address):
        self.address = address
        wanted = {"browserName": "MiniBrowser"}
        answer = self.send("/session", capabilities={"alwaysMatch": wanted})
        self.address += f"/session/{answer['sessionId']}"
        self.send("/timeouts", script=SECONDS * 1000)

    def send(self, path, **body):
        request = urllib.request.Request(self.address + path, json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def open(self, url):
        self.send("/url", url=url)
        return self

    def run(self, script):
        whole = (
            "const done = arguments[arguments.length - 1];"
            f"(async () => {{ {script} }})().then((value) => done({{ value }}),"
            " (error) => done({ error: String(error) }));"
        )
        answer = self.send("/execute/async", script=whole, args=[])
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer.get("value")


@contextmanager
def webkit():
    driver, screen = command("WebKitWebDriver"), command("Xvfb")
    port, quiet = free_port(), {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    read, write = os.pipe()
    with started(screen, "-displayfd", str(write), "-screen", "0", "1280x1024x24",
                 pass_fds=(write,), **quiet):  # fmt: skip
        os.close(write)
        with os.fdopen(read) as said:
            display = f":{said.readline().strip()}"
        environment = {**os.environ, "DISPLAY": display, "GDK_BACKEND": "x11"}
        with started(driver, f"--port={port}", env=environment, **quiet):
            page = soon(lambda: WebDriver(f"http://127.0.0.1:{port}"))
            yield page.open
