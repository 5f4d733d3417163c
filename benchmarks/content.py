"""Articles from a seed: the same sentences, tables and drawings for every engine, in Chinese and English.

An article has some 1,200 words (English) or as many Chinese characters as say the same, one table, a drawing and its
twenty rows of numbers. No sentence holds a digit: what a number in prose may be is a rule of ours, not of the others.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

LANGUAGES = ("zh", "en")
N_SENTENCES = 48
SECTIONS = {
    "derive": ("怎么算", "How to compute it"),
    "run": ("跑一遍", "Run it"),
    "check": ("换个办法核对", "Check it another way"),
    "mistakes": ("常见错误", "What people get wrong"),
    "limits": ("适用范围", "Limits"),
}
SUBJECTS = {
    "en": [
        "the cache",
        "a longer context",
        "every layer",
        "the window",
        "one request",
        "the batch",
        "a small model",
        "the memory of the chip",
        "a group of heads",
        "the feed-forward part",
        "the router",
        "a latent vector",
    ],
    "zh": [
        "缓存",
        "更长的上下文",
        "每一层",
        "窗口",
        "一个请求",
        "一批请求",
        "小模型",
        "芯片的显存",
        "一组注意力头",
        "前馈部分",
        "路由",
        "压缩后的向量",
    ],
}
VERBS = {
    "en": [
        "needs more room than",
        "waits for",
        "shares its bandwidth with",
        "grows more slowly than",
        "replaces",
        "is read as often as",
        "is computed before",
        "costs less than",
        "depends upon",
        "is stored beside",
    ],
    "zh": [
        "占的地方多于",
        "要等待",
        "共用带宽的是",
        "增长得慢于",
        "代替了",
        "读取的次数等于",
        "先算出来，然后才轮到",
        "花费少于",
        "取决于",
        "存放在一起的是",
    ],
}
OBJECTS = {
    "en": [
        "the weights that stay in memory",
        "the keys and values of earlier tokens",
        "what the reader sees first",
        "the time between two tokens",
        "a state of fixed size",
        "the price of an answer",
        "the arithmetic of one step",
        "all experts that were not chosen",
        "the longest prompt of the day",
        "a card with slower memory",
    ],
    "zh": [
        "留在显存里的权重",
        "前面那些词的键和值",
        "读者最先看到的内容",
        "两个词之间的时间",
        "大小不变的状态",
        "一次回答的价格",
        "一步之内的运算",
        "没有选中的全部专家",
        "当天最长的提示",
        "一块显存较慢的卡",
    ],
}
WHERE = {
    "en": [
        "while the answer is written",
        "at the end of the prompt",
        "on every chip of the group",
        "in most models",
        "before anything is sent",
        "as long as nothing is evicted",
        "under a steady load",
        "in the published shape",
    ],
    "zh": [
        "在写回答的时候",
        "在提示结束的地方",
        "在这一组的每块芯片上",
        "在多数模型里",
        "在发送之前",
        "只要没有内容被换出",
        "在负载平稳的时候",
        "按公布的形状",
    ],
}


@dataclass(frozen=True)
class Article:
    """One article in both languages.

    Args:
        slug: Path of its pages below the language, the same in both.
        index: Its place among the articles, which its numbers follow.
        titles: Its question in Chinese and English.
    """

    slug: str
    index: int
    titles: tuple[str, str]

    def title(self, lang: str) -> str:
        """Return its question in a language."""
        return self.titles[LANGUAGES.index(lang)]


def articles(n_articles: int, seed: int) -> list[Article]:
    """Return the articles of a site."""
    chance = random.Random(seed)
    found = []
    for index in range(n_articles):
        subject, thing = chance.choice(range(len(SUBJECTS["en"]))), chance.choice(range(len(OBJECTS["en"])))
        titles = (
            f"{SUBJECTS['zh'][subject]}和{OBJECTS['zh'][thing]}有什么关系？",
            f"How is {SUBJECTS['en'][subject]} related to {OBJECTS['en'][thing]}?",
        )
        found.append(Article(f"memory/question-{letters(index)}", index, titles))
    return found


def letters(index: int) -> str:
    """Return a number in letters.

    >>> letters(0), letters(27)
    ('aaa', 'abb')
    """
    return "".join(chr(ord("a") + index // 26**place % 26) for place in (2, 1, 0))


def paragraphs(article: Article, seed: int, lang: str) -> dict[str, list[str]]:
    """Return the paragraphs of each section."""
    chance = random.Random(f"{seed} {article.slug}")
    sentences = [_sentence(chance, lang) for _ in range(N_SENTENCES)]
    share = N_SENTENCES // len(SECTIONS)
    joint = " " if lang == "en" else ""
    return {
        name: [joint.join(sentences[at + row : at + row + 6]) for row in range(0, share, 6)]
        for at, name in zip(range(0, N_SENTENCES, share), SECTIONS, strict=False)
    }


def _sentence(chance: random.Random, lang: str) -> str:
    """Return a sentence; both languages draw the same choices."""
    parts = [words[lang][chance.randrange(len(words["en"]))] for words in (SUBJECTS, VERBS, OBJECTS, WHERE, SUBJECTS)]
    subject, verb, thing, where, other = parts
    if lang == "zh":
        return f"{where}，{subject}{verb}{thing}，{other}也是这样。"
    return f"{where.capitalize()}, {subject} {verb} {thing}, and so does {other}."


def table(article: Article, seed: int, lang: str) -> str:
    """Return the table that is typed."""
    chance = random.Random(f"{seed} table {article.slug}")
    heads = {"zh": ("部分", "读取", "保存"), "en": ("part", "read", "kept")}[lang]
    rows = [(SUBJECTS, VERBS, OBJECTS)] * 6
    lines = [" | ".join(words[lang][chance.randrange(len(words["en"]))] for words in row) for row in rows]
    return "\n".join(f"| {line} |" for line in (" | ".join(heads), "---|---|---", *lines))


SNIPPET = '''"""Twenty sizes and their drawing: article {index}."""

from llmnotes.equations import kvcache
from llmnotes.figures import Table, label, label_lines
from llmnotes.quantities import bytes_of, tokens

LENGTH = label(zh="长度", en="length")
CACHE = label(zh="缓存", en="cache")


def compute():
    lengths = [1024 * step for step in range(1, 21)]
    sizes = {{
        str(heads): bytes_of(
            [
                kvcache.attention_cache_bytes(n_layers={n_layers}, n_kv_heads=heads, head_dim=128, n_tokens=length)
                for length in lengths
            ]
        )
        for heads in (1, 8, 32)
    }}
    return {{"lengths": tokens(lengths), "sizes": sizes, "largest": sizes["32"][-1]}}


def draw(result, canvas):
    fig, ax = canvas.figure()
    for heads, sizes in result["sizes"].items():
        ax.plot([one.value for one in result["lengths"]], [one.value for one in sizes], label=heads)
    label_lines(ax)
    canvas.axis(ax.xaxis, LENGTH, result["lengths"])
    canvas.axis(ax.yaxis, CACHE, result["sizes"]["32"])
    return fig


def table(result):
    rows = zip(result["lengths"], *result["sizes"].values(), strict=True)
    return Table([LENGTH, *(f"{{heads}} KV" for heads in result["sizes"])], [list(row) for row in rows])
'''


def snippet(article: Article) -> str:
    """Return the one file that every engine executes for an article."""
    return SNIPPET.format(index=article.index, n_layers=8 + article.index)
