"""The pages of all models as HTML and Markdown, in the skeleton that the written pages have."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from llmnotes import finder
from llmnotes.site.made.document import Section, as_html, as_markdown
from llmnotes.site.made.models import content, overview
from llmnotes.site.made.models.facts import Facts, all_facts
from llmnotes.site.made.models.words import TEXT
from llmnotes.site.made.skeleton import Heading, Made, Neighbour, Toc, renderer, twin_of
from llmnotes.site.snippets.runner import package_version


def make(root: Path, lang: str, config: Any) -> dict[str, Any]:
    """Return the pages by name, the table of all in both forms, and what search knows of them; see `made.write`."""
    found = all_facts()
    render = renderer(config, "models.md")
    pages: dict[str, str] = {}
    version = package_version(root)
    for index, facts in enumerate(found):
        sections = content.sections(facts, lang)
        before, after = (_neighbour(found, index + step) for step in (-1, 1))
        pages[f"models/{facts.id}.html"] = render(
            _page(facts, sections, lang, version, config.site_url, before, after, kin(found, facts))
        )
        pages[f"models/{facts.id}.md"] = twin(facts, sections, lang)
    return {
        "pages": pages,
        "html": overview.as_html(found, lang),
        "markdown": overview.as_markdown(found, lang),
        "search": [
            {"location": f"models/{facts.id}.html", "title": facts.entry.name, "text": facts.id} for facts in found
        ],
    }


def twin(facts: Facts, sections: list[Section], lang: str) -> str:
    """Return the page as Markdown."""
    body = [f"# {facts.entry.name}", content.answer(facts, lang), as_markdown(sections)]
    return twin_of(content.title(facts, lang), content.description(facts, lang), lang, f"{facts.id}.html", body)


def _page(
    facts: Facts,
    sections: list[Section],
    lang: str,
    version: str,
    site_url: str | None,
    before: Neighbour | None,
    after: Neighbour | None,
    siblings: list[Facts],
) -> Made:
    text, url = TEXT[lang], f"models/{facts.id}.html"
    date = f'<time datetime="{facts.entry.checked}">{facts.entry.checked}</time>'
    begin = f"<h1>{facts.entry.name}</h1>\n<p>{content.answer(facts, lang)}</p>"
    links = [f'<a href="../calculator.html#m={facts.id}">{text["calculate"]}</a>']
    if address := content.origin(facts):
        links.append(f'<a rel="noopener" href="{escape(address)}">{text["origin"]}</a>')
    calculate = f"<p>{' · '.join(links)}</p>"
    relatives = ""
    if siblings:
        others = text["list"].join(f'<a href="{one.id}.html">{one.entry.name}</a>' for one in siblings)
        relatives = f"<p>{text['kin']}{others}</p>\n"
    ends = (
        f'{relatives}<p class="ln-back"><a href="../models.html">{text["back"]}</a>'
        f'<a href="{facts.id}.md">{text["markdown"]}</a></p>'
    )
    return Made(
        url=url,
        title=content.title(facts, lang),
        content=f"{begin}\n{calculate}\n{as_html(sections)}\n{ends}",
        meta={"description": content.description(facts, lang)},
        toc=Toc(tuple(Heading(f"#{one.id}", one.heading) for one in sections)),
        note=f"{text['note'].format(version=version)} {date}",
        canonical_url=f"{site_url}{url}" if site_url else None,
        previous_page=before,
        next_page=after,
    )


def kin(found: list[Facts], facts: Facts) -> list[Facts]:
    """Return the other models of a generation: of the same maker, with the same name up to its version."""
    same = [one for one in found if one.entry.org == facts.entry.org and _generation(one) == _generation(facts)]
    return [one for one in same if one is not facts]


def _generation(facts: Facts) -> tuple[str, ...]:
    """Words of a name up to its version: `qwen`, `3`; the first alone where there is none."""
    words = finder.words(facts.entry.name)
    at = next((index for index, word in enumerate(words) if word.kind == "number"), 0)
    return tuple(word.text for word in words[: at + 1])


def _neighbour(found: list[Facts], index: int) -> Neighbour | None:
    if not 0 <= index < len(found):
        return None
    return Neighbour(f"models/{found[index].id}.html", found[index].entry.name)
