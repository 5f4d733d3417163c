"""Claims about language models that readers meet: who makes them, where, the verdict, and what decides it.

They stand in `data/claims/`, a file for each page that shows them. Nothing here computes: `evidence` names the quantity
of a snippet, `name.quantity`, as prose does, and words hold `{{name.quantity}}` where a number belongs.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data" / "claims"
VERDICTS = ("correct", "imprecise", "wrong", "unverifiable")
TOPICS = ("context", "cache", "weights", "compute", "params", "speed", "products")
LANGUAGES = ("zh", "en")
EVIDENCE = re.compile(r"[a-z]\w*\.\w+")


class ClaimError(ValueError):
    """A claim that breaks the rules: names file, claim and remedy."""


@dataclass(frozen=True)
class Words:
    """A claim in one language.

    Attributes:
        says: The claim, quoted in a few words or paraphrased.
        holds: What is right instead, or under which condition.
        shows: The evidence, with the numbers that a snippet computes.
    """

    says: str
    holds: str
    shows: str


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes:
        id: Its key in the file, and the anchor of its card.
        page: The page that shows it, without language and suffix.
        who: Who makes it, in each language.
        where: Address of the page that was opened.
        opened: Day on which it was.
        evidence: Name of the quantity that decides it; empty where nothing public does.
        sources: What else was read for the verdict, by its name.
    """

    id: str
    page: str
    who: Mapping[str, str]
    where: str
    opened: date
    topic: str
    verdict: str
    evidence: str
    words: Mapping[str, Words]
    sources: Mapping[str, str]


def load_claims(folder: Path = FOLDER) -> dict[str, Claim]:
    """Return every claim by its id, in the order of the files.

    Raises:
        ClaimError: If one lacks a field, has one that nothing reads, or an id stands twice.

    >>> load_claims()["row-11"].verdict
    'wrong'
    """
    found: dict[str, Claim] = {}
    for file in sorted(folder.glob("*.toml")):
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        shared = data.pop("about")
        for id, given in data.items():
            if id in found:
                raise ClaimError(f"{file.name}: {id} is also a claim of {found[id].page}; give one of them another id")
            found[id] = _claim(f"{file.name}: {id}", id, shared["page"], {**shared, **given})
    return found


def _claim(place: str, id: str, page: str, given: dict[str, Any]) -> Claim:
    words = {lang: _words(f"{place}.{lang}", given.pop(lang, {})) for lang in LANGUAGES}
    given = {"evidence": "", "sources": {}, **given, "id": id, "page": page, "words": words}
    if isinstance(given.get("who"), str):
        given["who"] = dict.fromkeys(LANGUAGES, given["who"])
    _exactly(place, given, tuple(one.name for one in fields(Claim)))
    claim = Claim(**given)
    for name, known in (("verdict", VERDICTS), ("topic", TOPICS)):
        if given[name] not in known:
            raise ClaimError(f"{place} has the {name} {given[name]!r}; write one of {', '.join(known)}")
    if not claim.evidence and claim.verdict != "unverifiable":
        raise ClaimError(f"{place} has no evidence; name the quantity that decides it, or judge it unverifiable")
    if claim.evidence and not EVIDENCE.fullmatch(claim.evidence):
        raise ClaimError(f"{place} has the evidence {claim.evidence!r}; write name.quantity, as prose does")
    if type(claim.opened) is not date or not claim.where.startswith("http"):
        raise ClaimError(f"{place} does not say where it stands and when that was opened; write where and opened")
    return claim


def _words(place: str, given: dict[str, str]) -> Words:
    _exactly(place, given, tuple(one.name for one in fields(Words)))
    return Words(**given)


def _exactly(place: str, given: Mapping[str, Any], wanted: tuple[str, ...]) -> None:
    if missing := set(wanted) - given.keys():
        raise ClaimError(f"{place} has no {', '.join(sorted(missing))}; every claim has {', '.join(sorted(wanted))}")
    if unknown := given.keys() - set(wanted):
        raise ClaimError(f"{place} has {', '.join(sorted(unknown))}, which nothing reads; take it out")
