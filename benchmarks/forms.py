"""One site in the form of each engine: the same words and the same snippet files, the engine's own fences."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.content import LANGUAGES, SECTIONS, Article, articles, paragraphs, snippet, table

REPOSITORY = Path(__file__).resolve().parents[1]
# What the others run: the snippet's own parts, in the process that converts the page.
LOAD = """import runpy
from llmnotes.figures import Canvas, Speaker, render
part = runpy.run_path("snippets/{slug}/main.py")
result = part["compute"]()
speaker = Speaker("{lang}", lambda id: None)"""
ROWS = f"""```python exec="on"
{LOAD}
shown = part["table"](result)
said = [[speaker.say(cell) for cell in row] for row in (shown.columns, *shown.rows)]
said.insert(1, ["---"] * len(shown.columns))
print("\\n".join("| " + " | ".join(row) + " |" for row in said))
```"""
DRAWING = f"""```python exec="on" html="on"
{LOAD}
for width in ("wide", "narrow"):
    print(render(part["draw"](result, Canvas(width, speaker))).decode().partition("?>")[2])
```"""
SHOW = """```python exec="on" html="on" id="main"
from llmnotes.site import show
print(show("{slug}/main"))
```

/// figure | main
{words}
///

{{{{main.largest}}}}"""
WORDS = {
    "zh": "缓存随长度增长，直到 {{main.largest}}\n\n同样的形状，只改长度。\n\n三条直线，头越多越陡。",
    "en": "The cache grows with length, up to {{main.largest}}\n\n"
    "One shape, only the length changes.\n\nThree straight lines, steeper with more heads.",
}
FORMULA = r"$$ M = 2\,b\,t\,L\,h_{kv}\,d_h\,s $$"
CONFIG = """site_name: bench
docs_dir: docs
site_dir: site
use_directory_urls: false
theme: {name: material, font: false, features: [navigation.prune]}
markdown_extensions:
  - admonition
  - attr_list
  - def_list
  - footnotes
  - md_in_html
  - tables
  - toc: {permalink: true}
  - pymdownx.details
  - pymdownx.highlight
  - pymdownx.superfences
plugins:
"""
SEARCH = "  - search: {lang: [zh, en]}\n"
EXECUTE = "  - markdown-exec: {languages: [python]}\n"
Parts = Callable[[Article, str], dict[str, str]]


def nothing(article: Article, lang: str) -> dict[str, str]:
    """Plain Material: the code is shown and not run."""
    return {"run": "```python\n" + LOAD.format(slug=article.slug, lang=lang) + "\n```"}


def executed(article: Article, lang: str) -> dict[str, str]:
    """markdown-exec: a table and a drawing, each a fence."""
    return {"run": "\n\n".join(fence.format(slug=article.slug, lang=lang) for fence in (ROWS, DRAWING))}


def shown(article: Article, lang: str) -> dict[str, str]:
    """Ours: one fence shows table and drawing, and formulas are rendered."""
    return {"run": SHOW.format(slug=article.slug, words=WORDS[lang]), "derive": FORMULA}


def page(article: Article, lang: str, seed: int, parts: dict[str, str]) -> str:
    """Return an article in Markdown."""
    title = article.title(lang)
    rows = ["---", f"title: {title}", f"description: {title}", "---", "", f"# {title}", ""]
    for name, words in paragraphs(article, seed, lang).items():
        rows += [f"## {SECTIONS[name][LANGUAGES.index(lang)]} {{ #{name} }}", ""]
        for paragraph in words:
            rows += [paragraph, ""]
        if name in parts:
            rows += [parts[name], ""]
        if name == "check":
            rows += [table(article, seed, lang), ""]
    return "\n".join(rows)


def write_pages(docs: Path, found: list[Article], seed: int, parts: Parts) -> None:
    """Write every article in both languages, and the two home pages, below a folder of documents."""
    home = Article("index", -1, ("首页", "Home"))
    for lang in LANGUAGES:
        for article in [home, *found]:
            own = {} if article is home else parts(article, lang)
            file = docs / lang / f"{article.slug}.md"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(page(article, lang, seed, own), encoding="utf-8")


def write_snippets(root: Path, found: list[Article]) -> None:
    """Write the file that each article executes."""
    for article in found:
        file = root / "snippets" / article.slug / "main.py"
        file.parent.mkdir(parents=True)
        file.write_text(snippet(article), encoding="utf-8")


def write_ours(root: Path, n_articles: int, seed: int) -> None:
    """Write the site as a project of ours, with the real theme and settings."""
    from llmnotes.site.verbs.sync import sync

    found = articles(n_articles, seed)
    write_snippets(root, found)
    write_pages(root / "docs", found, seed, shown)
    shutil.copytree(REPOSITORY / "docs" / "theme", root / "docs" / "theme")
    for name in ("words.toml",):
        shutil.copy(REPOSITORY / "docs" / name, root / "docs" / name)
    for name in ("mkdocs.yml", "mkdocs.en.yml"):
        # The navigation of the real site names pages that are not here.
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        text = re.sub(r"(?<=[\[ ])llmnotes/site/(?=[\w/]+\.py[,\]])", f"{REPOSITORY.as_posix()}/llmnotes/site/", text)
        (root / name).write_text(re.sub(r"^nav:\n(?:[ ]+.*\n)+", "", text, flags=re.M), encoding="utf-8")
    sync(root, [f"docs/en/{slug}.md" for slug in ("index", *(article.slug for article in found))], compared=True)


def write_material(root: Path, n_articles: int, seed: int) -> None:
    """Write the site for plain Material, where nothing runs."""
    found = articles(n_articles, seed)
    write_pages(root / "docs", found, seed, nothing)
    (root / "mkdocs.yml").write_text(CONFIG + SEARCH, encoding="utf-8")


def write_executed(root: Path, n_articles: int, seed: int) -> None:
    """Write the site for Material with markdown-exec."""
    found = articles(n_articles, seed)
    write_snippets(root, found)
    write_pages(root / "docs", found, seed, executed)
    (root / "mkdocs.yml").write_text(CONFIG + SEARCH + EXECUTE, encoding="utf-8")


def write_zensical(root: Path, n_articles: int, seed: int) -> None:
    """Write the site for the successor builder with markdown-exec; its search is its own."""
    found = articles(n_articles, seed)
    write_snippets(root, found)
    write_pages(root / "docs", found, seed, executed)
    (root / "mkdocs.yml").write_text(CONFIG + EXECUTE, encoding="utf-8")
