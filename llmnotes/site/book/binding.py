"""Binding printed chapters: bookmarks, and links that lead into the book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, FloatObject, NameObject, NullObject, TextStringObject

if TYPE_CHECKING:
    from llmnotes.site.book.book import Chapter

# Page of the book and height on it, where that is known.
Place = tuple[int, float | None]


def places(reader: PdfReader, headings: Sequence[tuple[str, str]]) -> dict[str, tuple[int, float | None]]:
    """Return where each heading stands: page of the chapter and height, by the outline that Chromium wrote."""
    found = list(_flat(reader.outline))
    if len(found) != len(headings):
        return {}
    known = {}
    for item, (anchor, _) in zip(found, headings, strict=True):
        page = reader.get_destination_page_number(item)
        if anchor and page is not None:
            known[anchor] = (page, None if item.top is None else float(item.top))
    return known


def bookmarks(writer: PdfWriter, chapters: Sequence[Chapter]) -> None:
    """Add a bookmark for each section, chapter and heading of the second level."""
    parent, section = None, ""
    for one in chapters:
        if one.section != section:
            section = one.section
            parent = writer.add_outline_item(title=section, page_number=one.first)
        chapter = writer.add_outline_item(title=one.title, page_number=one.first, parent=parent)
        known = places(one.reader, one.headings)
        for anchor, title in one.headings[1:]:
            if anchor in known:
                writer.add_outline_item(title=title, page_number=one.first + known[anchor][0], parent=chapter)


def relink(
    writer: PdfWriter,
    starts: Sequence[tuple[str, int]],
    edition: Path,
    where: Mapping[tuple[str, str], Place],
) -> None:
    """Let links to other pages of the edition lead to their place; those that would lead to a disk are removed.

    Args:
        writer: The book.
        starts: File and first page of each chapter.
        edition: Folder from which the chapters were printed.
        where: Place of each file and anchor; of a file alone with an empty anchor.
    """
    for index, page in enumerate(writer.pages):
        file = [name for name, first in starts if first <= index][-1]
        kept = ArrayObject()
        for reference in page.get("/Annots", ArrayObject()):
            link = reference.get_object()
            if link.get("/Subtype") != "/Link":
                kept.append(reference)
                continue
            target = _target(link, file, edition)
            if target is None:
                kept.append(reference)
            elif place := where.get(target) or where.get((target[0], "")):
                link.pop("/A", None)
                link[NameObject("/Dest")] = _destination(writer, place)
                kept.append(reference)
        if kept:
            page[NameObject("/Annots")] = kept
        elif "/Annots" in page:
            del page["/Annots"]


def describe(writer: PdfWriter, title: str, lang: str, epoch: int) -> None:
    """Write what the book says of itself; its date is that of the commit."""
    when = datetime.fromtimestamp(epoch, UTC).strftime("D:%Y%m%d%H%M%SZ")
    writer.metadata = None
    writer.add_metadata({"/Title": title, "/Author": "llmnotes", "/CreationDate": when, "/ModDate": when})
    writer.root_object[NameObject("/Lang")] = TextStringObject(lang)
    writer.page_mode = "/UseOutlines"


def _target(link: Any, file: str, edition: Path) -> tuple[str, str] | None:
    """Return file and anchor that a link leads to; None where it leaves the site."""
    if "/Dest" in link:
        return file, str(link["/Dest"]).removeprefix("/")
    address = str(link.get("/A", {}).get("/URI", ""))
    if not address.startswith("file:"):
        return None
    parts = urlsplit(address)
    path = Path(unquote(parts.path))
    if not path.is_relative_to(edition):
        return "", ""
    return path.relative_to(edition).as_posix(), unquote(parts.fragment)


def _destination(writer: PdfWriter, place: Place) -> ArrayObject:
    number, top = place
    height = NullObject() if top is None else FloatObject(top)
    page = writer.pages[number].indirect_reference
    return ArrayObject([page, NameObject("/XYZ"), NullObject(), height, NullObject()])


def _flat(outline: Sequence[Any]) -> Iterator[Any]:
    for item in outline:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item
