"""The glossary as a script: each term with the first sentence of its meaning, shown where a page links to it."""

from __future__ import annotations

import json
from pathlib import Path

from llmnotes.site.text.glossary import terms


def write(root: Path, lang: str, site_dir: Path) -> None:
    """Write `assets/terms.js` of an edition; one without a glossary has none."""
    glossary = root / "docs" / lang / "glossary.md"
    if glossary.is_file():
        known = json.dumps(terms(glossary.read_text(encoding="utf-8")), ensure_ascii=False, separators=(",", ":"))
        script = f"globalThis.llmnotes = globalThis.llmnotes || {{}};\nllmnotes.terms = {known};\n"
        (site_dir / "assets" / "terms.js").write_text(script, encoding="utf-8")
