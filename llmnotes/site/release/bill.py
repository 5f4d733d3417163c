"""The bill of materials of a release, as CycloneDX: what the lock pins, and what the repository carries of others."""

from __future__ import annotations

import json
import re
import tomllib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from llmnotes.site.release.vendored import Vendored, vendored
from llmnotes.site.text.commit import read_commit

PINNED = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\]+))?", re.M)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# What a package without an expression says in its classifiers.
KNOWN = {
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}


def bill(root: Path) -> Path:
    """Write the bill of materials into `dist/` and return it."""
    release = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    target = root / "dist" / f"llmnotes-{release}.cdx.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(contents(root, release), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return target


def contents(root: Path, release: str) -> dict[str, Any]:
    """Return the bill: the same for the same commit, lock and environment."""
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {_plain(re.split(r"[><=~!\[; ]", text)[0]) for text in project["dependencies"]}
    about = {"type": "library", "bom-ref": "llmnotes", "name": "llmnotes", "version": release}
    listed = [*_pinned(lock, needed), *(_carried(one) for one in vendored() if one.files)]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'llmnotes {release} {lock}')}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(read_commit(root).epoch, UTC).isoformat(),
            "component": about | {"licenses": [{"expression": project["license"]}]},
        },
        "components": listed,
        "dependencies": [
            {"ref": "llmnotes", "dependsOn": sorted(one["bom-ref"] for one in listed if one["scope"] == "required")}
        ],
    }


def _pinned(lock: str, needed: set[str]) -> Iterator[dict[str, Any]]:
    """Yield what the lock pins; only what the package itself asks for is required, the rest builds or tests."""
    found = [*PINNED.finditer(lock)]
    for index, one in enumerate(found):
        block = lock[one.end() : found[index + 1].start() if index + 1 < len(found) else len(lock)]
        purl = f"pkg:pypi/{_plain(one['name'])}@{one['version']}"
        yield {
            "type": "library",
            # One package may be pinned twice, for different systems or Pythons.
            "bom-ref": purl,
            "name": one["name"],
            "version": one["version"],
            "scope": "required" if _plain(one["name"]) in needed else "optional",
            "licenses": _licences(one["name"]),
            "purl": purl,
            "properties": [
                *([{"name": "llmnotes:where", "value": one["marker"].strip()}] if one["marker"] else []),
                *({"name": "llmnotes:sha256", "value": digest} for digest in HASH.findall(block)),
            ],
        }


def _carried(one: Vendored) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": one.purl,
        "name": one.name,
        "version": one.version,
        "scope": "required",
        "licenses": [{"expression": one.licence}],
        "purl": one.purl,
        "properties": [{"name": "llmnotes:files", "value": ", ".join(one.files)}],
    }


def _licences(name: str) -> list[dict[str, Any]]:
    """Return under what an installed package is, by its own word; nothing where it is not installed or does not say."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return []
    if "License-Expression" in told:
        return [{"expression": told["License-Expression"]}]
    kinds = [kind.rpartition(" :: ")[2] for kind in told.get_all("Classifier") or [] if kind.startswith("License ::")]
    if kinds and all(kind in KNOWN for kind in kinds):
        return [{"expression": " OR ".join(KNOWN[kind] for kind in kinds)}]
    given = told["License"] if "License" in told else ""  # noqa: SIM401 - this kind of message has no `get`
    said = given.strip().removeprefix("UNKNOWN").partition("\n")[0][:80] or ", ".join(kinds)
    return [{"license": {"name": said}}] if said else []


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
