"""Every claim as one JSON file at the root of the site, for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from llmnotes.claims import TOPICS, VERDICTS, load_claims
from llmnotes.site.made.claims.filled import Judged, judged
from llmnotes.site.made.claims.words import TEXT
from llmnotes.units import LANGUAGES

# Raised when a key changes its meaning; new keys do not.
FORMAT = 1


def text(root: Path) -> str:
    """Return the file."""
    names = (*VERDICTS, *TOPICS)
    known = {
        "$schema": "claims.schema.json",
        "format": FORMAT,
        "licence": "CC-BY-4.0",
        "names": {name: {lang: TEXT[lang][name] for lang in LANGUAGES} for name in names},
        "claims": claims(root),
    }
    return json.dumps(known, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"


def claims(root: Path) -> dict[str, Any]:
    """Return each claim by its id: who, where, verdict, words of both languages, and the computed evidence."""
    pages = dict.fromkeys(claim.page for claim in load_claims().values())
    found = {lang: {one.claim.id: one for page in pages for one in judged(root, page, lang)} for lang in LANGUAGES}
    return {id: _claim({lang: found[lang][id] for lang in LANGUAGES}) for id in found[LANGUAGES[0]]}


def _claim(by_lang: dict[str, Judged]) -> dict[str, Any]:
    one = by_lang[LANGUAGES[0]]
    claim = one.claim
    evidence = one.evidence and {
        "name": claim.evidence,
        "value": one.evidence["v"],
        "unit": one.evidence["u"],
        "text": {lang: judge.said for lang, judge in by_lang.items()},
    }
    words = {lang: vars(judge.words) for lang, judge in by_lang.items()}
    return {
        "page": claim.page,
        "who": dict(claim.who),
        "where": claim.where,
        "opened": claim.opened.isoformat(),
        "topic": claim.topic,
        "verdict": claim.verdict,
        "sources": dict(claim.sources),
        **{part: {lang: words[lang][part] for lang in words} for part in ("says", "holds", "shows")},
        **({"evidence": evidence} if evidence else {}),
    }
