"""The site where teachers put it: addresses, policies, media types, folders with odd names."""

import re
import shutil
import sys
from types import SimpleNamespace

import nbformat
import pytest
from sphinx.errors import ConfigError

from tests.support.site import ROOT, open_page, show_all
from tools.serve import served

CHAPTER = "notebooks/01_anatomy"


@pytest.fixture
def pages(monkeypatch):
    """The extension that knows the site's addresses."""
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    for variable in ("BASE", "REPO", "BRANCH", "HUB"):
        monkeypatch.delenv(f"UNROLLED_{variable}", raising=False)
    sys.modules.pop("pages", None)
    import pages

    return pages


class Config(dict):
    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__


def configured(pages, monkeypatch, **settings):
    for name, value in settings.items():
        monkeypatch.setenv(f"UNROLLED_{name.upper()}", value)
    names = {name: "" for name, *_ in pages.SETTINGS.values()}
    config = Config(names, unrolled_branch="main")
    pages.set_addresses(None, config)
    return config


def test_with_no_address_a_site_names_none(pages, monkeypatch):
    config = configured(pages, monkeypatch)
    assert config.html_baseurl == config.ogp_site_url == ""
    assert pages.launches(config, "01_anatomy.ipynb") == {}


def test_canonical_links_and_social_cards_share_one_address(pages, monkeypatch):
    config = configured(pages, monkeypatch, base="https://a.github.io/b/")
    assert config.html_baseurl == config.ogp_site_url == "https://a.github.io/b/"


@pytest.mark.parametrize("name, value", [("base", "a.github.io"), ("repo", "git@github.com:a/b")])
def test_an_address_that_is_none_is_told(pages, monkeypatch, name, value):
    with pytest.raises(ConfigError, match=f"{name.upper()} should be an address like https://"):
        configured(pages, monkeypatch, **{name: value})


def test_a_chapter_opens_where_nothing_is_installed(pages, monkeypatch):
    repo, hub = "https://github.com/a/b.git", "https://hub.example.org/"
    found = pages.launches(configured(pages, monkeypatch, repo=repo, hub=hub), "01_anatomy.ipynb")
    assert found == {
        "Colab": "https://colab.research.google.com/github/a/b/blob/gh-pages/run/01_anatomy.ipynb",
        "Binder": "https://mybinder.org/v2/gh/a/b/gh-pages?labpath=run%2F01_anatomy.ipynb",
        "your hub": "https://hub.example.org/hub/user-redirect/git-pull?"
        "repo=https%3A%2F%2Fgithub.com%2Fa%2Fb&branch=gh-pages"
        "&urlpath=lab%2Ftree%2Fb%2Frun%2F01_anatomy.ipynb",
    }


def test_its_first_cell_installs_the_package_and_the_sitemap_has_every_page(
    pages, monkeypatch, site, tmp_path
):
    config = configured(pages, monkeypatch, base="https://c.org/d", repo="https://github.com/a/b")
    shutil.copytree(site / "_sources", tmp_path / "_sources")
    builder, env = SimpleNamespace(name="html"), SimpleNamespace(found_docs={"book/welcome"})
    app = SimpleNamespace(outdir=tmp_path, config=config, builder=builder, env=env)
    pages.write_what_a_host_needs(app, None)
    names = [path.name for path in (tmp_path / "run").glob("*.ipynb")]
    assert sorted(names) == sorted(path.name for path in ROOT.glob("notebooks/*.ipynb"))
    notebook = nbformat.read(tmp_path / "run" / "01_anatomy.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert "unrolled[widgets] @ git+https://github.com/a/b@main" in notebook.cells[0].source
    assert not any("BEGIN SOLUTION" in cell.source for cell in notebook.cells)
    assert "<loc>https://c.org/d/book/welcome.html</loc>" in (tmp_path / "sitemap.xml").read_text()


def policy():
    text = (ROOT / "book" / "online.md").read_text(encoding="utf-8")
    return " ".join(re.search(r"^    (default-src .*\n    .*)$", text, re.M)[1].split())


def under(policy):
    """Headers for `served`: the content policy of every page."""
    return lambda path: {"Content-Security-Policy": policy} if path.suffix == ".html" else {}


@pytest.mark.parametrize("name", ["book/welcome", CHAPTER, "search.html?q=gradient"])
def test_every_page_works_under_the_policy_that_the_book_names(browser, site, name):
    assert "default-src 'none'" in policy()
    with served(site, headers=under(policy())) as base, open_page(browser, base, name) as page:
        if "search" in name:
            page.wait_for_selector("#search-results li p")
        else:
            assert show_all(page)
            page.locator(".theme-toggle:visible").click()
        page.evaluate("document.fonts.ready")


def test_a_policy_that_is_too_strict_leaves_every_still(browser, site):
    context = browser.new_context()
    page = context.new_page()
    with served(
        site, headers=under("default-src 'self'; style-src 'self' 'unsafe-inline'")
    ) as base:
        page.goto(f"{base}/{CHAPTER}.html")
        still = page.locator(".explorable-still svg").first
        still.scroll_into_view_if_needed()
        assert still.is_visible()
        context.close()


@pytest.mark.parametrize("place", ["a folder", "Bücher & Netze/100% 神経"])
def test_a_folder_may_have_any_name(browser, site, tmp_path, place):
    folder = tmp_path / place / "unrolled"
    folder.parent.mkdir(parents=True)
    folder.symlink_to(site)
    with open_page(browser, folder.parent / "unrolled", CHAPTER) as page:
        assert show_all(page)
        page.locator(".next-page").click()
        page.wait_for_selector("h1")
    with served(folder) as base, open_page(browser, base, CHAPTER) as page:
        assert show_all(page)


def test_a_host_that_names_no_media_types_shows_the_page(browser, site):
    def plain(path):  # a stylesheet of another type is refused by every browser
        return {"Content-Type": "text/plain"} if path.suffix == ".js" else {}

    with served(site, headers=plain) as base, open_page(browser, base, CHAPTER) as page:
        assert show_all(page)
        page.locator(".theme-toggle:visible").click()
        assert page.locator("body").get_attribute("data-theme") == "dark"
