"""What a lab's page shows below its cells and offers to take away: kept by the content of all it is made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llmnotes.site.cache.machinery import machinery_digest
from llmnotes.site.cache.store import Entry, Store, digest, digest_path
from llmnotes.site.labs import execute
from llmnotes.site.snippets.runner import runner_of
from llmnotes.site.text import pages


def shown(root: Path, lang: str, name: str, site_url: str) -> dict[str, Any]:
    """Return the HTML of each cell's output, the notebook as a file for Jupyter, and the words of the link to it.

    Args:
        root: The project.
        lang: Language of the page.
        name: The lab, as `labs/build-a-kv-cache`.
        site_url: Where the edition will be, or empty.

    Raises:
        SiteError: If it fails, or what it draws cannot be shown.
    """
    page = pages.read(root, root / execute.place_of(lang, name))
    outputs = execute.outputs(root, name)
    record = execute.measured(root, name, execute.read(root, name))
    runner = runner_of(root)
    found = [runner.get(snippet, lang) for snippet in sorted(set(page.snippets.values()))]
    figures = [[one.name, one.claims, one.digest, one.version] for one in found]
    text = page.path.read_text(encoding="utf-8")
    recipe = digest("lab page", page.place, text, outputs, record, figures, site_url, machinery_digest("labs"))
    store = Store(root / ".cache" / "llmnotes")
    if kept := store.find(recipe, lambda path: digest_path(root, path)):
        return kept.value
    # Jupyter's libraries take as long to load as the rest of a build.
    from llmnotes.site.labs.outputs import made

    value = made(page, text, outputs, record, runner, site_url)
    store.keep(recipe, Entry(value, {}))
    return value
