"""What both editions share: the chooser and the 404 page are run in a JavaScript engine, the sitemap is read back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import lxml.html
import pytest
from py_mini_racer import MiniRacer

from llmnotes.site.build.outputs import SITEMAP, XHTML, write_root
from llmnotes.site.text.pages import load


@pytest.fixture
def site(project, tmp_path) -> Path:
    folder = tmp_path / "out"
    for lang in ("zh", "en"):
        (folder / lang).mkdir(parents=True)
    write_root(project, folder, "https://host.example/notes", load(project))
    return folder


def script_of(page: Path) -> str:
    (script,) = lxml.html.fromstring(page.read_bytes()).xpath("//script/text()")
    return str(script)


@pytest.mark.parametrize(
    ("languages", "goes_to"),
    [
        (["zh-CN", "en"], "zh/index.html"),
        (["zh-Hant-TW"], "zh/index.html"),
        (["en-GB", "zh"], "en/index.html"),
        (["de", "zh-CN"], "zh/index.html"),
        (["fr"], "en/index.html"),
        ([], "en/index.html"),
    ],
)
def test_the_chooser_follows_the_browser(site, languages, goes_to):
    browser = f"""
        var went, navigator = {{languages: {json.dumps(languages)}, language: undefined}}
        var location = {{hash: "", replace: function (to) {{ went = to }}}}
    """
    with MiniRacer() as engine:
        engine.eval(browser + script_of(site / "index.html"))
        assert engine.eval("went") == goes_to


def test_the_chooser_needs_no_script(site):
    page = lxml.html.fromstring((site / "index.html").read_bytes())
    assert page.xpath("//a/@href") == ["zh/index.html", "en/index.html"]
    assert page.xpath("//a/text()") == ["中文", "English"]


@pytest.mark.parametrize(
    ("pathname", "base"),
    [
        ("/zh/gone.html", "/"),
        ("/some/where/deep/en/a/b/c.html", "/some/where/deep/"),
        ("/notes/gone", "/notes/"),
        ("/404.html", "/"),
        ("/home/reader/unzipped/404.html", "/home/reader/unzipped/"),
    ],
)
def test_the_404_page_leads_home_from_any_depth(site, pathname, base):
    browser = f"""
        function set(_, value) {{ this.href = value }}
        function link(to) {{ return {{dataset: {{to: to}}, setAttribute: set}} }}
        var links = [link("zh/index.html"), link("en/index.html")]
        var location = {{pathname: {json.dumps(pathname)}}}, navigator = {{language: "zh"}}
        var document = {{
            documentElement: {{}}, querySelector: function () {{ return {{append: function () {{}}}} }},
            querySelectorAll: function () {{ return links }},
        }}
    """
    with MiniRacer() as engine:
        engine.eval(browser + script_of(site / "404.html"))
        assert (
            engine.eval("links.map(function (one) { return one.href }).join()")
            == f"{base}zh/index.html,{base}en/index.html"
        )


def test_the_404_page_leads_home_without_a_script(site):
    page = lxml.html.fromstring((site / "404.html").read_bytes())
    assert page.xpath("//a/@href") == ["/notes/zh/index.html", "/notes/en/index.html"]


def test_the_sitemap_names_each_page_with_every_language(site):
    urls = ElementTree.parse(site / "sitemap.xml").findall(f"{{{SITEMAP}}}url")
    found = {
        url.findtext(f"{{{SITEMAP}}}loc"): {
            link.get("hreflang"): link.get("href") for link in url.findall(f"{{{XHTML}}}link")
        }
        for url in urls
    }
    start = "https://host.example/notes/"
    assert set(found) == {
        f"{start}{lang}/{page}" for lang in ("zh", "en") for page in ("kvcache/how-long.html", "index.html")
    }
    assert found[f"{start}en/kvcache/how-long.html"] == {
        "zh-Hans": f"{start}zh/kvcache/how-long.html",
        "en": f"{start}en/kvcache/how-long.html",
    }
    assert "Sitemap: https://host.example/notes/sitemap.xml" in (site / "robots.txt").read_text()


def test_no_sitemap_without_an_address(project, tmp_path):
    folder = tmp_path / "bare"
    folder.mkdir()
    write_root(project, folder, "", load(project))
    assert not (folder / "sitemap.xml").exists()
    assert "Sitemap" not in (folder / "robots.txt").read_text()


def test_llms_txt_names_the_registry_where_there_is_one(root, tmp_path):
    folder = tmp_path / "site"
    for lang in ("zh", "en"):
        (folder / lang).mkdir(parents=True)
    found = load(root)
    write_root(root, folder, "", found)
    text = (folder / "llms.txt").read_text("utf-8")
    assert "[registry.json](registry.json)" in text
    assert (folder / "registry.json").is_file()
    assert "models/ID.md" in text


def test_the_package_for_browsers_is_written_where_a_page_asks_for_it(site, root, tmp_path):
    assert not (site / "own").exists()
    for lang in ("zh", "en"):
        (tmp_path / "site" / lang).mkdir(parents=True)
    write_root(root, tmp_path / "site", "", load(root))
    assert sorted(path.name for path in (tmp_path / "site" / "own").iterdir()) == [
        "LICENSE.txt",
        "brython.js",
        "configs.js",
        "library.js",
        "logs.js",
        "package.js",
    ]


def test_llms_txt_leads_to_the_twin_of_every_page(site):
    text = (site / "llms.txt").read_text("utf-8")
    assert "- [What does context length cost?](en/kvcache/how-long.md): What does context length cost?" in text
    links = re.findall(r"\]\(([^)]+)\)", text)
    pages = [f"{lang}/{slug}.md" for lang in ("zh", "en") for slug in ("index", "kvcache/how-long")]
    assert sorted(links) == sorted(["SKILL.md", *pages])
