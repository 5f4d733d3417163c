"""A MkDocs hook, named in mkdocs.yml: without `custom_dir` the same tree builds as a stock Material site.

Our skeleton brings styles and files of its own; in Material's page they come as any site brings them: the styles of
figures, formulas and notes as `extra_css`, their files as files of the edition. Where `custom_dir` stands, nothing
happens here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

from llmnotes.site.figures import figure_files
from llmnotes.site.made import write as made
from llmnotes.site.markdown import twins
from llmnotes.site.places import DATA
from llmnotes.site.snippets.runner import runner_of
from llmnotes.site.text import terms
from llmnotes.site.text.root import project_root

ASSETS = "docs/theme/assets"
FOLDER = "assets/llmnotes"
KATEX = "vendor/katex/katex.min.css"
# Colours, fonts and sizes are named in the first block of the style sheet, and nothing else is taken from there.
NAMES = re.compile(r":root \{.*?\n\}", re.S)
WITHOUT_FORM = {
    "zh": '!!! note "这一页的表单属于本站自己的页面骨架"\n\n    不用 `custom_dir` 构建时，这里只有文字。\n\n',
    "en": '!!! note "The form of this page belongs to the skeleton of the site"\n\n'
    "    Built without `custom_dir`, the page is its text.\n\n",
}


def is_stock(config: Any) -> bool:
    """Return whether the page is Material's own."""
    return not config.theme.custom_dir


def on_config(config: Any, **_: Any) -> Any:
    """Name the style sheets, before Material's page asks for them."""
    if is_stock(config):
        config.extra_css += [f"{FOLDER}/{KATEX}", f"{FOLDER}/llmnotes.css"]
    return config


def on_files(files: Any, config: Any, **_: Any) -> Any:
    """Add the style sheets and the fonts of formulas to the files of the edition."""
    if is_stock(config):
        assets = project_root() / ASSETS
        for path in (assets / KATEX, *sorted((assets / KATEX).parent.glob("fonts/*.woff2"))):
            address = f"{FOLDER}/{path.relative_to(assets).as_posix()}"
            files.append(File.generated(config, address, abs_src_path=str(path)))
        files.append(File.generated(config, f"{FOLDER}/llmnotes.css", content=styles(assets)))
    return files


def styles(assets: Path) -> str:
    """Return the style sheet of what our pages hold and Material's do not."""
    names = NAMES.search((assets / "base.css").read_text(encoding="utf-8"))
    parts = [names.group().replace("light dark", "light") if names else ""]
    parts += [path.read_text(encoding="utf-8") for path in (assets / "figure.css", DATA / "stock.css")]
    return "\n".join(parts)


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Give a page whose template only our theme has the one that every page has."""
    template = page.meta.get("template", "main.html")
    if not is_stock(config) or any(Path(folder, template).is_file() for folder in config.theme.dirs):
        return markdown
    del page.meta["template"]
    title, line_end, rest = markdown.partition("\n\n")
    return f"{title}{line_end}{WITHOUT_FORM[config.theme['language']]}{rest}"


def on_page_content(html: str, page: Any, config: Any, **_: Any) -> str:
    """Tell the fragments of a page how deep it lies."""
    depth = page.url.count("/")
    return html.replace(f'="{figure_files.ASSETS}', f'="{"../" * depth}assets/') if is_stock(config) else html


def on_post_build(config: Any, **_: Any) -> None:
    """Write the files that pages lead to beside their HTML: code and tables of figures, made pages, plain Markdown."""
    if is_stock(config):
        root, lang, site_dir = project_root(), config.theme["language"], Path(config.site_dir)
        figure_files.write(runner_of(root), lang, site_dir, twins.write(root, lang, site_dir))
        made.write(root, lang, config, site_dir)
        terms.write(root, lang, site_dir)
