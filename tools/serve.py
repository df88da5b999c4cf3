"""Serve a folder as static hosts do: compressed, and cached for a while.

python tools/serve.py [FOLDER] [PORT]
"""

from __future__ import annotations

import gzip
import sys
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

TEXT = (".html", ".css", ".js", ".svg", ".json", ".txt", ".ipynb", ".md", ".inv")


@lru_cache(maxsize=512)
def packed(path: str, changed: float) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 9)


class Host(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *args, headers=None, **kwargs):
        self.more = headers or (lambda path: {})
        super().__init__(*args, **kwargs)

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path = path / "index.html"
        status = 200
        if not path.is_file():
            path, status = Path(self.directory, "404.html"), 404
            if not path.is_file():
                self.send_error(404)
                return
        accepts = "gzip" in self.headers.get("Accept-Encoding", "")
        small = accepts and path.suffix in TEXT
        body = packed(str(path), path.stat().st_mtime) if small else path.read_bytes()
        headers = {
            "Content-Type": self.guess_type(str(path)),
            "Content-Length": str(len(body)),
            "Cache-Control": "max-age=600",
            **({"Content-Encoding": "gzip"} if small else {}),
            **self.more(path),
        }
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@contextmanager
def served(folder: Path, port: int = 0, headers=None):
    """The address at which `folder` is served; `headers(path)` are those of one file's own."""
    host = partial(Host, directory=str(folder), headers=headers)
    server = ThreadingHTTPServer(("127.0.0.1", port), host)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "_build/html")
    with served(folder, int(sys.argv[2]) if len(sys.argv) > 2 else 8000) as address:
        print(f"{folder} at {address}  (Ctrl+C ends it)")
        with suppress(KeyboardInterrupt):
            Event().wait()
