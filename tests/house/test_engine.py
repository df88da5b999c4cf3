"""The engine is what was pinned, wherever it comes from; the editor is made of its sources."""

import hashlib
import importlib
import zipfile
from types import SimpleNamespace

import pytest

from tools import engine

EDITOR = engine.SOURCES / "editor.bundle.js"


def test_the_editor_was_bundled_from_these_sources():
    made = hashlib.sha256()
    for name in ("editor.js", "package-lock.json"):
        made.update((engine.SOURCES / name).read_bytes())
    first = EDITOR.read_text(encoding="utf-8").splitlines()[0]
    assert made.hexdigest() in first, "cd book/_engine && npm ci && npm run build"


@pytest.fixture
def one_pin(monkeypatch):
    content = b"the engine"
    monkeypatch.setattr(engine, "PINS", {"a.whl": hashlib.sha256(content).hexdigest()})
    return content


def source(content, asked):
    def files(names):
        asked.extend(names)
        if content is None:
            raise OSError("silent")
        for name in names:
            yield name, content

    return files


def test_sources_are_asked_in_order_and_each_file_is_held_to_its_sha256(
    one_pin, monkeypatch, tmp_path
):
    first, second, third, fourth = [], [], [], []
    asked = {
        "silent": source(None, first),
        "false": source(b"something else", second),
        "right": source(one_pin, third),
        "late": source(one_pin, fourth),
    }
    monkeypatch.setattr(engine, "SOURCES_ASKED", asked)
    said = []
    assert engine.fetch(tmp_path, said.append) == tmp_path
    assert first == second == third == ["a.whl"]
    assert fourth == []
    assert (tmp_path / "a.whl").read_bytes() == one_pin
    assert len(said) == 3
    first.clear()
    assert engine.fetch(tmp_path, said.append) == tmp_path  # now it is in the cache
    assert first == []


def test_a_damaged_cache_is_fetched_again_and_no_source_is_said(one_pin, monkeypatch, tmp_path):
    (tmp_path / "a.whl").write_bytes(b"damaged")
    monkeypatch.setattr(engine, "SOURCES_ASKED", {"silent": source(None, [])})
    said = []
    assert engine.fetch(tmp_path, said.append) is None
    assert said == ["engine: silent did not give it (OSError)"]
    monkeypatch.setattr(engine, "SOURCES_ASKED", {"right": source(one_pin, [])})
    assert engine.fetch(tmp_path, said.append) == tmp_path


def test_what_is_packed_is_the_package_of_this_tree():
    with zipfile.ZipFile(engine.io.BytesIO(engine.site_packages())) as archive:
        names = set(archive.namelist())
        for path in (engine.ROOT / "rnn_core").rglob("*.py"):
            name = path.relative_to(engine.ROOT).as_posix()
            assert archive.read(name) == path.read_bytes()
        assert not [name for name in names if "__pycache__" in name]
    assert engine.site_packages() == engine.site_packages()


def test_without_the_engine_no_button_is_left(monkeypatch):
    monkeypatch.syspath_prepend(engine.ROOT / "book" / "_ext")
    nodes, ext = importlib.import_module("docutils.nodes"), importlib.import_module("engine")
    monkeypatch.setattr(ext.engine, "fetch", lambda say: say("nobody answers"))
    config = SimpleNamespace(unrolled_engine="?")
    monkeypatch.setattr(ext, "IN_CI", False)
    said = []
    monkeypatch.setattr(ext.logger, "info", said.append)
    ext.find_engine(None, config)
    assert config.unrolled_engine == ""
    assert len(said) == 1 and "nobody answers" in said[0] and "without 'Try it here'" in said[0]
    app = SimpleNamespace(config=config, builder=SimpleNamespace(name="html"))
    page = nodes.section()
    page += [
        ext.markup(html=ext.press("try-it", "a", "Try it here")),
        ext.markup(html="<p>stays</p>"),
        ext.markup(html=ext.BAR.format(chapter="a", count="")),
    ]
    ext.show_buttons(app, page, "a")
    assert [node["html"] for node in page] == ["<p>stays</p>"]
    monkeypatch.setattr(ext, "IN_CI", True)
    with pytest.raises(ext.ExtensionError, match="nobody answers"):
        ext.find_engine(None, config)
