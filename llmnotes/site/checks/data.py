"""Data files that people write: models, chips, price lists, claims. Each is held to its rules and to outside truth.

Asked before any snippet runs: a broken file would otherwise be blamed on all that read it. A file that held is not
asked again until it changes.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from llmnotes import registry
from llmnotes.claims import claims_of
from llmnotes.site.cache.store import Entry, Store, code_digest
from llmnotes.site.made.wanted import UNCONFIRMED
from llmnotes.site.places import PACKAGE
from llmnotes.site.text.problem import Problem, SiteError

FOLDERS = ("models", "chips", "prices", "claims")
# Where models (by id) and families (by model_type) stand whose parameters were summed on the real class.
MEASURED = "tests/data"
BY_HAND = re.compile(r'\{"id": ?"hand-')  # tensors shaped by hand: they confirm what reads the file, and no family
IN_CASES = re.compile(r'"(?:family|model_type)": ?"([^"]+)"')
NOT_FILLED = "…"
# A claim may quote with an ellipsis, so only a value that begins with one is blank.
BLANK_IN_CLAIM = re.compile(r'\w+ = "…("| \()')
ADDRESS = re.compile(r"https?://[^\s/]+\.")
# Names round, and some leave tables of words or towers out; `a3b` is what a token uses, not what there is.
SIZE_IN_NAME = re.compile(r"(?<![a-z0-9.])((?P<times>\d+)x)?(?P<number>\d+(\.\d+)?)(?P<unit>[bm])(?![a-z0-9])")
SIZES, LEAST, MOST = {"b": 1e9, "m": 1e6}, 0.75, 1.6
SLOT = "data files that hold"


def refuse(root: Path, store: Store) -> None:
    """Look at the data files that changed since they held.

    Raises:
        SiteError: With file, line and remedy of each that breaks a rule, or that nothing outside it confirms.
    """
    if not is_whole(root):
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


def is_whole(root: Path) -> bool:
    """Return whether the data files belong to this project: in a part of it, nothing can be compared with them."""
    return (root / "llmnotes").resolve() == PACKAGE and (root / MEASURED).is_dir()


def measured(root: Path) -> frozenset[str]:
    """Models and families that were summed on the real class, and families of which a registered model was."""
    known: set[str] = set()
    for path in sorted((root / MEASURED).glob("*.json")):
        rows = path.read_text(encoding="utf-8").splitlines()
        known |= set(IN_CASES.findall("\n".join(row for row in rows if not BY_HAND.match(row))))
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
    if blank := [line for line, row in enumerate(rows, 1) if _is_blank(row, path.parent.name)]:
        for line in blank:
            key = rows[line - 1].partition("=")[0].strip()
            yield Problem(place, line, f"{key} is not filled in", "write what you read, or take the line out")
        return
    try:
        yield from _ASKED[path.parent.name](place, path.stem, rows, confirmed)
        yield from _without_address(place, text, rows)
    except ValueError as error:
        said = " ".join(str(error).split()).removeprefix(f"{path.parent.name}/").removeprefix(f"{path.name}: ")
        message, _, remedy = said.partition("; ")
        yield Problem(place, _line_of(rows, said), message, remedy or "correct this line")


def _without_address(place: str, text: str, rows: list[str]) -> Iterator[Problem]:
    """Yield what was read nowhere that a reader could open."""
    start = rows.index("[source]") + 1 if "[source]" in rows else 0
    for key, source in tomllib.loads(text).get("source", {}).items():
        if key != "checked" and not ADDRESS.search(source):
            line = _below(rows, start, [key])
            yield Problem(place, line, f"the source of {key} has no address", "name the page that you opened")


def _is_blank(row: str, folder: str) -> bool:
    if folder == "claims":
        return BLANK_IN_CLAIM.match(row) is not None
    return NOT_FILLED in row.partition("#")[0].replace("said …", "")


def _line_of(rows: list[str], said: str) -> int:
    """Return the line that a message is about: of the key that it names first, or of a table; 0 where it names none."""
    if found := re.search(r"line (\d+)", said):
        return int(found[1])
    words = re.findall(r"[\w.-]+", said)
    for place, word in enumerate(words):
        for line, row in enumerate(rows, 1):
            if re.match(rf"\[?{re.escape(word)}\]?\s*(=|$)", row.strip()):
                return _below(rows, line, words[place + 1 :]) if row.startswith("[") else line
    return 0


def _below(rows: list[str], heading: int, words: Sequence[str]) -> int:
    """Return the line of the key that is named first of those below a heading, or of the heading."""
    keys: dict[str, int] = {}
    for line, row in enumerate(rows[heading:], heading + 1):
        if row.startswith("["):
            break
        keys.setdefault(row.partition("=")[0].strip(), line)
    return next((keys[word] for word in words if word in keys), heading)


def _model(place: str, name: str, rows: list[str], known: frozenset[str]) -> Iterator[Problem]:
    from llmnotes.report import count_params

    entry = registry.find(name)
    count = count_params(entry.spec)
    total = count.total
    confirmed = entry.n_params_weights or entry.n_params_published or {name, entry.spec.family} & known
    if not confirmed and entry.spec.family not in UNCONFIRMED:
        remedy = "give n_params_weights (or n_params_published) with its source, or measure the real class"
        line = _line_of(rows, "config")
        yield Problem(place, line, f"has nothing outside it that its {total:,} parameters are compared with", remedy)
        return
    # The family counts right; whether these are the model's own keys, at least its name says.
    said = SIZE_IN_NAME.search(name)
    if said and not (entry.n_params_weights or entry.n_params_published or name in known):
        named, whole = float(said["number"]) * int(said["times"] or 1) * SIZES[said["unit"]], count.whole
        if not LEAST * named <= whole <= MOST * named:
            message = f"[config] counts {whole:,} parameters, far from the {said.group()} of its name"
            remedy = "correct a key, or give n_params_weights (or n_params_published) with its source"
            yield Problem(place, _line_of(rows, "config"), message, remedy)
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
    folder = registry.DATA / "claims"
    own = claims_of(folder / f"{name}.toml")
    for other in sorted(path for path in folder.glob("*.toml") if path.stem != name):
        # What is wrong with that file is said of that file.
        with suppress(ValueError):
            for id in own.keys() & claims_of(other).keys():
                message = f"{id} is also a claim of {other.name}"
                yield Problem(place, _line_of(rows, id), message, "give one of them another id")


_ASKED = {"models": _model, "chips": _chip, "prices": _price, "claims": _claim}
