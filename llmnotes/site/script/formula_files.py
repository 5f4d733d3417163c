"""The scripts that a page calculates with, loaded and made anew only when the package changes."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from llmnotes.site.cache.store import Store, digest, whole_package_digest


def write(store: Store, site_dir: Path) -> None:
    """Write `assets/formulas.js`, `models.js`, `names.js` and `plans.js` of an edition.

    Raises:
        SiteError: If an equation cannot be translated.
    """
    assets = site_dir / "assets"
    assets.mkdir(parents=True, exist_ok=True)
    for name, text in store.once("formulas", digest(sys.version, whole_package_digest()), _scripts).items():
        (assets / name).write_text(text, encoding="utf-8")


def _scripts() -> dict[str, str]:
    made = import_module("llmnotes.site.script.formulas")
    return {
        "formulas.js": made.formulas_script(),
        "models.js": made.models_script(),
        "names.js": made.names_script(),
        "plans.js": made.plans_script(),
    }
