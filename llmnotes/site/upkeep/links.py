"""Addresses outside of the site that pages and data name, and which of them no longer answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from llmnotes.site.upkeep.web import Unreachable, ask

WRITTEN = re.compile(r"https?://[^\s\"'`<>\]}|]+")
FOLDERS = {"docs": ("*.md", "labs/*.py"), "llmnotes/data": ("*.toml", "*.json"), ".": ("README.md", "CONTRIBUTING.md")}
# Answers that say that a page is there but not for a program.
THERE = {200, 401, 403, 405, 406, 418, 429, 451, 503, 999}
# Not asked: this machine, and names that stand for others.
EXAMPLES = re.compile(r"(?:^|\.)(?:localhost|example(?:\.\w+)?|invalid|test)$|^[\d.]+$")
N_AT_ONCE = 8


def addresses(root: Path) -> dict[str, list[str]]:
    """Return the addresses that are written in pages and data, and the files that name each."""
    found: dict[str, list[str]] = {}
    for folder, patterns in FOLDERS.items():
        for pattern in patterns:
            files = (root / folder).glob(pattern) if folder == "." else (root / folder).rglob(pattern)
            for file in sorted(files):
                place = file.relative_to(root).as_posix()
                for address in sorted(set(written(file.read_text(encoding="utf-8")))):
                    found.setdefault(address, []).append(place)
    return found


def written(text: str) -> Iterable[str]:
    """Yield the addresses of a text, without the punctuation that follows and without anchors.

    >>> [*written("see [a](https://a.org/x_(y)), https://b.org/#top. https://localhost/")]
    ['https://a.org/x_(y)', 'https://b.org/']
    """
    for one in WRITTEN.findall(text):
        address = one.partition("#")[0]
        while address and (address[-1] in ".,;:!?*_，。；：）、" or address.count(")") > address.count("(")):
            address = address[: address.rindex(")")] if address.count(")") > address.count("(") else address[:-1]
        host = urlsplit(address).hostname or ""
        if host and not EXAMPLES.search(host):
            yield address


def gone(found: Mapping[str, list[str]]) -> dict[str, str]:
    """Ask for every address and return why those that no longer answer do not."""
    with ThreadPoolExecutor(N_AT_ONCE) as pool:
        answers = pool.map(_answer, found)
        return {address: why for address, why in zip(found, answers, strict=True) if why}


def report(found: Mapping[str, list[str]], dead: Mapping[str, str]) -> str:
    """Return the addresses that no longer answer, as Markdown."""
    lines = [f"## Links that no longer answer: {len(dead)} of {len(found)}", ""]
    for address, why in sorted(dead.items()):
        lines += [f"- {address} ({why}), in {', '.join(f'`{place}`' for place in found[address])}"]
    return "\n".join(lines) + "\n"


def _answer(address: str) -> str:
    """Return why an address does not answer, nothing where it does."""
    try:
        status, _ = ask(address, method="HEAD")
        if status not in THERE or status == 405:
            status, _ = ask(address)
    except Unreachable as why:
        return str(why)
    return "" if status in THERE else f"status {status}"
