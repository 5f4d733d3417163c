"""Footnotes in the order in which a page refers to them, so that a wide window can put each beside its sentence.

The notes stay where they are, at the end of the page: the style sheet alone moves them. The first mark of the n-th note
that is always seen carries the name `--r` and n, and the note says that this is its anchor. A mark in a fold counts for
the order only where there is no other: a note that waits for a later mark would push all behind it down.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement

WORDS = {"zh": "回到正文", "en": "Back to the text"}
# Where a note has several marks, each way back says which one it leads to.
PLACES = {"zh": "回到正文第 {n} 处", "en": "Back to place {n} in the text"}
# What a wide window says in the place that the notes have left.
MOVED = {"zh": "窗口够宽时，出处就在句子旁边。", "en": "In a window this wide they stand beside their sentences."}


def arrange(root: Element, lang: str) -> None:
    """Number the notes of a page by the mark that says where they belong."""
    box = next((div for div in root.iter("div") if div.get("class") == "footnote"), None)
    if box is None:
        return
    notes = box.find("ol")
    assert notes is not None
    marks: dict[str, list[tuple[Element, bool]]] = {}
    places: dict[str, int] = {}
    for at, (mark, folded) in enumerate(_marks(root, folded=False)):
        address = mark[0].get("href", "")
        before = marks.setdefault(address, [])
        if not before or (not folded and all(was_folded for _, was_folded in before)):
            places[address] = at
        before.append((mark, folded))
    by_address = {f"#{note.get('id')}": note for note in notes}
    order = sorted((address for address in marks if address in by_address), key=places.__getitem__)
    order += [address for address in by_address if address not in marks]
    notes[:] = [by_address[address] for address in order]
    for number, address in enumerate(order, start=1):
        _place(number, by_address[address], marks.get(address, []), lang)
    moved = Element("p", {"class": "ln-moved"})
    moved.text = MOVED[lang]
    box.insert(0, moved)


def _marks(parent: Element, *, folded: bool) -> Iterator[tuple[Element, bool]]:
    """Yield every mark of a note in the order of the text, and whether it lies in a fold."""
    for child in parent:
        if child.tag == "sup" and child.get("id", "").startswith("fnref") and len(child):
            yield child, folded
        elif child.get("class") != "footnote":
            yield from _marks(child, folded=folded or child.tag == "details")


def _place(number: int, note: Element, marks: list[tuple[Element, bool]], lang: str) -> None:
    """Give a note its number wherever it is marked, and its place at the first mark that is always seen."""
    for mark, _ in marks:
        mark[0].text = str(number)
    seen = next((mark for mark, folded in marks if not folded), None)
    if seen is None:
        note.set("class", "ln-stay")
    else:
        seen.set("style", f"anchor-name:--r{number}")
        note.set("style", f"position-anchor:--r{number}")
    ways = [one for one in note.iter("a") if one.get("class") == "footnote-backref"]
    for place, back in enumerate(ways, start=1):
        back.attrib.pop("title", None)
        back.set("aria-label", WORDS[lang] if len(ways) == 1 else PLACES[lang].format(n=place))
        if len(ways) > 1:
            SubElement(back, "sup").text = str(place)
