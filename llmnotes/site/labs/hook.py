"""A MkDocs hook, named in mkdocs.yml: labs become pages written as Markdown, with the outputs below their cells.

The plugin of mkdocs-jupyter would make the pages too, but it would render the bare file, and loading it costs half a
second in every build. So mkdocs-jupyter is called upon only where outputs are new (`outputs`).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

from llmnotes.site.labs import shown
from llmnotes.site.text import percent
from llmnotes.site.text.root import project_root

MARK = '<div class="ln-cell-{}"></div>'


class LabFile(File):
    """A notebook that becomes a page."""

    def is_documentation_page(self) -> bool:
        """Return that it does."""
        return True


def is_lab(file: Any) -> bool:
    """Return whether a file is a notebook that becomes a page."""
    return re.fullmatch(r"labs/[^/]+\.py", file.src_uri) is not None


def on_files(files: Any, config: Any, **_: Any) -> Any:
    """Make pages of the notebooks."""
    for file in [file for file in files if is_lab(file)]:
        files.remove(file)
        files.append(LabFile(file.src_uri, config.docs_dir, config.site_dir, config.use_directory_urls))
    return files


def on_page_read_source(page: Any, **_: Any) -> str | None:
    """Return a lab as Markdown, with a mark below each cell."""
    if not is_lab(page.file):
        return None
    text = Path(page.file.abs_src_path).read_text(encoding="utf-8")
    rows: list[str] = []
    n_cells = 0
    in_cell = False
    for row in percent.as_markdown(text, page.file.src_uri).splitlines():
        if row == percent.FENCE and not in_cell:
            in_cell = True
            rows += ["", row]
        elif row == "```" and in_cell:
            in_cell = False
            rows += [row, "", MARK.format(n_cells), ""]
            n_cells += 1
        else:
            rows.append(row)
    return "\n".join(rows)


def on_page_content(html: str, page: Any, config: Any, **_: Any) -> str:
    """Put the outputs below their cells, and at the end a link to the notebook, which is written beside the page."""
    if not is_lab(page.file):
        return html
    lab = shown.shown(project_root(), config.theme["language"], page.file.src_uri.removesuffix(".py"))
    for index, output in enumerate(lab["outputs"]):
        html = html.replace(MARK.format(index), output)
    notebook = Path(page.file.abs_dest_path).with_suffix(".ipynb")
    notebook.parent.mkdir(parents=True, exist_ok=True)
    notebook.write_text(lab["notebook"], encoding="utf-8")
    return f'{html}\n<p class="ln-lab"><a href="{notebook.name}" download>{lab["link"]}</a></p>'
