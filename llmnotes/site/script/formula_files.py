"""The scripts that a page calculates with, loaded and made anew only when the package changes."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from llmnotes.site.cache.store import Store, digest, whole_package_digest

SLOT = "formulas"


def write(store: Store, site_dir: Path) -> None:
    """Write `assets/formulas.js`, `models.js`, `names.js` and `plans.js` of an edition.

    Raises:
        SiteError: If an equation cannot be translated.
    """
    assets = site_dir / "assets"
    assets.mkdir(parents=True, exist_ok=True)
    for name, text in kept(store).items():
        (assets / name).write_text(text, encoding="utf-8")


def kept(store: Store) -> dict[str, str]:
    """Return the scripts by file name; they depend on the package alone, whatever the project.

    Raises:
        SiteError: If an equation cannot be translated.
    """
    return store.once(SLOT, recipe(), _scripts)


def recipe() -> str:
    """Return the digest of all that decides what the scripts say."""
    return digest(sys.version, whole_package_digest())


def _scripts() -> dict[str, str]:
    made = import_module("llmnotes.site.script.formulas")
    return {
        "formulas.js": made.formulas_script(),
        "models.js": made.models_script(),
        "names.js": made.names_script(),
        "plans.js": made.plans_script(),
    }
