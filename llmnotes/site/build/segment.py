"""Chinese word segmentation for the search index, for anything that builds an edition.

The search plugin does `import jieba` and stays silent where that fails; Chinese words longer than a character then find
nothing. `mkdocs.yml` takes its separator from here, so that loading the configuration puts `rjieba` behind that name
before the plugin is imported, under plain `mkdocs build` too.
"""

from __future__ import annotations

import sys
from types import ModuleType

# Zero-width spaces stand between the words of a Chinese run.
SEPARATOR = r"[\s\u200b\u3000\-、。，,.．？！；:：()（）「」《》“”]+"


def cut(text: str | bytes) -> list[str]:
    """Return the words of a Chinese text.

    >>> cut("上下文长度和注意力都要占显存".encode())
    ['上下文', '长度', '和', '注意力', '都', '要', '占', '显存']
    """
    # Its dictionary takes a fifth of a second to load, which a build that has nothing to cut need not wait for.
    import rjieba

    return rjieba.cut(text.decode() if isinstance(text, bytes) else text)


def separator() -> str:
    """Return what splits the index and queries into words; from here on `import jieba` gives the words of `cut`."""
    stand_in = ModuleType("jieba")
    stand_in.__dict__["cut"] = cut
    sys.modules["jieba"] = stand_in
    return SEPARATOR
