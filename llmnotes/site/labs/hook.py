"""A MkDocs hook, named in mkdocs.yml: labs that our runner executed become pages, by way of mkdocs-jupyter.

A stock `mkdocs build` loads the plugin of mkdocs-jupyter, and the plugin renders each lab: from a notebook whose text
is converted as every page is (formulas, figures, filled-in numbers) and whose outputs are the kept ones.

`python -m llmnotes.site build` leaves the plugin out of the configuration and makes the pages here, from Markdown with
the outputs below their cells; mkdocs-jupyter's renderer is called only where outputs are new (`outputs`). The plugin's
page would bring 570 kB of styles and a skeleton of its own onto each lab, and loading it takes half a second of
every build of an edition, where one after an edited sentence takes a tenth.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File
from mkdocs.structure.pages import Page

from llmnotes.site.labs import execute, shown
from llmnotes.site.text import pages, percent
from llmnotes.site.text.root import project_root

PLUGIN = "mkdocs-jupyter"
MARK = '<div class="ln-cell-{}"></div>'
# The plugin's page loads MathJax from elsewhere; the formulas are set already.
SCRIPT = re.compile(r"<script\b.*?</script>", re.S)


class LabFile(File):
    """A notebook that becomes a page."""

    def is_documentation_page(self) -> bool:
        """Return that it does."""
        return True


def is_lab(file: Any) -> bool:
    """Return whether a file is a notebook that becomes a page."""
    return re.fullmatch(r"labs/[^/]+\.py", file.src_uri) is not None


def on_files(files: Any, config: Any, **_: Any) -> Any:
    """Make pages of the notebooks where the plugin is left out."""
    for file in [] if PLUGIN in config.plugins else [file for file in files if is_lab(file)]:
        files.remove(file)
        files.append(LabFile(file.src_uri, config.docs_dir, config.site_dir, config.use_directory_urls))
    return files


def on_page_read_source(page: Any, config: Any, **_: Any) -> str | None:
    """Return a lab as Markdown, with a mark below each cell; for the plugin, with a mark in the place of each cell."""
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
            if PLUGIN in config.plugins:
                del rows[len(rows) - rows[::-1].index(percent.FENCE) - 1 :]
                row = ""
            rows += [row, "", MARK.format(n_cells), ""]
            n_cells += 1
        else:
            rows.append(row)
    return "\n".join(rows)


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any, **_: Any) -> str:
    """Give the plugin, in the place of the bare file, a notebook with its text converted and its outputs in it."""
    if is_lab(page.file) and PLUGIN in config.plugins:
        from llmnotes.site.labs.outputs import executed

        page.markdown = markdown
        # The plugin has put its own method in the place of this one.
        Page.render(page, config, files)
        root, lang, name = project_root(), config.theme["language"], page.file.src_uri.removesuffix(".py")
        lab = pages.read(root, root / execute.place_of(lang, name))
        target = root / ".cache" / "labs" / lang / f"{name}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(executed(root, lab, re.split(MARK.format(r"\d+"), page.content)), encoding="utf-8")
        page.contents, page.file.abs_src_path = page.toc, str(target)
    return markdown


def on_page_content(html: str, page: Any, config: Any, **_: Any) -> str:
    """Put the outputs below their cells, and at the end a link to the notebook, which is written beside the page."""
    if not is_lab(page.file):
        return html
    name, lang = page.file.src_uri.removesuffix(".py"), config.theme["language"]
    lab = shown.shown(project_root(), lang, name, config.site_url or "")
    if PLUGIN in config.plugins:
        html, page.toc = SCRIPT.sub("", html), page.contents
    for index, output in enumerate(lab["outputs"]):
        html = html.replace(MARK.format(index), output)
    notebook = Path(page.file.abs_dest_path).with_suffix(".ipynb")
    notebook.parent.mkdir(parents=True, exist_ok=True)
    notebook.write_text(lab["notebook"], encoding="utf-8")
    return f'{html}\n<p class="ln-lab"><a href="{notebook.name}" download>{lab["link"]}</a></p>'
