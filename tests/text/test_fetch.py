"""A text from a path or an address: as it is, or one line that says why not."""

import contextlib
import gzip
import hashlib
import io
import threading
import time
import tracemalloc
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.text import fetch
from rnn_core.text.cli import main
from rnn_core.text.fetch import decode, download, encoded, read_text
from rnn_core.text.files import write_whole
from rnn_core.text.screen import Bar

PAGE = "You say “goodbye”, and I say hello.\r\n".encode() * 30
WANT = "You say “goodbye”, and I say hello.\n" * 30

# ---- files


def test_a_file_with_byte_order_mark_and_old_line_ends(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfyou\r\nsay\rhello\n")
    assert read_text(tmp_path / "a.txt") == "you\nsay\nhello\n"


@pytest.mark.parametrize(
    "data, why",
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"\xef\xbb\xbf  ", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "not a text"),
        ("größer".encode("latin-1"), "not UTF-8 .byte 2 is 0xf6"),
        ("you say".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_that_holds_no_text_says_so_in_one_line(tmp_path, data, why):
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"a.txt is .*{why}|a.txt {why}") as error:
        read_text(path)
    assert "\n" not in str(error.value)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_text_or_a_value_error(data):
    try:
        text, why = decode(data), ""
    except ValueError as error:
        text, why = "a text", str(error)
    assert text.strip() and "\r" not in text and "\n" not in why


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(ValueError, match=r"there is no file .*gone.txt"):
        read_text(tmp_path / "gone.txt")
    with pytest.raises(ValueError, match="is a folder"):
        read_text(tmp_path)
    with pytest.raises(ValueError, match=r"cannot be read|no file"):
        read_text("a\0b")


def test_a_file_with_the_wrong_checksum(tmp_path):
    (tmp_path / "a.txt").write_bytes(PAGE)
    right = hashlib.sha256(PAGE).hexdigest()
    assert read_text(tmp_path / "a.txt", sha256=right.upper()) == WANT
    with pytest.raises(ValueError, match="should have the sha256 000"):
        read_text(tmp_path / "a.txt", sha256="0" * 64)
    with pytest.raises(ValueError, match="64 hexadecimal"):
        read_text(tmp_path / "a.txt", sha256="abc")


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    write_whole(tmp_path / "deep" / "a.txt", b"new")
    assert (tmp_path / "deep" / "a.txt").read_bytes() == b"new"
    with pytest.raises(TypeError):
        write_whole(tmp_path / "deep" / "a.txt", "no bytes")
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["a.txt"]
    assert (tmp_path / "deep" / "a.txt").read_bytes() == b"new"


# ---- addresses: a server of our own, on this machine


class Server(BaseHTTPRequestHandler):
    """What servers do: the first word of the path says which."""

    asked, over = [], threading.Event()

    def do_GET(self):
        self.asked.append(self.path)
        kind = self.path.strip("/").split(".")[0].split("/")[0].split("-")
        act = getattr(self, f"do_{kind[0]}", self.do_text)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            act(*kind[1:])

    def do_text(self, *rest):
        self.answer(PAGE, length=len(PAGE))

    def answer(self, body, length=None, code=200, **headers):
        self.send_response(code)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_busy(self):
        self.answer(b"Too many readers today.", length=23)

    def do_unmeasured(self):
        self.answer(PAGE)

    def do_broken(self):
        self.answer(PAGE, length=len(PAGE) + 1000)

    def do_code(self, code):
        self.answer(PAGE, length=len(PAGE), code=int(code))

    def do_moved(self):
        self.answer(b"", code=302, Location="/text.txt")

    def do_circle(self):
        self.answer(b"", code=302, Location=self.path)

    def do_to(self, scheme):
        self.answer(b"", code=302, Location=f"{scheme}:///etc/hostname")

    def do_chunk(self):
        self.answer(b"ffff\r\nyou say", Transfer_Encoding="chunked")

    def do_garbage(self):
        self.wfile.write(b"\x00\x01 you say goodbye\r\n" * 9)

    def do_nothing(self):
        pass

    def do_drip(self):
        self.answer(b"you say ")
        while not self.over.wait(0.02):
            self.wfile.write(b".")

    def do_headers(self):  # never an end of them
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self.over.wait(0.02):
            self.wfile.write(b"X: you\r\n"[:2])

    def do_silent(self):
        self.over.wait(20)

    def do_endless(self):
        self.answer(b"you say\n")
        while not self.over.is_set():
            self.wfile.write(b"you say goodbye " * 4096)

    def do_huge(self):
        self.answer(PAGE, length=10**12)

    def do_html(self):
        page = b"\n<!DOCTYPE html><title>Please log in</title>" * 9
        self.answer(page, length=len(page), Content_Type="text/html")

    def do_body(self, kind):
        body = {
            "empty": b"", "blank": b" \n", "gzip": gzip.compress(PAGE), "latin": b"caf\xe9 " * 9,
            "pdf": b"%PDF-1.7 you say", "zero": b"you\0say", "utf16": "you say".encode("utf-16"),
        }[kind]  # fmt: skip
        self.answer(body, length=len(body))

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    Server.over.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def asked(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(Server, "asked", [])
    return lambda: Server.asked


def test_a_page_is_downloaded_once(site, asked, tmp_path):
    for _ in range(2):
        assert read_text(f"{site}/a%20text.txt", cache=tmp_path / "cache") == WANT
    assert len(asked()) == 1
    (path,) = (tmp_path / "cache").iterdir()
    assert path.name.endswith("-a_text.txt") and path.read_bytes() == PAGE


def test_the_cache_folder_of_the_environment(site, asked, tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_CACHE", str(tmp_path / "own"))
    read_text(f"{site}/moved")
    assert len(list((tmp_path / "own").iterdir())) == 1
    monkeypatch.delenv("UNROLLED_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "users"))
    assert fetch.cache_folder() == tmp_path / "users" / "unrolled"


def test_a_page_without_a_length_is_read_to_its_end(site, asked, tmp_path):
    assert read_text(f"{site}/unmeasured.txt", cache=tmp_path) == WANT


def test_a_wrong_checksum_leaves_nothing_in_the_cache(site, asked, tmp_path):
    with pytest.raises(ValueError, match="should have the sha256"):
        read_text(f"{site}/text.txt", sha256="0" * 64, cache=tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert read_text(f"{site}/text.txt", hashlib.sha256(PAGE).hexdigest(), tmp_path) == WANT


def test_a_spoilt_copy_in_the_cache_is_fetched_again_when_a_checksum_is_given(
    site, asked, tmp_path
):
    read_text(f"{site}/text.txt", cache=tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"spoilt")
    assert read_text(f"{site}/text.txt", hashlib.sha256(PAGE).hexdigest(), tmp_path) == WANT
    assert path.read_bytes() == PAGE


@pytest.mark.parametrize("page, why", [("broken", "broke off"), ("code-404", "answered 404")])
def test_a_download_that_fails_leaves_nothing_behind(site, asked, tmp_path, page, why):
    with pytest.raises(ValueError, match=why) as error:
        read_text(f"{site}/{page}.txt", cache=tmp_path / "cache")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/a.txt", "http://", "http://[oops", "https:// a"]
)
def test_no_network_or_no_address(url, tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(ValueError, match=r"cannot be reached|broke off") as error:
        read_text(url, cache=tmp_path)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_cache_folder_that_is_a_file(site, asked, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ValueError, match=r"cache folder .* cannot be written"):
        read_text(f"{site}/text.txt", cache=tmp_path / "file")


@pytest.mark.parametrize(
    "page, why",
    [
        *((f"code-{code}", rf"answered {code} .*{hint}") for code, hint in (
            (400, "check the address"), (401, "with a browser"), (403, "with a browser"),
            (410, "check the address"), (429, "try again later"), (500, "has a fault; try again"),
            (502, "has a fault"), (503, "is busy"), (204, "check the address"), (206, "check"),
        )),
        ("circle", "answered 302 .*leads elsewhere"),
        ("to-file", "answered 302"),
        ("to-ftp", "cannot be reached|answered"),
        ("chunk", "broke off"),
        ("garbage", "broke off"),
        ("nothing", "broke off|cannot be reached"),
        ("huge", "at most 268,435,456 bytes"),
        ("html", "not the text but a web page"),
        ("body-empty", "is empty"),
        ("body-blank", "is empty"),
        ("body-gzip", "packed with gzip: unpack it"),
        ("body-latin", "is not UTF-8"),
        ("body-pdf", "a PDF: save it as plain text"),
        ("body-zero", "is not a text"),
        ("body-utf16", "UTF-16"),
    ],
)  # fmt: skip
def test_a_server_s_fault_is_told_and_nothing_of_it_is_kept(site, asked, tmp_path, page, why):
    for _ in range(2):
        with pytest.raises(ValueError, match=why) as error:
            read_text(f"{site}/{page}.txt", cache=tmp_path / "cache")
        assert "\n" not in str(error.value)
        assert not (tmp_path / "cache").exists()
    assert len(asked()) >= 2  # a page that was no use is asked for again


@pytest.mark.parametrize("page", ["drip", "headers", "silent"])
def test_a_server_that_is_too_slow_is_left(site, asked, page):
    start = time.monotonic()
    with pytest.raises(ValueError, match=r"too slow|cannot be reached \(timed out"):
        download(f"{site}/{page}.txt", patience=0.3)
    assert time.monotonic() - start < 3


@pytest.mark.parametrize("page", ["drip", "endless"])
def test_a_download_that_does_not_end_is_ended(site, asked, page):
    start = time.monotonic()
    with pytest.raises(ValueError, match="not over after 0 s"):
        download(f"{site}/{page}.txt", seconds=0.3, largest=10**12)
    assert time.monotonic() - start < 3


def test_a_download_takes_no_more_memory_than_is_allowed(site, asked):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="at most 1,000,000 bytes"):
            download(f"{site}/endless.txt", largest=10**6)
        assert tracemalloc.get_traced_memory()[1] < 3e6
    finally:
        tracemalloc.stop()


def test_a_web_page_is_a_text_if_that_is_what_was_named(site, asked, tmp_path):
    assert "Please log in" in read_text(f"{site}/html", cache=tmp_path)


def test_a_bad_page_that_an_older_version_kept_is_fetched_again(site, asked, tmp_path):
    read_text(f"{site}/text.txt", cache=tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"\0\xff")
    assert read_text(f"{site}/text.txt", cache=tmp_path) == WANT


def test_a_page_that_is_too_short_to_learn_from_is_asked_for_again(
    site, asked, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert main([f"{site}/busy", "--cache", "cache"]) == 2
        assert "too short" in capsys.readouterr().err
        assert not any((tmp_path / "cache").iterdir())
    assert len(asked()) == 2
    small = ["--cache", "cache", "--epochs", "1", "--hidden", "4", "--embed", "4"]
    for _ in range(2):
        assert main([f"{site}/text.txt", *small, "--force"]) == 0
    assert len(asked()) == 3
    assert main([f"{site}/text.txt", *small, "--force", "--refresh"]) == 0
    assert len(asked()) == 4


def test_refresh_asks_again(site, asked, tmp_path):
    for refresh in (False, False, True):
        assert read_text(f"{site}/text.txt", cache=tmp_path, refresh=refresh) == WANT
    assert len(asked()) == 2


@pytest.mark.parametrize(
    "typed, sent",
    [
        ("/a text.txt", "/a%20text.txt"),
        ("/a%20text.txt", "/a%20text.txt"),
        ("/größe/漢字.txt?q=ä b#part", "/gr%C3%B6%C3%9Fe/%E6%BC%A2%E5%AD%97.txt?q=%C3%A4%20b"),
        ("/100%.txt", "/100%25.txt"),
        ("/a(b)'c;d=e,f.txt?x=1&y=[2]", "/a(b)'c;d=e,f.txt?x=1&y=%5B2%5D"),
        ('/line\u2028<b>"|', "/line%E2%80%A8%3Cb%3E%22%7C"),
    ],
)
def test_an_address_is_sent_in_its_encoded_form(site, asked, tmp_path, typed, sent):
    assert read_text(site + typed, cache=tmp_path) == WANT
    assert asked() == [sent]


@given(st.text(max_size=30))
def test_any_path_is_sent_as_plain_ascii_and_encoding_twice_changes_nothing(path):
    with contextlib.suppress(ValueError):
        once = encoded("http://example.org/" + path)
        assert once.isascii() and not any(c.isspace() for c in once)
        assert encoded(once) == once


def test_a_host_beyond_ascii():
    assert encoded("https://bücher.example/a") == "https://xn--bcher-kva.example/a"
    assert encoded("http://[::1]:8080/a") == "http://[::1]:8080/a"


def test_no_password_is_sent_or_shown():
    with pytest.raises(ValueError, match="without a name or password") as error:
        read_text("https://me:secret@example.org/a.txt")
    assert "secret" not in str(error.value)


def test_progress_is_shown(site, asked):
    seen = []
    assert download(f"{site}/text.txt", progress=lambda *told: seen.append(told)) == PAGE
    assert seen[-1] == (len(PAGE), len(PAGE))


def test_what_takes_long_is_told_and_on_a_terminal_how_much_has_come(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("rnn_core.text.screen.time.monotonic", lambda: now[0])
    for terminal in (False, True):
        now[0], stream = 100.0, io.StringIO()
        stream.isatty = lambda terminal=terminal: terminal
        progress = Bar(stream).download("http://a/b\x1b")
        for passed, done in ((0, 0), (0.5, 100), (1.5, 2_000_000), (2.5, 3_000_000)):
            now[0] = 100 + passed
            progress(done, 4_000_000)
        said = stream.getvalue()
        assert said.count("downloading http://a/b�\n") == 1
        assert ("3.0 of 4.0 MB  2 s" in said) is terminal and ("\x1b" in said) is terminal
