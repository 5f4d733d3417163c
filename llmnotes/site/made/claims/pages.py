"""One card a claim: linked, filtered without any script, the same as plain Markdown."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llmnotes.claims import TOPICS, VERDICTS, load_claims
from llmnotes.site.made.claims.filled import Judged, judged
from llmnotes.site.made.claims.words import HOLDS, TEXT
from llmnotes.site.text.source import USE

# What words may hold besides text: code, and links as pages write them.
CODE, LINK = re.compile(r"`([^`]+)`"), re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
EMPHASIS = re.compile(r"\*([^*]+)\*")


def seed(root: Path, lang: str, config: Any) -> dict[str, Any]:
    """Return what `made.write` asks of a maker: the claims with which the site began."""
    return made(judged(root, "audit/which-claims-are-wrong", lang), lang)


def met(root: Path, lang: str, config: Any) -> dict[str, Any]:
    """Return the same of the claims that readers meet elsewhere."""
    return made(judged(root, "audit/claims-readers-meet", lang), lang)


def made(found: Sequence[Judged], lang: str) -> dict[str, Any]:
    """Return cards in both forms, and what search knows of each."""
    return {
        "html": as_html(found, lang),
        "markdown": "\n\n".join(_plain(one, lang) for one in found),
        "search": [
            {
                "location": f"{one.claim.page}.html#{one.claim.id}",
                # What a claim says is text: as a heading, a mistake would come before the page that has it right.
                "title": one.claim.id,
                "text": f"{TEXT[lang][one.claim.verdict]} {_bare(one.words.says)} {_bare(one.words.holds)}",
            }
            for one in found
        ],
    }


def card_lengths(lang: str) -> dict[str, int]:
    """Return how much there is to read in the cards of each page: characters in Chinese, words in English."""
    lengths: Counter[str] = Counter()
    for claim in load_claims().values():
        words = claim.words[lang]
        text = USE.sub("128", _bare(f"{words.says} {words.holds} {words.shows}"))
        lengths[f"{claim.page}.md"] += len(text) if lang == "zh" else len(text.split())
    return dict(lengths)


def as_html(found: Sequence[Judged], lang: str) -> str:
    """Return the choices and the cards."""
    choices = [
        _choices("verdict", VERDICTS, Counter(one.claim.verdict for one in found), lang),
        _choices("topic", TOPICS, Counter(one.claim.topic for one in found), lang),
    ]
    cards = "\n".join(_card(one, lang) for one in found)
    return f'<div class="ln-court">\n{"".join(choices)}<ol>\n{cards}\n</ol></div>'


def _choices(name: str, known: Sequence[str], counts: Counter[str], lang: str) -> str:
    text = TEXT[lang]
    shown = [("", f"{text['all']} {counts.total()}", " checked")]
    shown += [(one, f"{text[one]} {counts[one]}", "") for one in known if counts[one]]
    buttons = "".join(
        f'<label><input type="radio" name="ln-{name}" value="{value}"{checked}><span>{label}</span></label>'
        for value, label, checked in shown
    )
    return f'<fieldset class="ln-choose"><legend>{text[name]}</legend>{buttons}</fieldset>\n'


def _card(one: Judged, lang: str) -> str:
    text, claim = TEXT[lang], one.claim
    verdict = f'<strong class="ln-verdict">{text[claim.verdict]}</strong>'
    link = f'<a class="ln-claim-id" href="#{claim.id}">{_named(claim.id, lang)}</a>'
    says = f"<p>{link}{verdict} {_marked(one.words.says)}</p>"
    where = f'{text["who"]}<a href="{html.escape(claim.where)}" rel="noopener">{_marked(claim.who[lang])}</a>'
    day = text["opened"].format(f'<time datetime="{claim.opened}">{claim.opened}</time>')
    sources = text["sep"].join(
        f'<a href="{html.escape(address)}" rel="noopener">{_marked(name)}</a>'
        for name, address in claim.sources.items()
    )
    origin = " · ".join([where, day, *([text["sources"] + sources] if sources else [])])
    return (
        f'<li id="{claim.id}" data-verdict="{claim.verdict}" data-topic="{claim.topic}">{says}'
        f"<p><strong>{HOLDS[lang][claim.verdict]}</strong>{_marked(one.words.holds)}</p>"
        f"<p>{text['shows']}{_marked(one.words.shows)}</p>"
        f'<p class="ln-origin">{origin}</p></li>'
    )


def _named(id: str, lang: str) -> str:
    """Return what a card is called: a claim of the answer by its number, others by their id.

    >>> _named("row-11", "zh"), _named("width-70b", "zh")
    ('第 11 条', 'width-70b')
    """
    return TEXT[lang]["row"].format(id.removeprefix("row-")) if id.startswith("row-") else id


def _plain(one: Judged, lang: str) -> str:
    text, claim, words = TEXT[lang], one.claim, one.words
    where = f"[{claim.who[lang]}]({claim.where}), {text['opened'].format(claim.opened)}"
    sources = "".join(f"; [{name}]({address})" for name, address in claim.sources.items())
    holds = HOLDS[lang][claim.verdict] + words.holds
    return f"- **{text[claim.verdict]}** {words.says} ({where}{sources})\n  {holds} {text['shows']}{words.shows}"


def _marked(words: str) -> str:
    """Return words as HTML: code, links to pages and elsewhere, emphasis.

    >>> _marked("`-kv` in [a](../b.md#c), *d* & e")
    '<code>-kv</code> in <a href="../b.html#c">a</a>, <em>d</em> &amp; e'
    """
    escaped = html.escape(words, quote=False)
    linked = LINK.sub(lambda found: f'<a href="{_address(found[2])}"{_away(found[2])}>{found[1]}</a>', escaped)
    return EMPHASIS.sub(r"<em>\1</em>", CODE.sub(r"<code>\1</code>", linked))


def _address(target: str) -> str:
    return target if "://" in target else re.sub(r"\.md(?=#|$)", ".html", target)


def _away(target: str) -> str:
    return ' rel="noopener"' if "://" in target else ""


def _bare(words: str) -> str:
    return EMPHASIS.sub(r"\1", CODE.sub(r"\1", LINK.sub(r"\1", words)))
