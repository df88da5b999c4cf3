"""From a path or an address to a text.

A download is watched: how long it takes, how fast it is and how much it brings.  What is no text
is not kept.
"""

import contextlib
import hashlib
import os
import re
import threading
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from .files import reason, write_whole

__all__ = [
    "LARGEST",
    "PATIENCE",
    "SECONDS",
    "cache_folder",
    "decode",
    "download",
    "encoded",
    "forget",
    "is_html",
    "is_url",
    "read_bytes",
    "read_text",
]

LARGEST = 2**28  # bytes of a text: 256 MB, more than a year of reading
SECONDS = 600  # for a whole download
PATIENCE = 30  # seconds, from which on it has to bring 1,000 bytes in each second on average

_KINDS = {  # how files begin that are often taken for texts
    b"%PDF": "a PDF: save it as plain text",
    b"PK\x03\x04": "a zip archive or a document (.docx, .odt, .epub): save it as plain text",
    b"\x1f\x8b": "packed with gzip: unpack it",
    b"BZh": "packed with bzip2: unpack it",
    b"\xfd7zXZ": "packed with xz: unpack it",
    b"{\\rtf": "a document in RTF: save it as plain text",
}


def read_text(source, sha256=None, cache=None, refresh=False, progress=None):
    """The text of a file, or of a page if `source` begins with ``http://`` or ``https://``.

    A page is downloaded once, into the cache folder, and read from there the next time.  A
    download that breaks off, has the wrong checksum or is no text leaves nothing behind.

    Parameters
    ----------
    source : str or Path
        Of UTF-8 text, with or without byte order mark; line ends of any kind become ``\\n``.
    sha256 : str, optional
        What the checksum of the bytes must be, 64 hexadecimal digits.
    cache : str or Path, optional
        The folder for downloads; without it `cache_folder()`.
    refresh : bool
        Download the page anew, whatever the cache holds.
    progress : callable, optional
        ``progress(done, total)`` in bytes while a download is under way; total may be None.

    Raises
    ------
    ValueError
        With one line that says what is wrong and what to do: there is no such file, it is empty
        or no UTF-8 text, the checksum differs, the page cannot be had.
    """
    return decode(read_bytes(source, sha256, cache, refresh, progress), source)


def read_bytes(source, sha256=None, cache=None, refresh=False, progress=None):
    """The bytes of a file or page: see `read_text`."""
    if sha256 is not None and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise ValueError(
            f"sha256 should be 64 hexadecimal digits, got {len(sha256)} characters: "
            f"run sha256sum on the file that you trust"
        )
    if is_url(source):
        folder = Path(cache or cache_folder()).expanduser()
        return _from_cache(str(source), sha256, folder, refresh, progress)
    data = _from_file(Path(source).expanduser())
    _check_sha256(data, sha256, source)
    return data


def decode(data, name="the text"):
    """Bytes of UTF-8 as a str, line ends as ``\\n``; ValueError if they are anything else."""
    if not data.strip():
        raise ValueError(f"{name} is empty: give a text with words in it")
    for start, what in _KINDS.items():
        if data.startswith(start):
            raise ValueError(f"{name} is not a text but {what}, and give that file")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ValueError(f"{name} is UTF-16, not UTF-8: save it as UTF-8")
    if b"\0" in data:
        raise ValueError(f"{name} is not a text (it holds zero bytes): give a plain text file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name} is not UTF-8 (byte {error.start} is 0x{data[error.start]:02x}): "
            f"save it as UTF-8"
        ) from None
    if not text.strip():
        raise ValueError(f"{name} is empty: give a text with words in it")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_html(text):
    """True for the source of a web page."""
    return text[:1000].lstrip("\ufeff \n\t").lower().startswith(("<!doctype html", "<html"))


def is_url(source):
    """True for an address that begins with ``http://`` or ``https://``."""
    return str(source).lower().startswith(("http://", "https://"))


def cache_folder():
    """Where downloads go: $UNROLLED_CACHE, or ``unrolled`` in the user's cache folder."""
    own, users = os.environ.get("UNROLLED_CACHE"), os.environ.get("XDG_CACHE_HOME")
    return Path(own) if own else Path(users or Path.home() / ".cache") / "unrolled"


def _from_file(path):
    if path.is_dir():
        raise ValueError(f"{path} is a folder: give the path of a text file")
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}: check the path") from None
    except (OSError, ValueError) as error:  # no permission; a zero in the path
        raise ValueError(f"{path} cannot be read ({reason(error)}): check the path") from None
    _check_size(len(data), path)
    return data


def forget(source, cache=None):
    """Delete the copy of a page that turned out to be of no use, so that it is asked for again."""
    if is_url(source):
        folder = Path(cache or cache_folder()).expanduser()
        with contextlib.suppress(OSError, ValueError):
            _place(str(source), folder)[0].unlink()


def _place(url, folder):
    """The path of a page in the cache, and its name."""
    name = unquote(urlsplit(encoded(url)).path.rsplit("/", 1)[-1]) or "text"
    name = re.sub(r"[^A-Za-z0-9.\-]", "_", name)[-80:]
    digest = hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()
    return folder / f"{digest[:16]}-{name}", name


def _from_cache(url, sha256, folder, refresh, progress):
    path, name = _place(url, folder)
    if not refresh:
        with contextlib.suppress(OSError, ValueError):  # none, or none that is of use
            data = path.read_bytes()
            _check_sha256(data, sha256, url)
            _check_page(data, name, url)
            return data
    data = download(url, progress=progress)
    _check_sha256(data, sha256, url)
    _check_page(data, name, url)
    try:
        write_whole(path, data)
    except OSError as error:
        raise ValueError(
            f"the cache folder {folder} cannot be written ({reason(error)}): choose another"
        ) from None
    return data


def _check_page(data, name, url):
    """A page that is no text, or one that a server sends in place of it."""
    text = decode(data, url)
    if name.lower().endswith((".txt", ".text", ".md", ".csv")) and is_html(text):
        raise ValueError(
            f"{url} is not the text but a web page, perhaps one to log in: open it in a browser, "
            f"save the text, and give that file"
        )


def encoded(url):
    """An address as it is sent: spaces and letters beyond ASCII become ``%`` and two digits."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
        host = host if host.isascii() else host.encode("idna").decode()
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:  # brackets without an end, a port that is no number, a long name
        raise ValueError(f"{url} cannot be reached ({reason(error)}): check the address") from None
    if parts.username is not None:
        raise ValueError(f"{parts.scheme}://{host} should come without a name or password in it")
    if not host or re.search(r"[\s\x00-\x1f]", host):
        raise ValueError(f"{url} cannot be reached (it names no host): check the address")
    host = f"[{host}]" if ":" in host else host
    kept = "/:@!$&'()*+,;=~-._?"

    def quoted(part):
        part = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", part)  # a % that encodes nothing
        return quote(part, safe=kept + "%", errors="replace")

    return urlunsplit((parts.scheme, host + port, quoted(parts.path), quoted(parts.query), ""))


def download(url, largest=None, seconds=None, patience=None, progress=None):
    """The bytes of a page, or a ValueError that says what happened.

    Parameters
    ----------
    url : str
    largest : int, optional
        The most bytes that are taken: `LARGEST`.
    seconds, patience : float, optional
        For the whole download, and until it has to be fast enough: `SECONDS`, `PATIENCE`.
    progress : callable, optional
    """
    largest = LARGEST if largest is None else largest
    seconds = SECONDS if seconds is None else seconds
    patience = PATIENCE if patience is None else patience
    page = _Page(url, encoded(url), largest, patience)
    page.start()
    start = time.monotonic()
    try:
        while page.is_alive():
            page.join(0.05)
            passed = time.monotonic() - start
            if not page.is_alive():
                break
            if progress is not None:
                progress(page.size, page.total)
            if passed > seconds:
                raise ValueError(
                    f"the download of {url} was not over after {seconds:.0f} s "
                    f"({page.size:,} bytes): try again, or download it yourself"
                )
            if passed > patience and page.size < 1000 * passed:
                raise ValueError(
                    f"the download of {url} is too slow ({page.size:,} bytes in {passed:.0f} s): "
                    f"try again later"
                )
    finally:
        page.given_up = True
    if page.error is not None:
        raise page.error
    if progress is not None:
        progress(page.size, page.total)
    return b"".join(page.pieces)


class _Page(threading.Thread):
    """A download on its own thread, so that whoever waits for it can stop waiting."""

    def __init__(self, url, address, largest, patience):
        super().__init__(daemon=True)
        self.url, self.address, self.largest, self.patience = url, address, largest, patience
        self.pieces, self.size, self.total = [], 0, None
        self.error, self.given_up = None, False

    def run(self):
        try:
            self.read()
        except Exception as error:  # it is raised again where it is waited for
            self.error = self.explained(error)

    def read(self):
        request = urllib.request.Request(self.address, headers={"User-Agent": "unrolled"})
        with _opener().open(request, timeout=self.patience) as page:
            announced = page.headers.get("Content-Length") or ""
            self.total = int(announced) if announced.isdecimal() else None
            if page.status != 200:
                raise ValueError(f"{self.url} answered {page.status} {page.reason}: {_help(0)}")
            _check_size(self.total or 0, self.url, self.largest)
            while not self.given_up and (piece := page.read1(2**16)):
                self.pieces.append(piece)
                self.size += len(piece)
                _check_size(self.size, self.url, self.largest)
        if self.total is not None and self.size != self.total:
            raise ValueError(
                f"the download of {self.url} broke off at {self.size} of {self.total} bytes: "
                f"try again"
            )

    def explained(self, error):
        """A ValueError of one line for whatever happened."""
        if isinstance(error, urllib.error.HTTPError):
            what = " ".join(str(error.reason).split()) or "without a reason"
            return ValueError(f"{self.url} answered {error.code} {what}: {_help(error.code)}")
        if isinstance(error, HTTPException):
            return ValueError(
                f"the download of {self.url} broke off ({reason(error) or type(error).__name__}): "
                f"try again"
            )
        if type(error) is ValueError:
            return error
        if self.size:
            return ValueError(f"the download of {self.url} broke off ({reason(error)}): try again")
        return ValueError(
            f"{self.url} cannot be reached ({reason(error)}): check the address and the network"
        )


def _opener():
    """Of http and https alone: no page may lead to a file of this machine."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler, urllib.request.HTTPHandler, urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler, urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor, urllib.request.UnknownHandler,
    ):  # fmt: skip
        opener.add_handler(handler())
    return opener


def _help(code):
    """What to do about the answer of a server."""
    if code in (401, 403, 407, 451):
        return "it is not for everyone; download it with a browser, and give the file"
    if code == 429 or code == 503:
        return "the server is busy; try again later"
    if 500 <= code < 600:
        return "the server has a fault; try again later"
    if 300 <= code < 400:
        return "the address leads elsewhere, and not to a page"
    return "check the address"


def _check_size(size, name, largest=None):
    largest = LARGEST if largest is None else largest
    if size > largest:
        raise ValueError(
            f"{name} should have at most {largest:,} bytes, got more: give a part of the text"
        )


def _sha256(data):
    return hashlib.sha256(data).hexdigest()


def _check_sha256(data, sha256, name):
    if sha256 is not None and _sha256(data) != sha256.lower():
        raise ValueError(
            f"{name} should have the sha256 {sha256.lower()}, got {_sha256(data)}: "
            f"it is not the file that you expect"
        )
