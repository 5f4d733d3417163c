"""What `mkdocs.yml` and `mkdocs.en.yml` may say: what this site uses, by name; nothing that loads or runs other code.

Asked before MkDocs reads them: reading already imports what hooks, plugins, extensions and tags of YAML name.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import yaml

from llmnotes.site.text.nav import CONFIGS
from llmnotes.site.text.problem import Problem

# Names that MkDocs reads at the top and that change no more than they say; another is a misspelt one.
NAMES = (
    "INHERIT copyright dev_addr docs_dir edit_uri edit_uri_template extra hooks markdown_extensions nav plugins "
    "remote_branch remote_name repo_name repo_url site_author site_description site_dir site_name site_url strict "
    "theme use_directory_urls validation"
)
# Names that MkDocs reads too: they leave pages out, load files, or run a file of docs/ as a template.
UNUSED = ("draft_docs", "exclude_docs", "extra_css", "extra_javascript", "extra_templates", "not_in_nav", "watch")
INSIDE = {"theme": "name custom_dir font language", "extra": "source offline book"}
# What is listed by name, with the options of each.
LISTED: Mapping[str, Mapping[str, str]] = {
    "plugins": {
        "search": "lang",
        "markdown-exec": "languages",
        "mkdocs-jupyter": "include execute allow_errors cache",
        "offline": "",
    },
    "markdown_extensions": {
        **dict.fromkeys(("abbr", "admonition", "attr_list", "def_list", "footnotes", "md_in_html", "tables"), ""),
        "toc": "permalink permalink_title slugify",
        **{f"pymdownx.{name}": "" for name in ("caret", "details", "inlinehilite", "keys", "mark", "superfences")},
        "pymdownx.emoji": "emoji_index emoji_generator",
        "pymdownx.highlight": "linenums_style",
        "pymdownx.tabbed": "alternate_style",
        "pymdownx.tasklist": "custom_checkbox",
        "pymdownx.tilde": "",
        "pymdownx.snippets": "base_path check_paths restrict_base_path dedent_subsections",
        "llmnotes.site.markdown.extension": "",
        "llmnotes.site.markdown.critic": "",
    },
    "hooks": {"llmnotes/site/labs/hook.py": "", "llmnotes/site/build/stock.py": ""},
}
# Whose value decides what is read or run.
FIXED: Mapping[str, str | list[str]] = {
    "INHERIT": CONFIGS["zh"],
    "theme.name": "material",
    "theme.custom_dir": "docs/theme",
    "plugins.markdown-exec.languages": ["python"],
    "plugins.mkdocs-jupyter.include": ["labs/*.py"],
    "plugins.mkdocs-jupyter.execute": "false",
    "plugins.mkdocs-jupyter.allow_errors": "false",
    "markdown_extensions.pymdownx.snippets.base_path": ["snippets"],
    "markdown_extensions.pymdownx.snippets.check_paths": "true",
    "markdown_extensions.pymdownx.snippets.restrict_base_path": "true",
}
# What YAML may make of a value: plain ones, and what these name.
YAML = "tag:yaml.org,2002:"
TAGS = {f"{YAML}{kind}" for kind in ("bool", "float", "int", "map", "null", "seq", "str")} | {
    f"{YAML}python/name:llmnotes.site.markdown.icons.index",
    f"{YAML}python/name:llmnotes.site.markdown.icons.show",
    f"{YAML}python/object/apply:pymdownx.slugs.slugify",
}
# Names of the environment that a page may show, and the settings that ask for them.
ENVIRONMENT = ("SITE_URL", "SOURCE_URL", "OFFLINE_URL", "BOOK_URL")
FROM_ENVIRONMENT = ("site_url", "extra")
PACKAGE = Path(__file__).parents[3]


def of_file(path: Path, name: str) -> Iterator[Problem]:
    """Yield what is wrong with a configuration, which is composed and not constructed: nothing that it names runs."""
    try:
        whole = yaml.compose(path.read_text(encoding="utf-8", errors="replace"))
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        yield Problem(name, mark.line + 1 if mark else 0, "is no YAML", "correct this line")
        return
    if not isinstance(whole, yaml.MappingNode):
        yield Problem(name, 1, "holds no settings", "write them as name: value")
        return
    known = NAMES.split()
    seen: set[str] = set()
    if whole.tag not in TAGS:
        yield _tagged(name, whole, "the whole file")
    for key, value in whole.value:
        line, written = key.start_mark.line + 1, _name(key)
        if written in UNUSED:
            remedy = "take it out: pages are in docs/zh and docs/en, styles and scripts in docs/theme"
            yield Problem(name, line, f"has the setting {written}, which this site does not use", remedy)
        elif written not in known or (written == "INHERIT" and name == CONFIGS["zh"]):
            yield _unknown(name, line, "", written, known[1:])
        elif written in seen:
            yield Problem(name, line, f"has the setting {written} twice", "take one of them out")
        else:
            yield from _of_tags(name, written, [key, value])
            yield from _of_setting(name, written, value)
        seen.add(written)


def _of_setting(name: str, top: str, value: yaml.Node) -> Iterator[Problem]:
    yield from _of_value(name, top, value)
    if top in ("docs_dir", "site_dir") and _leads_out(value.value):
        remedy = "write a folder of the project, from its root"
        yield Problem(name, value.start_mark.line + 1, f"has a {top} that leads out of the project", remedy)
    elif top == "theme" and isinstance(value, yaml.ScalarNode):
        yield from _of_value(name, "theme.name", value)
    elif top in INSIDE:
        yield from _of_options(name, top, value, INSIDE[top].split())
    elif top in LISTED:
        for entry, options in _entries(value):
            line, written = entry.start_mark.line + 1, _name(entry)
            known = LISTED[top]
            if written in known:
                yield from _of_options(name, f"{top}.{written}", options, known[written].split())
            elif top != "hooks" or not _is_ours(written, known):
                remedy = f"take it out; there are {', '.join(known)}"
                yield Problem(name, line, f"lists {shown(written)} under {top}, which is none of this site's", remedy)


def _of_options(name: str, where: str, value: yaml.Node | None, known: list[str]) -> Iterator[Problem]:
    """Yield the options within a setting that it does not have, or whose value must be another."""
    if isinstance(value, yaml.MappingNode):
        for key, inner in value.value:
            written = _name(key)
            if written not in known:
                yield _unknown(name, key.start_mark.line + 1, f"{where}.", written, known)
            yield from _of_value(name, f"{where}.{written}", inner)


def _of_value(name: str, where: str, value: yaml.Node) -> Iterator[Problem]:
    if where in FIXED and _plain(value) != FIXED[where]:
        fixed = FIXED[where]
        written = fixed if isinstance(fixed, str) else f"[{', '.join(fixed)}]"
        message = f"has another {where} than this site is built with"
        yield Problem(name, value.start_mark.line + 1, message, f"write {written}")


def _of_tags(name: str, top: str, nodes: list[yaml.Node]) -> Iterator[Problem]:
    """Yield the tags that would load something or show another name of the environment."""
    seen: set[int] = set()
    while nodes:
        node = nodes.pop()
        # An alias may lead back to where it stands.
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.tag == "!ENV":
            listed = [_name(one) for one in node.value] if isinstance(node, yaml.SequenceNode) else [_name(node)]
            # The last of several is the value where none of the others is set.
            asked = listed[:-1] or listed
            others = [one for one in asked if top not in FROM_ENVIRONMENT or one not in ENVIRONMENT]
            if others:
                remedy = f"write the value; {', '.join(ENVIRONMENT)} are read, in {' and '.join(FROM_ENVIRONMENT)}"
                line = node.start_mark.line + 1
                yield Problem(name, line, f"reads {shown(others[0])} from the environment in {top}", remedy)
        elif node.tag not in TAGS:
            yield _tagged(name, node, top)
        if isinstance(node, yaml.MappingNode):
            nodes += [one for pair in node.value for one in pair]
        elif isinstance(node, yaml.SequenceNode):
            nodes += node.value


def _entries(value: yaml.Node) -> Iterator[tuple[yaml.Node, yaml.Node | None]]:
    """Yield what is listed and its options: `- name`, `- name: options`, or `name: options` without a list."""
    for one in value.value if isinstance(value, yaml.SequenceNode) else [value]:
        if isinstance(one, yaml.MappingNode):
            yield from one.value
        else:
            yield one, None


def _tagged(name: str, node: yaml.Node, where: str) -> Problem:
    line, tag = node.start_mark.line + 1, shown(node.tag.replace(YAML, "!!"))
    return Problem(name, line, f"asks for {tag} in {where}", "write a plain value: a tag loads or runs code")


def _unknown(name: str, line: int, where: str, written: str, known: Iterable[str]) -> Problem:
    close = difflib.get_close_matches(written[:40], list(known), n=1)
    remedy = f"did you mean {close[0]}?" if close else "take the line out"
    return Problem(name, line, f"has an unknown setting {where}{shown(written)}", remedy)


def _name(key: yaml.Node) -> str:
    return key.value if isinstance(key, yaml.ScalarNode) else "that is no name"


def _plain(value: yaml.Node) -> Any:
    if isinstance(value, yaml.SequenceNode):
        return [_plain(one) for one in value.value]
    return value.value if isinstance(value, yaml.ScalarNode) else None


def _leads_out(written: Any) -> bool:
    """Return whether a path is none of the project's, on any system.

    >>> [_leads_out(path) for path in ("docs/zh", "docs/../..", "/etc", "C:/a", [])]
    [False, True, True, True, True]
    """
    if not isinstance(written, str):
        return True
    path = PureWindowsPath(written)
    return ".." in path.parts or bool(path.drive or path.root) or PurePosixPath(written).is_absolute()


def _is_ours(written: str, known: Iterable[str]) -> bool:
    """Return whether a whole path leads to what the package's own file says, for a project in another folder."""
    path = Path(written)
    own = next((PACKAGE / one for one in known if path.as_posix().endswith(f"/{one}")), None)
    return own is not None and path.is_absolute() and path.is_file() and path.read_bytes() == own.read_bytes()


def shown(written: str) -> str:
    r"""Return what somebody wrote, cut, as a terminal can print it in one line.

    >>> shown("a\nb" + "x" * 90)
    'a\\nbxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
    """
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in written[:40])
