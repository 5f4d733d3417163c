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
ADDRESS = re.compile(r"https?://[^\s/]+\.\S+")


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
        file: Name of the file in which it stands.
        page: The page that shows it, without language and suffix.
        who: Who makes it, in each language.
        where: Address of the page that was opened.
        opened: Day on which it was.
        evidence: Name of the quantity that decides it; empty where nothing public does.
        sources: What else was read for the verdict, by its name.
    """

    id: str
    file: str
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
        for id, claim in claims_of(file).items():
            if id in found:
                raise ClaimError(f"{file.name}: {id} is also a claim of {found[id].page}; give one of them another id")
            found[id] = claim
    return found


def claims_of(file: Path) -> dict[str, Claim]:
    """Return the claims of one file by their ids.

    Raises:
        ClaimError: As `load_claims`.
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ClaimError(f"{file.name}: not TOML: {error}") from error
    shared = data.pop("about", None)
    if not isinstance(shared, dict) or not isinstance(shared.get("page"), str):
        raise ClaimError(f"{file.name}: about has no page; name the page that shows these claims")
    found = {}
    for id, given in data.items():
        if not isinstance(given, dict):
            raise ClaimError(f"{file.name}: {id} belongs to no claim; put it below the heading of one")
        found[id] = _claim(f"{file.name}: {id}", id, file.name, {**shared, **given})
    return found


def _claim(place: str, id: str, file: str, given: dict[str, Any]) -> Claim:
    words = {lang: _words(f"{place}.{lang}", given.pop(lang, None)) for lang in LANGUAGES}
    given = {"evidence": "", "sources": {}, **given, "id": id, "file": file, "words": words}
    if isinstance(given.get("who"), str):
        given["who"] = dict.fromkeys(LANGUAGES, given["who"])
    _exactly(place, given, tuple(one.name for one in fields(Claim)))
    for name in ("topic", "verdict", "evidence", "where"):
        _text(place, name, given[name])
    for name in ("who", "sources"):
        if not isinstance(given[name], dict):
            raise ClaimError(f"{place} has the {name} {given[name]!r}; write it as a table of texts")
        for key, text in given[name].items():
            _text(place, f"{name}.{key}", text)
    if set(given["who"]) != set(LANGUAGES):
        raise ClaimError(f"{place} has who in {', '.join(given['who'])}; write one text, or one for each language")
    claim = Claim(**given)
    for name, known in (("verdict", VERDICTS), ("topic", TOPICS)):
        if given[name] not in known:
            raise ClaimError(f"{place} has the {name} {given[name]!r}; write one of {', '.join(known)}")
    if not claim.evidence and claim.verdict != "unverifiable":
        raise ClaimError(f"{place} has no evidence; name the quantity that decides it, or judge it unverifiable")
    if claim.evidence and not EVIDENCE.fullmatch(claim.evidence):
        raise ClaimError(f"{place} has the evidence {claim.evidence!r}; write name.quantity, as prose does")
    for lang in LANGUAGES if claim.evidence else ():
        if "{{" not in claim.words[lang].shows:
            raise ClaimError(f"{place}.{lang} shows no computed number; write {{{{{claim.evidence}}}}} in it")
    for address in (claim.where, *claim.sources.values()):
        if not ADDRESS.fullmatch(address):
            raise ClaimError(f"{place} has where or a source {address!r}; write the address of what was opened")
    if type(claim.opened) is not date:
        raise ClaimError(f"{place} has opened {claim.opened!r}; write the day on which the page was opened")
    return claim


def _words(place: str, given: Any) -> Words:
    if not isinstance(given, dict):
        raise ClaimError(f"{place} is missing; write what it says, holds and shows in this language")
    _exactly(place, given, tuple(one.name for one in fields(Words)))
    for name, text in given.items():
        _text(place, name, text)
    return Words(**given)


def _text(place: str, name: str, given: Any) -> None:
    if not isinstance(given, str):
        raise ClaimError(f"{place} has {name} {given!r}; write it as text")


def _exactly(place: str, given: Mapping[str, Any], wanted: tuple[str, ...]) -> None:
    if missing := set(wanted) - given.keys():
        raise ClaimError(f"{place} has no {', '.join(sorted(missing))}; every claim has {', '.join(sorted(wanted))}")
    if unknown := given.keys() - set(wanted):
        raise ClaimError(f"{place} has {', '.join(sorted(unknown))}, which nothing reads; take it out")
