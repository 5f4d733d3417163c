"""What the world says by now, beside the registry: published configurations, prices, contexts, releases of engines.

Nothing is changed in silence: differences are listed, and `write` puts into data files only those that it lists, for a
pull request that somebody reads. Rules of engines are read by people, so a new release is only named.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from llmnotes import registry
from llmnotes.engines import VERSIONS
from llmnotes.site.upkeep.shelf_life import dated, past
from llmnotes.site.upkeep.web import Unreachable, ask_json

HUB_FILE = re.compile(r"https://huggingface\.co/(?P<name>[\w.-]+/[\w.-]+)/blob/[\w.-]+/(?P<file>[\w./-]+\.json)")
PRICED = re.compile(r"/providers/(?P<provider>[\w.-]+)/models/(?P<model>[\w./-]+)\.toml")
REPOSITORY = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)\)")
# Our key for each place in the published list of prices.
PRICES = {
    ("cost", "input"): "usd_per_million_input_tokens",
    ("cost", "output"): "usd_per_million_output_tokens",
    ("cost", "cache_read"): "usd_per_million_cached_tokens",
    ("cost", "cache_write"): "usd_per_million_cache_write_tokens",
    ("limit", "context"): "context_advertised",
    ("limit", "output"): "output_limit",
}
UNLISTED = re.compile(r"^usd_per_million_\w+_(?:long|batch|fast)\b", re.M)
ABSENT = "–"


@dataclass(frozen=True)
class Endpoints:
    """Where to ask; each may be another by an environment variable."""

    hub: str
    prices: str
    releases: str

    @classmethod
    def given(cls) -> Endpoints:
        """Return those of the environment, or the public ones."""
        return cls(
            os.environ.get("HF_ENDPOINT") or "https://huggingface.co",
            os.environ.get("LLMNOTES_PRICES") or "https://models.dev/api.json",
            os.environ.get("LLMNOTES_RELEASES") or "https://api.github.com",
        )


@dataclass(frozen=True, order=True)
class Differs:
    """One number that is published otherwise by now.

    Args:
        file: The data file, relative to the project.
        key: Its key; a dot leads into a table.
        ours: What stands there.
        theirs: What is published; None where the key is gone.
        source: Address that said it.
        writable: Whether `write` may put it into the file.
    """

    file: str
    key: str
    ours: Any
    theirs: Any = field(compare=False)
    source: str = ""
    writable: bool = True


@dataclass(frozen=True)
class Compared:
    """All differences, and what could not be compared.

    Args:
        differs: In the order of the files.
        equal: Files that agree in every key that was compared.
        untold: Why an entry was not compared, by its file.
    """

    differs: tuple[Differs, ...]
    equal: tuple[str, ...]
    untold: Mapping[str, str]

    def as_markdown(self) -> str:
        """Return it for a pull request or a terminal."""
        lines = [f"## Published otherwise by now: {len(self.differs)}", ""]
        lines += [f"{len(self.equal)} entries agree, {len(self.untold)} could not be compared.", ""]
        if self.differs:
            lines += ["| file | key | here | published | source |", "|---|---|---|---|---|"]
            lines += [_row(one) for one in self.differs] + [""]
        if self.untold:
            lines += ["<details><summary>Not compared</summary>", ""]
            lines += [f"- `{file}`: {why}" for file, why in sorted(self.untold.items())]
            lines += ["", "</details>", ""]
        return "\n".join(lines)


def compare(endpoints: Endpoints) -> Compared:
    """Ask for everything that the registry holds and return what is published otherwise."""
    differs: list[Differs] = []
    untold: dict[str, str] = {}
    equal: list[str] = []
    asked: list[tuple[str, Callable[[], list[Differs]]]] = [
        *_configurations(endpoints),
        *_prices(endpoints),
        *_releases(endpoints),
    ]
    for file, found in asked:
        try:
            mine = found()
        except Unreachable as why:
            untold[file] = str(why)
            continue
        differs += mine
        equal += [] if mine else [file]
    return Compared(tuple(sorted(differs, key=lambda one: (one.file, one.key))), tuple(equal), untold)


def write(root: Path, compared: Compared, on: date) -> list[str]:
    """Put differences into data files, and the day into those past their shelf life that agree; return those files."""
    by_file: dict[str, list[Differs]] = {one.file: [] for one in past(dated(), on) if one.file in compared.equal}
    for one in compared.differs:
        if one.writable:
            by_file.setdefault(one.file, []).append(one)
    written = []
    for file, changes in sorted(by_file.items()):
        before = text = (root / file).read_text(encoding="utf-8")
        for one in changes:
            text = _put(text, one.key, one.theirs)
            if "." not in one.key:
                text = _put(text, f"source.{one.key}", f"{one.source} (read {on})")
        # Prices that the list does not have were not compared: their day stays what it is.
        if not UNLISTED.search(text):
            text = _put(_put(text, "priced", on), "source.priced", f"day on which {Endpoints.given().prices} was read")
        if changes or text != before or "/prices/" not in file:
            text = _put(text, "source.checked", on)
        if text != before:
            (root / file).write_text(text, encoding="utf-8")
            written.append(file)
    return written


def leaves(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what a nested table holds, by dotted key.

    >>> [*leaves({"a": 1, "rope": {"type": "yarn"}})]
    [('a', 1), ('rope.type', 'yarn')]
    """
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def newer(ours: str, tag: str) -> bool:
    """Return whether a release is another one than that whose rules were read; as many parts count as ours has.

    >>> newer("0.24", "v0.24.1"), newer("0.24", "v0.25.0"), newer("0.5.9", "v0.5.10"), newer("b10273", "b10273")
    (False, True, True, False)
    """
    parts = ours.split(".")
    return tag.removeprefix("v").split(".")[: len(parts)] != parts


def _configurations(endpoints: Endpoints) -> Iterator[tuple[str, Callable[[], list[Differs]]]]:
    for model in map(registry.find, registry.model_ids()):
        file = f"llmnotes/data/models/{model.id}.toml"
        place = HUB_FILE.match(model.sources["config"])
        if place is None:
            yield file, _untold("its configuration was not read on the hub")
            continue
        source = f"{endpoints.hub}/{place['name']}/resolve/main/{place['file']}"
        yield file, lambda file=file, model=model, source=source: _of_config(file, model.config, source)


def _of_config(file: str, ours: Mapping[str, Any], source: str) -> list[Differs]:
    published = ask_json(source)
    if not isinstance(published, dict):
        raise Unreachable("answers with no table of keys")
    theirs = dict(leaves(published))
    changed = [(key, value) for key, value in leaves(ours) if value is not None and theirs.get(key) != value]
    return [
        Differs(file, f"config.{key}", value, theirs.get(key), source, "." not in key and _plain(theirs.get(key)))
        for key, value in changed
    ]


def _prices(endpoints: Endpoints) -> Iterator[tuple[str, Callable[[], list[Differs]]]]:
    answers: list[Any] = []

    def listed() -> Any:
        if not answers:
            answers.append(ask_json(endpoints.prices))
        return answers[0]

    for price in map(registry.find_price, registry.price_ids()):
        file = f"llmnotes/data/prices/{price.id}.toml"
        place = PRICED.search(price.sources["usd_per_million_input_tokens"])
        if place is None:
            yield file, _untold("its price was not read in the published list")
            continue
        yield (
            file,
            lambda file=file, price=price, place=place: _of_price(file, price, place, listed(), endpoints.prices),
        )


def _of_price(file: str, price: registry.Price, place: re.Match[str], listed: Any, source: str) -> list[Differs]:
    try:
        published = listed[place["provider"]]["models"][place["model"]]
        theirs = {key: published.get(table, {}).get(name) for (table, name), key in PRICES.items()}
    except (KeyError, TypeError, AttributeError):
        raise Unreachable(f"{source} no longer lists {place['provider']}/{place['model']}") from None
    named = {key: getattr(price, key) for key in theirs}
    return [
        Differs(file, key, value, theirs[key], source, _plain(theirs[key]))
        for key, value in named.items()
        if value is not None and theirs[key] != value
    ]


def _releases(endpoints: Endpoints) -> Iterator[tuple[str, Callable[[], list[Differs]]]]:
    for engine, version in VERSIONS.items():
        module = import_module(f"llmnotes.engines.{engine.replace('.', '').replace('-', '_')}")
        file = f"llmnotes/engines/{module.__name__.rpartition('.')[2]}.py"
        repository = REPOSITORY.search(module.__doc__ or "")
        if repository is None:
            yield file, _untold("its docstring names no repository")
            continue
        source = f"{endpoints.releases}/repos/{repository[1]}/releases/latest"
        yield file, lambda file=file, version=version, source=source: _of_release(file, version, source)


def _of_release(file: str, version: str, source: str) -> list[Differs]:
    latest = ask_json(source)
    tag = latest.get("tag_name") if isinstance(latest, dict) else None
    if not isinstance(tag, str):
        raise Unreachable("names no release")
    return [Differs(file, "VERSION", version, tag, source, writable=False)] if newer(version, tag) else []


def _untold(why: str) -> Callable[[], list[Differs]]:
    def tell() -> list[Differs]:
        raise Unreachable(why)

    return tell


def _plain(value: Any) -> bool:
    return isinstance(value, bool | int | float | str)


def _put(text: str, key: str, value: Any) -> str:
    """Return a TOML file with one plain value replaced; comments and order stay.

    >>> _put("a = 1\\n[source]\\na = 'x'\\n", "source.a", "y")
    'a = 1\\n[source]\\na = "y"\\n'
    """
    table, _, name = key.rpartition(".")
    begin, head = 0, re.search(rf"^\[{re.escape(table)}\]\s*$", text, re.M) if table else None
    if table:
        if head is None:
            raise ValueError(f"the file has no [{table}]")
        begin = head.end()
    following = re.compile(r"^\[", re.M).search(text, begin)
    end = following.start() if following else len(text)
    row = re.compile(rf"^({re.escape(name)}[ \t]*=[ \t]*).*$", re.M)
    return text[:begin] + row.sub(lambda found: found[1] + _toml(value), text[begin:end], count=1) + text[end:]


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:_}"
    if isinstance(value, float | date):
        return str(value)
    escaped = "".join(c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in str(value))
    return f'"{escaped}"'


def _row(one: Differs) -> str:
    cells = (f"`{one.file}`", f"`{one.key}`", str(one.ours), ABSENT if one.theirs is None else str(one.theirs))
    row = [re.sub(r"[\r\n|<>`@]", " ", cell) if index > 1 else cell for index, cell in enumerate(cells)]
    return f"| {' | '.join([*row, one.source])} |"
