"""What others wrote and we carry: its licence, and whether its files are what they were."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from llmnotes.site.places import DATA

TABLE = DATA / "vendored.toml"


@dataclass(frozen=True)
class Vendored:
    """Something that others wrote.

    Args:
        name: What to call it.
        version: Of the files.
        purl: Which package of which kind it is.
        licence: As SPDX writes it.
        text: File with the licence, which travels with it.
        files: Patterns of its files; none where a build takes it from an installed package.
        digest: Of all of these files; empty where there are none.
    """

    name: str
    version: str
    purl: str
    licence: str
    text: str
    files: tuple[str, ...]
    digest: str


def vendored() -> list[Vendored]:
    """Return everything that is listed."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8")).values()
    return [Vendored(files=tuple(row.pop("files")), **row) for row in rows]


def files_of(root: Path, one: Vendored) -> Iterator[Path]:
    """Yield its files, in one order everywhere."""
    for pattern in one.files:
        yield from sorted(root.glob(pattern))


def digest_of(root: Path, one: Vendored) -> str:
    """Return the digest of its files; empty where it has none."""
    told = hashlib.sha256()
    found = [*files_of(root, one)]
    for file in found:
        told.update(f"{file.relative_to(root).as_posix()}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return told.hexdigest() if found else ""
