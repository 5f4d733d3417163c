"""A page whose inputs did not change is not converted again: MkDocs gets from the store what it would make anew.

Three things are kept, each under the content of all that decides it: the converted page, its search entries, the
finished page. This is the only module that reaches into MkDocs (1.6.1: `_populate_page`, `_build_page`) and into
Material's search plugin (`SearchIndex.add_entry_from_context`); the test of byte-identity guards it.

- A converted page follows from its source, the figures it shows, the files that were opened while it was converted, the
  code and data of the package that were loaded by then, the configuration without its navigation, the list of files,
  and the installed packages.
- A finished page follows from the converted one, the navigation with titles and front matter of all pages, the theme,
  the commit and its own date.

A page of which anything was complained, a fence that does more than show a snippet, a page that is no Markdown, and a
site with a plugin that is not known to leave pages alone are made anew each time.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mkdocs.commands.build as builder
from jinja2 import FileSystemLoader
from mkdocs.structure.files import File, Files
from mkdocs.structure.toc import get_toc

from llmnotes.site.cache import manifest, opened
from llmnotes.site.cache.store import Entry, Store, code_digest, digest, folder_digest
from llmnotes.site.snippets.runner import Runner
from llmnotes.site.text.pages import parse
from llmnotes.site.text.problem import Problem, SiteError
from llmnotes.site.text.shown import Shown

# Plugins that do nothing to a Markdown page but what is kept of it.
HOOKS = ("llmnotes/site/labs/hook.py", "llmnotes/site/build/stock.py")
KNOWN_PLUGINS = ("material/search", "markdown-exec", "material/offline", *HOOKS)
NAVIGATION = re.compile(r"^nav:\n(?:(?:[ ]+.*)?\n)+", re.M)
EXECUTES = re.compile(r"\bexec\s*=")
DRAWING = re.compile(r"<svg\b.*?</svg>", re.S)
_populate, _build = builder._populate_page, builder._build_page


class KeptPages:
    """Answers for the pages of one edition from the store.

    Args:
        root: The project.
        lang: The edition.
        config: Its configuration, as MkDocs loaded it.
        runner: What answers the fences.
        complaints: Grows whenever anything is complained of.
        add_entries: What adds a page to the search index.
    """

    def __init__(
        self,
        root: Path,
        lang: str,
        config: Any,
        runner: Runner,
        complaints: list[Problem],
        add_entries: Callable[[Any, Any], None],
    ) -> None:
        self.root, self.lang, self.config, self.complaints = root.resolve(), lang, config, complaints
        self.store = Store(self.root / ".cache" / "llmnotes")
        # Anchors are left to the verification; a page that is taken over does not say to which it links.
        self.usable = (
            all(map(leaves_pages_alone, config.plugins))
            and "material/search" in config.plugins
            and (config.validation.links.anchors <= logging.DEBUG)
        )
        self._runner, self._get, self._add_entries = runner, runner.get, add_entries
        self._setting = digest(
            manifest.surroundings(root),
            [_without_navigation(file.read_text(encoding="utf-8")) for file in manifest.configurations(root)],
            code_digest(),
        )
        self._theme = folder_digest(self.root / "docs" / "theme")
        # Known once the first page is converted, and once all are.
        self._files = self._around = ""
        self._asked: set[tuple[str, str]] = set()
        self._converted: dict[str, str] = {}

    def populate(self, page: Any, config: Any, files: Files, dirty: bool = False) -> None:
        """Convert a page, or take over what is kept of it (in the place of MkDocs' `_populate_page`)."""
        name = page.file.src_uri
        if not (self.usable and name.endswith(".md")):
            _populate(page, config, files, dirty)
            return
        source = page.file.content_string
        self._files = self._files or digest(sorted(file.src_uri for file in files))
        recipe = digest(self._setting, self._files, name, source)
        if kept := self.store.latest(self._slot("converted", name), recipe, self._runner.digest_of):
            _restore(page, kept.value)
            self._converted[name] = digest(kept.value)
            return
        n_complaints = len(self.complaints)
        self._asked.clear()
        with opened.recording(self.root) as read:
            _populate(page, config, files, dirty)
        if len(self.complaints) > n_complaints or not self._only_shows(page.file, source):
            return
        inputs = read.first | {path: self._runner.digest_of(path) for path in opened.of_package()}
        for snippet, lang in self._asked:
            inputs |= self._runner.inputs_of([snippet], [lang])
        value = _plain(page)
        if value is not None and read.steady() and all(inputs.values()):
            self.store.keep_latest(self._slot("converted", name), recipe, Entry(value, inputs))
            self._converted[name] = digest(value)

    def build(
        self,
        page: Any,
        config: Any,
        doc_files: Sequence[File],
        nav: Any,
        env: Any,
        dirty: bool = False,
        excluded: bool = False,
    ) -> None:
        """Finish a page, or write what is kept of it (in the place of MkDocs' `_build_page`)."""
        name = page.file.src_uri
        every = {kind: config.extra.get(kind, {}) for kind in ("dates", "cards")}
        # A template sees the date and the cards of its own page only, so only those count.
        config.extra |= {kind: {name: of[name]} if name in of else {} for kind, of in every.items()}
        try:
            if name not in self._converted or excluded:
                _build(page, config, doc_files, nav, env, dirty, excluded)
            else:
                self._finish(page, lambda: _build(page, config, doc_files, nav, env, dirty, excluded), nav, doc_files)
        finally:
            config.extra |= every

    def _finish(self, page: Any, build: Callable[[], None], nav: Any, doc_files: Sequence[File]) -> None:
        name, target = page.file.src_uri, Path(page.file.abs_dest_path)
        self._around = self._around or digest(self._setting, self._theme, _entries(nav.items), _heads(doc_files))
        recipe = digest(self._around, name, self._converted[name], _json(self.config.extra))
        entries = self._search.entries
        if kept := self.store.latest(self._slot("finished", name), recipe, self._runner.digest_of):
            entries += kept.value["entries"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(kept.value["page"].encode())
            return
        n_complaints, n_entries = len(self.complaints), len(entries)
        build()
        if len(self.complaints) == n_complaints and target.is_file():
            value = {"page": target.read_bytes().decode(), "entries": entries[n_entries:]}
            self.store.keep_latest(self._slot("finished", name), recipe, Entry(value, {}))

    def add_entries(self, index: Any, page: Any) -> None:
        """Add a page to the search index (in the place of the plugin's `add_entry_from_context`)."""
        name = page.file.src_uri
        recipe = digest(self._setting, page.content, _tokens(page.toc), page.url, str(page.title), _json(page.meta))
        if kept := self.store.latest(self._slot("entries", name), recipe, self._runner.digest_of):
            index.entries += kept.value
            return
        n_entries, content = len(index.entries), page.content
        # Drawings are excluded from search, and a parser in Python takes longer over them than over all else.
        page.content = DRAWING.sub("", content)
        self._add_entries(index, page)
        page.content = content
        self.store.keep_latest(self._slot("entries", name), recipe, Entry(index.entries[n_entries:], {}))

    def ask(self, name: str, lang: str) -> Shown:
        """Answer for a snippet and note that it was asked for (in the place of the runner's `get`)."""
        self._asked.add((name, lang))
        with opened.paused():
            return self._get(name, lang)

    @property
    def _search(self) -> Any:
        return self.config.plugins["material/search"].search_index

    def _slot(self, kind: str, name: str) -> str:
        return f"{kind} {self.lang} {name}"

    def _only_shows(self, file: File, source: str) -> bool:
        """Return whether every fence that runs does nothing but show a snippet."""
        n_running = len(EXECUTES.findall(source))
        if not n_running:
            return True
        if file.abs_src_path is None:
            return False
        path = Path(file.abs_src_path).resolve()
        try:
            read = parse(path, path.relative_to(self.root).as_posix(), source)
        except (SiteError, ValueError):
            return False
        return len(read.shows) == n_running


def leaves_pages_alone(plugin: str) -> bool:
    """Return whether a plugin or a hook, which goes by its path, does nothing to a page but what is kept of it.

    >>> [leaves_pages_alone(name) for name in ("markdown-exec", "/p/llmnotes/site/labs/hook.py", "x")]
    [True, True, False]
    """
    return plugin.replace("\\", "/").endswith(KNOWN_PLUGINS)


@contextmanager
def kept_pages(
    root: Path, lang: str, config: Any, runner: Runner, complaints: list[Problem]
) -> Generator[None, None, None]:
    """Let MkDocs ask the store before it converts a page of an edition, as long as the context lasts."""
    from material.plugins.search.plugin import SearchIndex

    kept = KeptPages(root, lang, config, runner, complaints, SearchIndex.add_entry_from_context)
    stand_ins: list[tuple[Any, str, Any]] = [
        (builder, "_populate_page", kept.populate),
        (builder, "_build_page", kept.build),
        (SearchIndex, "add_entry_from_context", lambda index, page: kept.add_entries(index, page)),
        (runner, "get", kept.ask),
        (FileSystemLoader, "list_templates", _visible_templates),
    ]
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in stand_ins]
    for owner, name, stand_in in stand_ins:
        setattr(owner, name, stand_in)
    try:
        yield
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)


def _without_navigation(configuration: str) -> list[str]:
    """Return the lines of a configuration that a page depends on wherever it stands in the navigation."""
    return [line for line in NAVIGATION.sub("", configuration).splitlines() if line.strip()]


def _visible_templates(loader: FileSystemLoader) -> list[str]:
    """Return the files of a theme, as the loader does, without walking through the ten thousand icons of Material.

    They lie in a folder whose name begins with a dot, and MkDocs copies nothing from there. Nor are the scripts and
    styles of Material copied, which no page of ours loads; our own lie in the first folder, before its own.
    """
    found: set[str] = set()
    for top in loader.searchpath:
        material = Path(top, "assets", "javascripts", "workers").is_dir()
        for folder, folders, names in os.walk(top, followlinks=loader.followlinks):
            folders[:] = [name for name in folders if not name.startswith(".") and not (material and name == "assets")]
            found |= {Path(folder, name).relative_to(top).as_posix() for name in names}
    return sorted(found)


def _plain(page: Any) -> dict[str, Any] | None:
    """Return a converted page as plain JSON, None where its front matter is more than that."""
    value = {
        "markdown": page.markdown,
        "meta": dict(page.meta),
        "content": page.content,
        "toc": _tokens(page.toc),
        "title": page._title_from_render,
        "anchors": sorted(page.present_anchor_ids),
    }
    try:
        return value if json.loads(json.dumps(value, allow_nan=False)) == value else None
    except (TypeError, ValueError):
        return None


def _restore(page: Any, value: dict[str, Any]) -> None:
    """Make a page what it was when `_plain` described it."""
    page.markdown, page.meta, page.content = value["markdown"], value["meta"], value["content"]
    page.toc = get_toc(value["toc"])
    page._title_from_render = value["title"]
    page.present_anchor_ids = set(value["anchors"])


def _tokens(toc: Iterable[Any]) -> list[dict[str, Any]]:
    """Return a table of contents as Python-Markdown describes it."""
    return [
        {"name": item.title, "id": item.id, "level": item.level, "children": _tokens(item.children)} for item in toc
    ]


def _entries(items: Iterable[Any] | None) -> list[Any]:
    """Return a navigation as titles and addresses."""
    return [[item.title, getattr(item, "url", None), _entries(item.children)] for item in items or ()]


def _heads(doc_files: Sequence[File]) -> list[Any]:
    """Return what a template can know of the other pages."""
    return [[file.src_uri, file.page.url, file.page.title, _json(file.page.meta)] for file in doc_files if file.page]


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
