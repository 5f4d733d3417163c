"""What a page, a name or a link may not be is refused by `check`, with file, line and remedy, before it is built."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llmnotes.site.checks import check, markup, settings, tree
from llmnotes.site.text import pages
from llmnotes.site.text.nav import CONFIGS
from llmnotes.site.text.problem import SiteError
from tests.site.writing.conftest import FakeRunner

START = "# Title\n\nWords.\n\n"


@pytest.fixture
def said(site: Any) -> Callable[..., list[str]]:
    (site.root / "docs" / "theme").mkdir(parents=True)
    (site.root / "docs" / "theme" / "calculator.html").write_text("")
    site.page("en/a/other", "# Other\n\n## There { #there }\n\n[A term]{#term}\n")
    site.snippet("a/b/c")

    def judge(body: str, front: str = "title: T\ndescription: D") -> list[str]:
        site.page("en/a/b", START + body, front)
        found = pages.load(site.root)
        alone = [problem for page in found for problem in markup.of_page(site.root, page)]
        known = {page.place: markup.known(page) for page in found}
        return [str(one) for one in sorted({*alone, *markup.dead_links(site.root, known), *tree.unseen(site.root)})]

    return judge


@pytest.mark.parametrize(
    ("body", "words"),
    [
        # What loads, runs or hides.
        ("<script>alert(1)</script>", "has the element <script>, which is not for pages; take it out"),
        ("a <SCRIPT src=x>", "has the element <script>"),
        ("<iframe src='https://a.example'></iframe>", "has the element <iframe>"),
        ("<object data='x'></object>", "has the element <object>"),
        ("<embed src='x'>", "has the element <embed>"),
        ("<svg onload=alert(1)>", "has the element <svg>"),
        ("<meta http-equiv='refresh' content='0'>", "has the element <meta>"),
        ("<base href='https://a.example'>", "has the element <base>"),
        ("<link rel='stylesheet' href='x.css'>", "has the element <link>"),
        ("<form action='x'></form>", "has the element <form>"),
        ("<style>body{display:none}</style>", "has the element <style>"),
        ("<h1>Mine</h1>", "has the element <h1>"),
        ("<!-- never closed", "has a comment that never ends"),
        ("<!doctype html>", "has the element <!>"),
        ("<?php echo 1 ?>", "has the element <?>"),
        ("<div onclick='x()'>a</div>", "has the attribute onclick, which runs a script"),
        ("<img src='a.svg' OnError='x()'>", "has the attribute onerror, which runs a script"),
        ("<p style='display:none'>a</p>", "has the attribute style, which hides words"),
        ("<p hidden>a</p>", "has the attribute hidden, which hides words"),
        ("[word]{onclick=alert(1)}", "has the attribute onclick, which runs a script"),
        ("Words\n{: style='display:none' }", "has the attribute style, which hides words"),
        ("## A { #a hidden }", "has the attribute hidden, which hides words"),
        ("```{ .python onclick='x()' }\na = 1\n```", "has the attribute onclick"),
        ("![a](https://a.example/a.png)", "loads https://a.example/a.png from elsewhere; put the file beside the page"),
        ("<img src='//a.example/a.png'>", "loads //a.example/a.png from elsewhere"),
        ("![a](data:image/png;base64,AA)", "has an address that is none of the web: data:image"),
        ("[a](javascript:alert(1))", "has an address that is none of the web: javascript:alert(1)"),
        ("[a](&#106;avascript:alert)", "has an address that is none of the web: javascript:alert"),
        ("<a href='java\tscript:alert(1)'>a</a>", "has an address that is none of the web: javascript:"),
        ("<javascript:alert(1)>", "has an address that is none of the web: javascript:"),
        ("[a][b]\n\n[b]: vbscript:x", "has an address that is none of the web: vbscript:x"),
        ("<p>a<!--x--!><img src=x onerror=1>-->", "has a comment that ends early: --!>"),
        ("words <!--> <img src=x onerror=1> -->", "has a comment that ends early: <!-->"),
        ("<p aria-hidden=true>a</p>", "has the attribute aria-hidden, which hides words"),
        ("<p class='x md-hidden'>a</p>", "has the class md-hidden of the theme's own parts"),
        ("[word]{.md-hidden}", "has the class md-hidden of the theme's own parts"),
        ("![a][b]\n\n[b]: https://a.example/a.png", "loads https://a.example/a.png from elsewhere"),
        ("![B]\n\n[b]: https://a.example/a.png", "loads https://a.example/a.png from elsewhere"),
        ("[![a](https://a.example/a.png)](other.md)", "loads https://a.example/a.png from elsewhere"),
        ("[a]{#x}\n\n## A { #x }", "has the id #x twice; give one of the two another id"),
        ("<p id='x'>a</p>\n\n<p id=x>b</p>", "has the id #x twice"),
        # Links.
        ("[a](gone.md)", "has a link 'gone.md', which leads to no page or file of docs/en; correct the link"),
        ("[a](othr.md)", "did you mean other.md?"),
        ("[a](../../zh/a/b.md)", "leads to no page or file of docs/en"),
        ("[a](../../../snippets/a/b/c.py)", "leads to no page or file of docs/en"),
        ("[a](other.md#their)", "has a link to #their, which docs/en/a/other.md does not have; did you mean #there?"),
        ("[a](#nowhere)", "has a link to #nowhere, which docs/en/a/b.md does not have"),
        ("[a](/a/other.md)", "starts at the host's root"),
        # Includes.
        ('```python\n--8<-- "/etc/hostname"\n```', "includes /etc/hostname, which is not below snippets/"),
        ("--8<--\n../mkdocs.yml\n--8<--", "includes something in another form than one line"),
        # Unseen.
        ("a\u202eb", "holds the unseen character U+202E; delete it"),
        ("a\u2066b", "holds the unseen character U+2066"),
        *(
            (f"a{unseen}b", f"holds the unseen character U+{ord(unseen):04X}")
            for unseen in "\u200b\u200c\u200d\ufeff\u00ad\u034f\u115f\u3164\uffa0\u2800"
            "\ufe0f\u180b\u2028\x85\ufff9\ue000\U000e0041"
        ),
        ("p\u0430ge", "holds U+0430, which looks like an English letter and is another"),
        ("K\u0399V", "holds U+0399, which looks like an English letter"),
        ("\uff2bV", "holds U+FF2B, which looks like an English letter"),
        ("\U0001d400", "holds U+1D400, which looks like an English letter"),
        ("[а]{#\u0430nchor}", "has the id \\u0430nchor, which holds other characters"),
        ("<p id='\u0430'>a</p>", "has the id \\u0430, which holds other characters"),
        # What this site does not use.
        ("```mermaid\ngraph LR\n```", "has a diagram in mermaid; draw it with Mechanism"),
        (":material-no-such-icon:", "names the icon :material-no-such-icon:, which does not exist"),
        ("".join(f'=== "{n}"\n\n    x\n\n' for n in range(11)), "has more than 10 tabs side by side"),
    ],
)
def test_a_page_does_not_load_run_hide_or_lead_nowhere(said: Callable[..., list[str]], body: str, words: str) -> None:
    problems = [problem for problem in said(body) if words in problem]
    assert problems, said(body)
    assert re.match(r"docs/en/a/b\.md:\d+: .+; .+", problems[0])


@pytest.mark.parametrize(
    "body",
    [
        "[a](other.md#there) [b](other.md#term) [c](#here) [d](https://a.example/a_(b)) <https://a.example> [e]: x",
        '[a][b]\n\n[b]: other.md "Title"\n',
        '<figure markdown="span">\n  ![a](pixel.svg){ width="2" loading=lazy }\n</figure>',
        '<div class="grid cards" markdown>\n\n- :material-memory: a\n\n</div>',
        "`<script>` and `onclick=` and {a, one=two} and a < b > c",
        "```html\n<script>alert(1)</script>\n```",
        "<!-- a remark --> words",
        "$a_{one}$ and [128]{.def} and [word]{lang=en}",
        ";--8<-- quoted",
        '```python\n--8<-- "a/b/c.py:compute"\n```',
        "\u26a0\ufe0f \U0001f468\u200d\U0001f4bb 1\ufe0f\u20e3 \u00a9\ufe0f",
        "\u03bcs, \u0394t, 2\u03c0r and \u0414\u0430",
        "".join(f'=== "{n}"\n\n    x\n\n' for n in range(10)) + "\nWords.\n\n" + '=== "a"\n\n    x\n',
    ],
)
def test_what_a_page_may_hold_passes(site: Any, said: Callable[..., list[str]], body: str) -> None:
    (site.root / "docs" / "en" / "a" / "pixel.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert said(f"## Here {{ #here }}\n\n{body}") == []


def test_a_template_is_one_of_the_themes(said: Callable[..., list[str]]) -> None:
    front = "title: T\ndescription: D\ntemplate: "
    assert said("", front + "calculator.html") == []
    for name in ("home.html", "../en/a/b.md", "main.html"):
        (problem,) = said("", front + name)
        assert problem == f"docs/en/a/b.md:4: asks for the template {name}; there are calculator.html"


def refused(root: Path) -> str:
    with pytest.raises(SiteError) as error:
        tree.refuse(root)
    # `check` says it first of all, and nothing in the folders is read for it.
    assert check.check(root, FakeRunner()) == error.value.problems
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("strikt: true", "has an unknown setting strikt; did you mean strict?"),
        ('"strikt": 1', "has an unknown setting strikt; did you mean strict?"),
        ("? strikt\n: 1", "has an unknown setting strikt; did you mean strict?"),
        ("docs_dir: /etc", "has the setting docs_dir twice; take one of them out"),
        ("nav: [", "is no YAML; correct this line"),
        ("theme:\n  langauge: zh", "has an unknown setting theme.langauge; did you mean language?"),
        ("theme: {static_templates: [a.txt]}", "has an unknown setting theme.static_templates; take the line out"),
        ("extra: {analytics: {provider: a}}", "has an unknown setting extra.analytics; take the line out"),
        ("plugins: [search: {enabled: false}]", "has an unknown setting plugins.search.enabled; take the line out"),
        ("plugins: {search: {lan: en}}", "has an unknown setting plugins.search.lan; did you mean lang?"),
        ("markdown_extensions: [toc: {baselevel: 2}]", "has an unknown setting markdown_extensions.toc.baselevel; "),
        ("? [a, b]\n: 1", "has an unknown setting that is no name; take the line out"),
        ("x" * 1_000 + ": 1", "has an unknown setting " + "x" * 40 + "; take the line out"),
        # What would be loaded and run.
        ("hooks: [a.py]", "lists a.py under hooks, which is none of this site's; take it out"),
        ("hooks: a.py", "lists a.py under hooks, which is none of this site's; take it out"),
        ("hooks: [a/llmnotes/site/labs/hook.py]", "lists a/llmnotes/site/labs/hook.py under hooks, which is none"),
        ("hooks: [/a/llmnotes/site/labs/hook.py]", "lists /a/llmnotes/site/labs/hook.py under hooks, which is none"),
        ("plugins: [macros]", "lists macros under plugins, which is none of this site's; take it out; there are"),
        ("plugins: [macros: {module_name: a}]", "lists macros under plugins, which is none of this site's"),
        ("plugins: {macros: {}}", "lists macros under plugins, which is none of this site's"),
        ("markdown_extensions: [a.b]", "lists a.b under markdown_extensions, which is none of this site's"),
        ("INHERIT: mkdocs.yml", "has an unknown setting INHERIT; take the line out"),
        ("extra_javascript: [https://a.example]", "has the setting extra_javascript, which this site does not use; "),
        ("extra_templates: [a.txt]", "has the setting extra_templates, which this site does not use; take it out"),
        ("exclude_docs: a.md", "has the setting exclude_docs, which this site does not use; take it out"),
        ("site_name: !!python/object/apply:os.system [a]", "asks for !!python/object/apply:os.system in site_name; "),
        ("nav: [a: [!!python/name:a.b '']]", "asks for !!python/name:a.b in nav; write a plain value"),
        ("!!python/name:a.b nav: a", "asks for !!python/name:a.b in nav; write a plain value"),
        # What other files, folders and programs would be read, and what of the environment be shown.
        ("site_name: !ENV SECRET", "reads SECRET from the environment in site_name; write the value"),
        ("site_url: !ENV [SITE_URL, SECRET, a]", "reads SECRET from the environment in site_url; write the value"),
        ("site_dir: ../a", "has a site_dir that leads out of the project; write a folder of the project"),
        ("site_dir: &a [*a]", "has a site_dir that leads out of the project"),
        ("theme: readthedocs", "has another theme.name than this site is built with; write material"),
        ("theme: {custom_dir: /a}", "has another theme.custom_dir than this site is built with; write docs/theme"),
        ("plugins: [markdown-exec: {languages: [python, sh]}]", "has another plugins.markdown-exec.languages than"),
        ("plugins: [mkdocs-jupyter: {execute: true}]", "has another plugins.mkdocs-jupyter.execute than this"),
        (
            "markdown_extensions: [pymdownx.snippets: {base_path: [/]}]",
            "has another markdown_extensions.pymdownx.snippets.base_path than this site is built with; write [snip",
        ),
    ],
)  # fmt: skip
def test_a_setting_that_is_not_this_sites_is_named(site: Any, text: str, said: str) -> None:
    (site.root / "mkdocs.yml").write_text(f"docs_dir: docs/zh\n{text}\n")
    line = refused(site.root)
    assert re.fullmatch(rf"mkdocs\.yml:[23]: {re.escape(said)}[^\n]*", line)
    assert "; " in line


def test_an_edition_inherits_from_the_other_alone(site: Any) -> None:
    for other in ("https://a.example/mkdocs.yml", "mkdocs.en.yml"):
        (site.root / "mkdocs.en.yml").write_text(f"INHERIT: {other}\n")
        said = "mkdocs.en.yml:1: has another INHERIT than this site is built with; write mkdocs.yml"
        assert refused(site.root) == said


def test_a_file_that_makes_an_object_of_its_settings_is_refused(site: Any) -> None:
    (site.root / "mkdocs.yml").write_text("!!python/object:a.B\ndocs_dir: docs/zh\n")
    assert refused(site.root).startswith("mkdocs.yml:1: asks for !!python/object:a.B in the whole file; ")


def test_settings_that_are_none_are_named(site: Any) -> None:
    for text in ("- a", "words", ""):
        (site.root / "mkdocs.yml").write_text(text)
        assert refused(site.root) == "mkdocs.yml:1: holds no settings; write them as name: value"
    (site.root / "mkdocs.yml").write_text("[" * 100_000)
    assert refused(site.root) == "mkdocs.yml: is no YAML; correct this line"


def test_the_real_settings_pass_and_use_all_that_is_known(root: Path) -> None:
    assert [str(one) for name in CONFIGS.values() for one in settings.of_file(root / name, name)] == []
    text = "".join((root / name).read_text("utf-8") for name in CONFIGS.values())
    inside = [option for options in settings.INSIDE.values() for option in options.split()]
    listed = [name for names in settings.LISTED.values() for name in names]
    options = [one for names in settings.LISTED.values() for given in names.values() for one in given.split()]
    tags = [tag.rpartition(":")[2] for tag in settings.TAGS if "python" in tag]
    known = [*inside, *listed, *options, *tags, *settings.ENVIRONMENT]
    assert [one for one in known if not re.search(rf"(?<![\w.]){re.escape(one)}(?![\w.])", text)] == []


@pytest.mark.parametrize(
    ("place", "text", "words"),
    [
        ("docs/en/a/stray.html", "<p>", "is a file of a kind that is not published: .html; take it away"),
        ("docs/en/a/stray.js", "", "is a file of a kind that is not published: .js"),
        ("docs/en/a/Evil Page.md", "", "has a name that is no address; use lower-case English letters"),
        ("docs/en/\u0430.md", "", "has a name that is no address"),
        ("docs/en/Folder/a.md", "", "docs/en/Folder: has a name that is no address"),
        ("docs/en/a.svg", "<svg>\n<script>1</script></svg>", "docs/en/a.svg:2: is a drawing that runs"),
        ("docs/en/a.svg", "<svg><image href='https://a.example/b.png'/></svg>", "is a drawing that runs or loads"),
        ("docs/en/a.svg", "<svg onload='x()'/>", "is a drawing that runs or loads"),
        ("docs/en/a.md", "x" * 600_000, "has 600,000 bytes; part it"),
        ("docs/en/a.md", "x\n" + "\\" * 2_001, "a.md:2: has more than 2,000 characters without a blank in a row"),
        ("docs/en/a.md", "x\n" + " " * 1_001, "docs/en/a.md:2: has more than 1,000 blanks in a row"),
        ("docs/en/a.md", "x" + "\n" * 1_001, "docs/en/a.md:1: has more than 1,000 blanks in a row"),
        ("snippets/a/Evil.py", "", "has a name that is no address"),
        ("llmnotes/data/models/Evil Model.toml", "", "has a name that is no address"),
    ],
)  # fmt: skip
def test_a_file_that_no_page_may_be_is_refused(site: Any, place: str, text: str, words: str) -> None:
    path = site.root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    assert words in refused(site.root)


def test_what_an_editor_leaves_while_a_page_is_open_stops_nobody(site: Any) -> None:
    page = site.page("en/a", START)
    (page.parent / ".#a.md").symlink_to("somebody@somewhere.1234")
    (page.parent / ".a.md.swp").write_bytes(b"\x00")
    tree.refuse(site.root)
    assert [one.place for one in pages.load(site.root)] == ["docs/en/a.md"]


def test_a_link_out_of_the_tree_a_loop_and_a_name_that_is_no_text_are_refused(site: Any, tmp_path_factory: Any) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.txt"
    outside.write_text("secret")
    folder = site.root / "docs" / "en" / "memory"
    folder.mkdir(parents=True)
    (folder / "x.txt").symlink_to(outside)
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "gone.md").symlink_to(site.root / "nothing")
    with open(os.path.join(os.fsencode(folder), b"\xff.md"), "wb"):
        pass
    said = refused(site.root)
    assert said.count("is a symbolic link; put the file itself there") == 3
    assert "docs/en/memory/\\xff.md: has a name that is no address" in said
    assert len(said.splitlines()) == 4


@pytest.mark.parametrize(
    "place",
    ["docs", "docs/en", "docs/theme", "docs/theme/a.css", "docs/llms.txt", "snippets", "llmnotes/data", "mkdocs.yml"],
)
def test_whatever_a_build_reads_or_publishes_is_no_link(site: Any, tmp_path_factory: Any, place: str) -> None:
    outside = tmp_path_factory.mktemp("outside")
    site.page("en/a", START)
    path = site.root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.rename(outside / "moved")
    path.symlink_to(outside)
    with pytest.raises(SiteError, match=rf"^{place}: is a symbolic link; put the file itself there"):
        tree.refuse(site.root)


def test_a_pipe_or_a_folder_where_a_page_should_be_is_refused(site: Any) -> None:
    (site.root / "docs" / "en" / "folder.md").mkdir(parents=True)
    os.mkfifo(site.root / "docs" / "en" / "pipe.md")
    assert refused(site.root).splitlines() == [
        "docs/en/folder.md: is a folder with the name of a file; leave the dot out of its name",
        "docs/en/pipe.md: is neither a file nor a folder; take it away",
    ]


@pytest.mark.parametrize(
    "body",
    [
        *(mark * 9_999 for mark in ("{{", "[", "<", "{#", "`", "$")),
        "![a](" * 9_000,
        "_*" * 9_000,
        "<?" * 30_000,
    ],
    ids=["braces", "brackets", "angles", "ids", "ticks", "dollars", "images", "stars", "questions"],
)
def test_a_page_of_nothing_but_marks_is_judged_in_little_time(said: Callable[..., list[str]], body: str) -> None:
    begun = time.process_time()
    said(body)
    assert time.process_time() - begun < 2


def test_a_fence_deeper_than_pythons_stack_is_no_traceback(site: Any) -> None:
    fence = f'```python exec="on" html="on" id="a"\n{"-" * 30_000}1\n```\n'
    page = pages.read(site.root, site.page("en/a", "# T\n\n" + fence))
    assert pages.shown(page.source.fences[0]) is None
