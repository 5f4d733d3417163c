"""Data files that people write: models, chips, price lists, claims. Each is held to its rules and to outside truth.

Asked before any snippet runs: a broken file would otherwise be blamed on all that read it. A file that held is not
asked again until it changes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from llmnotes import registry
from llmnotes.claims import load_claims
from llmnotes.site.cache.store import Entry, Store, code_digest
from llmnotes.site.made.wanted import UNCONFIRMED
from llmnotes.site.places import PACKAGE
from llmnotes.site.text.problem import Problem, SiteError

FOLDERS = ("models", "chips", "prices", "claims")
# Where models (by id) and families (by model_type) stand whose parameters were summed on the real class.
MEASURED = "tests/data"
IN_CASES = re.compile(r'"(?:family|model_type)": ?"([^"]+)"')
NOT_FILLED = "…"
SLOT = "data files that hold"


def refuse(root: Path, store: Store) -> None:
    """Look at the data files that changed since they held.

    Raises:
        SiteError: With file, line and remedy of each that breaks a rule, or that nothing outside it confirms.
    """
    # Where the measurements are not, as in a part of the project, nothing can be compared with them.
    if (root / "llmnotes").resolve() != PACKAGE or not (root / MEASURED).is_dir():
        return
    kept = store.latest(SLOT, code_digest(), str)
    known: dict[str, str] = kept.value if kept else {}
    now: dict[str, str] = {}
    problems: list[Problem] = []
    confirmed = measured(root)
    for path in sorted(path for folder in FOLDERS for path in (registry.DATA / folder).glob("*.toml")):
        name, data = f"{path.parent.name}/{path.name}", path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        found = [] if known.get(name) == digest else list(_of_file(path, data, confirmed))
        problems += found
        if not found:
            now[name] = digest
    if now != known:
        store.keep_latest(SLOT, code_digest(), Entry(now, {}))
    if problems:
        raise SiteError(problems)


def measured(root: Path) -> frozenset[str]:
    """Models and families that were summed on the real class, and families of which a registered model was."""
    known: set[str] = set()
    for path in sorted((root / MEASURED).glob("*.json")):
        known |= set(IN_CASES.findall(path.read_text(encoding="utf-8")))
    for file, parts in {"registry_counts.json": ("params",), "absent_keys.json": ("defaults", "texts")}.items():
        if (root / MEASURED / file).is_file():
            said = json.loads((root / MEASURED / file).read_text(encoding="utf-8"))
            for part in parts:
                for name, found in said[part].items():
                    known |= set(found) if isinstance(found, dict) else {name}
    return frozenset(known)


def _of_file(path: Path, data: bytes, confirmed: frozenset[str]) -> Iterator[Problem]:
    place = f"llmnotes/data/{path.parent.name}/{path.name}"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        yield Problem(place, 0, "is not UTF-8 text", "save it as UTF-8")
        return
    rows = text.splitlines()
    blank = [line for line, row in enumerate(rows, 1) if NOT_FILLED in row.partition("#")[0].replace("said …", "")]
    if blank and path.parent.name != "claims":
        for line in blank:
            key = rows[line - 1].partition("=")[0].strip()
            yield Problem(place, line, f"{key} is not filled in", "write what you read, or take the line out")
        return
    try:
        yield from _ASKED[path.parent.name](place, path.stem, rows, confirmed)
    except ValueError as error:
        said = " ".join(str(error).split()).removeprefix(f"{path.parent.name}/").removeprefix(f"{path.name}: ")
        message, _, remedy = said.partition("; ")
        yield Problem(place, _line_of(rows, said), message, remedy or "correct this line")


def _line_of(rows: list[str], said: str) -> int:
    """Return the line that a message is about: of the key that it names first, or of a table; 0 where it names none."""
    if found := re.search(r"line (\d+)", said):
        return int(found[1])
    for word in re.findall(r"[\w.-]+", said):
        for line, row in enumerate(rows, 1):
            if re.match(rf"\[?{re.escape(word)}\]?\s*(=|$)", row.strip()):
                return line
    return 0


def _model(place: str, name: str, rows: list[str], known: frozenset[str]) -> Iterator[Problem]:
    from llmnotes.report import count_params

    entry = registry.find(name)
    total = count_params(entry.spec).total
    confirmed = entry.n_params_weights or entry.n_params_published or {name, entry.spec.family} & known
    if not confirmed and entry.spec.family not in UNCONFIRMED:
        remedy = "give n_params_weights (or n_params_published) with its source, or measure the real class"
        yield Problem(place, 0, f"has nothing outside it that its {total:,} parameters are compared with", remedy)
    notes = {"n_params_weights": entry.n_params_weights_note, "n_params_published": entry.n_params_published_note}
    rounded = {"n_params_published": entry.n_params_published_as}
    for key, note in notes.items():
        stated = getattr(entry, key)
        if stated and not note and not rounded.get(key) and total != stated:
            message = f"[config] counts {total:,} parameters, but {key} is {stated:,}"
            yield Problem(place, _line_of(rows, key), message, f"correct a key, or say in {key}_note what differs")


def _chip(place: str, name: str, rows: list[str], _: frozenset[str]) -> Iterator[Problem]:
    chip = registry.find_chip(name)
    slow = chip.bandwidth_bytes_per_s < 10**9
    small = chip.memory_bytes < 10**9
    for key, wrong in (("bandwidth_bytes_per_s", slow), ("memory_bytes", small)):
        if wrong:
            yield Problem(place, _line_of(rows, key), f"{key} is less than a GB", "write bytes, not gigabytes")


def _price(place: str, name: str, rows: list[str], _: frozenset[str]) -> Iterator[Problem]:
    price = registry.find_price(name)
    if price.priced > price.checked:
        yield Problem(place, _line_of(rows, "priced"), "priced is after the day it was read", "correct one of the days")


def _claim(place: str, name: str, rows: list[str], _: frozenset[str]) -> Iterator[Problem]:
    load_claims()
    yield from ()


_ASKED = {"models": _model, "chips": _chip, "prices": _price, "claims": _claim}
