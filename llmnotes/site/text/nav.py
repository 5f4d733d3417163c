"""The navigation of both editions, as their configuration files say it: read, and added to line by line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from llmnotes.site.text.problem import Problem, SiteError

CONFIGS = {"zh": "mkdocs.yml", "en": "mkdocs.en.yml"}
# What the navigation calls a chapter, in its order; chapters with the same name stand together.
CHAPTERS = {
    "question": ("问题", "The question"),
    "params": ("参数", "Parameters"),
    "flops": ("算力", "Compute"),
    "attention": ("算力", "Compute"),
    "kvcache": ("显存", "Memory"),
    "memory": ("显存", "Memory"),
    "serving": ("推理服务", "Serving"),
    "position": ("位置", "Position"),
    "training": ("训练", "Training"),
    "audit": ("核查", "Audit"),
    "labs": ("实验", "Labs"),
}
LAST_SECTION = ("参考", "Reference")


class _Loader(yaml.SafeLoader):
    """Reads a configuration whose tags only MkDocs understands."""


_Loader.add_multi_constructor("", lambda loader, suffix, node: None)


def listed(root: Path, lang: str) -> list[str] | None:
    """Return the pages that an edition lists, in their order; None where it leaves the navigation to MkDocs.

    Raises:
        SiteError: If the configuration is not YAML.
    """
    place = CONFIGS[lang]
    try:
        config = yaml.load((root / place).read_text(encoding="utf-8"), _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = " ".join(str(getattr(error, "problem", error)).split())
        line = mark.line + 1 if mark else 0
        raise SiteError([Problem(place, line, f"is not YAML: {what}", "correct this line")]) from None
    tree = config.get("nav") if isinstance(config, dict) else None
    return None if tree is None else list(_pages(tree))


def plugins(root: Path, lang: str) -> list[Any] | None:
    """Return the plugins of an edition as its configuration lists them; None where none says."""
    for place in dict.fromkeys((CONFIGS[lang], CONFIGS["zh"])):
        config = yaml.load((root / place).read_text(encoding="utf-8"), _Loader)
        if isinstance(config, dict) and isinstance(config.get("plugins"), list):
            return config["plugins"]
    return None


def titled(root: Path, lang: str) -> list[tuple[str, str, str]]:
    """Return section, title and file of every page that an edition lists; the section is empty at the top."""
    tree = yaml.load((root / CONFIGS[lang]).read_text(encoding="utf-8"), _Loader)["nav"]
    found = []
    for part in tree:
        for label, inside in part.items():
            if isinstance(inside, str):
                found.append(("", label, inside))
            else:
                found += [(label, title, file) for page in inside for title, file in page.items()]
    return found


def _pages(tree: Any) -> list[str]:
    """Return the files in a part of a navigation."""
    if isinstance(tree, str):
        return [tree] if tree.endswith((".md", ".py")) else []
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else []
    return [file for part in parts for file in _pages(part)]


def line_of_page(root: Path, lang: str, file: str) -> int:
    """Return the line that lists a page; 0 where none does."""
    rows = (root / CONFIGS[lang]).read_text(encoding="utf-8").splitlines()
    return next((line for line, row in enumerate(rows, 1) if row.rstrip().rstrip("\"'").endswith(f" {file}")), 0)


def with_page(text: str, lang: str, slug: str, title: str) -> str:
    """Return a configuration with one more page, after the others of its chapter; every other line stays as it is.

    Args:
        text: `mkdocs.yml` or `mkdocs.en.yml`.
        lang: Its language.
        slug: The page, as `serving/why-replies-slow-down`.
        title: What the navigation calls it.

    >>> print(with_page("nav:\\n  - Home: index.md  # kept\\n", "en", "serving/slow", "Why slow?"), end="")
    nav:
      - Home: index.md  # kept
      - Serving:
          - Why slow?: serving/slow.md
    """
    rows = text.splitlines(keepends=True)
    begin = next((index for index, row in enumerate(rows) if re.match(r"nav:\s*(#.*)?$", row)), None)
    if begin is None:
        return text
    end = next((i for i in range(begin + 1, len(rows)) if re.match(r"[^\s#]", rows[i])), len(rows))
    while end > begin + 1 and not rows[end - 1].strip():
        end -= 1
    entry = yaml.safe_dump({title: f"{slug}.md"}, allow_unicode=True, width=10**6).strip()
    label = CHAPTERS[slug.partition("/")[0]][0 if lang == "zh" else 1]
    section = next((i for i in range(begin + 1, end) if _label(rows[i]) == label), None)
    outer = next((_indent(rows[i]) for i in range(begin + 1, end) if _is_item(rows[i])), 2)
    if section is not None:
        at, inner = section + 1, _indent(rows[section]) + 4
        while at < end and (not rows[at].strip() or _indent(rows[at]) > _indent(rows[section])):
            if _is_item(rows[at]) and at == section + 1:
                inner = _indent(rows[at])
            at += 1
        new = [f"{' ' * inner}- {entry}\n"]
    else:
        order = list(dict.fromkeys([*CHAPTERS.values(), LAST_SECTION]))
        labels = [pair[0 if lang == "zh" else 1] for pair in order]
        later = labels[labels.index(label) + 1 :]
        at = next((i for i in range(begin + 1, end) if _label(rows[i]) in later), end)
        new = [f"{' ' * outer}- {label}:\n", f"{' ' * (outer + 4)}- {entry}\n"]
    if at and not rows[at - 1].endswith("\n"):
        rows[at - 1] += "\n"
    return "".join([*rows[:at], *new, *rows[at:]])


def _is_item(row: str) -> bool:
    return row.lstrip().startswith("- ")


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip())


def _label(row: str) -> str:
    """Return what a section's line calls it, empty where the line begins no section.

    >>> _label("  - The question:  # first")
    'The question'
    """
    found = re.fullmatch(r"\s*- (.+?):\s*(#.*)?", row.rstrip("\n"))
    return found.group(1).strip("\"'") if found else ""
