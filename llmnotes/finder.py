"""Models by the names that people write: hub paths, file names, tags of a runner, Chinese names, with a slip or two.

The page finds by the same rule: `docs/theme/assets/finder.js` says it in JavaScript, with the patterns and lists of
this module, and a test compares the two answer by answer.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from unicodedata import normalize

# Chinese and other names, the longest first, as the registry writes them.
ALIASES = (
    ("阶跃星辰", "step"),
    ("通义千问", "qwen"),
    ("阿里巴巴", "alibaba"),
    ("深度求索", "deepseek"),
    ("月之暗面", "moonshot"),
    ("零一万物", "yi"),
    ("字节跳动", "bytedance"),
    ("hunyuan", "hy"),
    ("moonshotai", "moonshot"),
    ("英伟达", "nvidia"),
    ("tongyi", "qwen"),
    ("小红书", "rednote"),
    ("阶跃", "step"),
    ("月暗", "moonshot"),
    ("字节", "bytedance"),
    ("百灵", "ling"),
    ("千问", "qwen"),
    ("通义", "qwen"),
    ("阿里", "alibaba"),
    ("智谱", "zhipu"),
    ("清言", "glm"),
    ("混元", "hy"),
    ("腾讯", "tencent"),
    ("小米", "xiaomi"),
    ("谷歌", "google"),
    ("微软", "microsoft"),
    ("羊驼", "llama"),
    ("蒸馏", "distill"),
    ("百川", "baichuan"),
    ("书生", "internlm"),
    ("面壁", "minicpm"),
    ("昇腾", "ascend"),
    ("华为", "huawei"),
    ("苹果", "apple"),
)
# What names a release of the same architecture, a format or a packer: found where it stands, not asked for.
SOFT = frozenset(
    """v instruct it chat base hf pt sft dpo rl preview thinking reasoning latest model models gguf ggml awq gptq bnb
    mlx exl exllama onnx vllm unsloth dynamic ud xl qat quantized community imatrix dense text hybrid official exp
    experimental nvidia meta inst cloud terminus abliterated uncensored autoround modelopt dwq
    deduped think speciale""".split()  # noqa: SIM905 - a list literal would fill a screen
)
# Other models, whose names are a letter or two from one that is known.
OTHERS = frozenset(("internvl", "llada", "llava", "magistral", "pixtral", "smolvlm"))
INVISIBLE = "[\\u200b-\\u200f\\u2060\\ufeff]"
# Before the name of a repository, and after the name of a file.
HEAD = "^[a-z]+://[^/]+/"
TAIL = r"(?:-\d{5}-of-\d{5})?\.(?:gguf|ggml|safetensors|bin|json)$"
# "70 b" is one word.
SPLIT_SIZE = r"(\d) ([bt])(?![a-z0-9])"
# "3_3" is a version as 3.3 is; "q4_0" and "3_8b" are not.
UNDERSCORED = r"(?<![q\d])(\d)_(\d)(?![\d.]*[a-z])"
# Precisions and numbers of experts say nothing of the name.
DROPPED = (
    r"i?q[2-8](?:_[0-9a-z]+)+|i?q[2-8](?![0-9a-z])|(?:bf|fp|int|uint|nf|nvfp|mxfp)\d+(?![a-z0-9])"
    r"|w\d+a\d+(?![a-z0-9])|\d+-?bits?(?![a-z])|\d+e(?![a-z0-9])"
)
# "30ba3b" is two sizes.
SIZE = r"\d+x\d+(?:\.\d+)?b(?![a-z])|[ae]?\d+(?:\.\d+)?(?:[kmbt](?![a-z])|[bt](?=a\d))"
PIECE = rf"({DROPPED})|({SIZE})|(\d+(?:\.\d+)*)|([a-z]+|\+|[\u3400-\u9fff]+)"
# Month and day, or year and month.
DATE = r"(?:0[1-9]|1[0-2]|2[3-9])\d\d|20\d{6}"
SCALES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}

PREFIX, DOTLESS, OLDER, LATER, WITHIN, SLIP, SKIPPED = 0.8, 0.7, 0.6, 0.55, 0.5, 0.4, 0.95
MOST_JOINED, LEAST_WITHIN, LEAST_SLIP, LEAST_TWO_SLIPS = 3, 4, 4, 8
COUNT_TOLERANCE = 0.1


@dataclass(frozen=True)
class Word:
    """A piece of a name: its `kind` is "size", "number" or "letters"; what is `soft` need not be found."""

    text: str
    kind: str
    soft: bool = False


@dataclass(frozen=True)
class Name:
    """A model as it is found.

    Attributes:
        counts: Parameters that its authors state, all and active: they stand for a size that no name has.
    """

    id: str
    name: str
    org: str = ""
    counts: tuple[float, ...] = ()
    variants: tuple[tuple[Word, ...], ...] = field(init=False, compare=False)
    joins: dict[str, tuple[str, ...]] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        variants = (tuple(words(self.name)), tuple(words(self.id)))
        object.__setattr__(self, "variants", variants)
        object.__setattr__(self, "joins", _joins([*variants, words(self.org)]))


@dataclass(frozen=True)
class Found:
    """A model that has every word that was asked for.

    Attributes:
        quality: 1 where each stands as it was written.
        leftover: Words of its name that nobody asked for; how much of it is active says nothing new.
        other: It is another than was asked for: a later version, as 4.1 is of 4, or one with a word more than a name
            that says its size and so says all, as Granite 4.0 H 1B is beside Granite 4.0 1B.
    """

    id: str
    quality: float
    leftover: int
    other: bool = False


def rules() -> dict[str, object]:
    """The patterns and lists of this module, for `finder.js`."""
    names = "INVISIBLE HEAD TAIL SPLIT_SIZE UNDERSCORED PIECE DATE SCALES PREFIX DOTLESS OLDER LATER WITHIN SLIP"
    names += " SKIPPED ALIASES MOST_JOINED LEAST_WITHIN LEAST_SLIP LEAST_TWO_SLIPS COUNT_TOLERANCE"
    return {name: globals()[name] for name in names.split()} | {"SOFT": sorted(SOFT), "OTHERS": sorted(OTHERS)}


def words(text: str) -> list[Word]:
    """The pieces of a name, in order.

    >>> [word.text for word in words("Qwen/Qwen3-30B-A3B-Q4_K_M.gguf")]
    ['qwen', 'qwen', '3', '30b', 'a3b']
    """
    plain = re.sub(INVISIBLE, "", normalize("NFKC", text).lower()).strip()
    for alias, name in ALIASES:
        plain = plain.replace(alias, f" {name} ")
    plain = re.sub(TAIL, "", re.sub(HEAD, "", plain.strip()))
    plain = re.sub(UNDERSCORED, r"\1.\2", re.sub(SPLIT_SIZE, r"\1\2", plain))
    head, slash, tail = plain.rpartition("/")
    if not slash or " " in plain:
        return _pieces(plain)
    return [Word(word.text, word.kind, soft=True) for word in _pieces(head.rpartition("/")[2])] + _pieces(tail)


def _pieces(plain: str) -> list[Word]:
    found: list[Word] = []
    for piece in re.finditer(PIECE, plain):
        _, size, number, letters = piece.groups()
        if size:
            found.append(Word(size, "size"))
        elif number:
            text = ".".join(part.lstrip("0") or "0" for part in number.split("."))
            # Of a first version most names say nothing.
            early = (text.startswith("0.") or text == "1.0") and bool(found) and found[-1].text == "v"
            found.append(Word(text, "number", early or bool(re.fullmatch(DATE, number))))
        elif letters:
            found.append(Word(letters, "letters", letters in SOFT))
    return found


def find(wanted: str | Sequence[Word], models: Iterable[Name]) -> list[Found]:
    """The models whose names have every word of `wanted`, the best first; among equals in their own order.

    Weak matches, inside a word or with a slip, are told only where there are no others.

    >>> known = [Name("qwen3-32b", "Qwen3 32B", "Alibaba"), Name("qwen3-8b", "Qwen3 8B", "Alibaba")]
    >>> [found.id for found in find("Qwen/Qwne3-32B-FP8", known)]
    ['qwen3-32b']
    """
    asked = words(wanted) if isinstance(wanted, str) else list(wanted)
    if all(word.soft for word in asked):
        asked = [Word(word.text, word.kind) for word in asked]
    if not asked:
        return []
    # A runner's tag, deepseek-r1:70b, leaves out more than that.
    whole = isinstance(wanted, str) and ":" not in re.sub(HEAD, "", wanted) and any(w.kind == "size" for w in asked)
    every = [(weak, found) for name in models for weak, found in [_match(asked, name, whole)] if found]
    strong = [found for weak, found in every if not weak] or [found for _, found in every]
    return sorted(strong, key=lambda found: (-found.quality, found.leftover))


def one(found: Sequence[Found]) -> str | None:
    """The id that was meant, of what `find` found; `None` where several may be, or none is."""
    best = [model for model in found if model.quality == found[0].quality]
    if len(best) > 1:
        best = [model for model in best if not model.leftover]
    return best[0].id if len(best) == 1 and not best[0].other else None


def _match(asked: Sequence[Word], name: Name, whole: bool) -> tuple[bool, Found | None]:
    """Whether a match is weak, and how good it is; `None` where a word is missing."""
    total, weak, later, index = 0.0, False, False, 0
    covered: set[str] = set()
    while index < len(asked):
        n_words, quality, texts = _found_at(asked, index, name)
        if quality == 0:
            if not asked[index].soft:
                return False, None
            quality = SKIPPED
        weak = weak or quality in (WITHIN, SLIP)
        later = later or quality == LATER
        total += quality * n_words
        covered.update(texts)
        index += n_words
    left = min(
        ([word for word in each if word.text not in covered and not _is_free(word, each)] for each in name.variants),
        key=len,
    )
    more = whole and any(word.kind != "size" and not word.soft for word in left)
    return weak, Found(name.id, total / len(asked), len(left), later or more)


def _is_free(word: Word, among: Sequence[Word]) -> bool:
    """Whether a word may be left unsaid: how much is active, beside a size of the whole (Hunyuan A13B has none)."""
    active = word.kind == "size" and _kind(word.text) == "a"
    return active and any(other.kind == "size" and _kind(other.text) != "a" for other in among)


def _found_at(asked: Sequence[Word], index: int, name: Name) -> tuple[int, float, tuple[str, ...]]:
    """How many words are found here, how well, and which words of the name they are."""
    word = asked[index]
    if word.kind == "size":
        return 1, *_size(word.text, name)
    if word.kind == "number":
        return 1, *_number(word.text, name)
    for n_words in range(MOST_JOINED, 1, -1):
        some = asked[index : index + n_words]
        joined = "".join(one.text for one in some)
        if len(some) == n_words and all(one.kind == "letters" for one in some) and joined in name.joins:
            return n_words, 1.0, name.joins[joined]
    return 1, *_letters(word.text, name)


def _letters(text: str, name: Name) -> tuple[float, tuple[str, ...]]:
    best: tuple[float, tuple[str, ...]] = (0.0, ())
    for known, parts in name.joins.items():
        quality = _likeness(text, known)
        if quality > best[0]:
            best = (quality, parts)
    if best[0]:
        return best
    for alias, known in ALIASES:  # another name with a slip, which was not replaced
        if known in name.joins and _likeness(text, alias) == SLIP:
            return SLIP, name.joins[known]
    return best


def _likeness(text: str, known: str) -> float:
    if text == known:
        return 1.0
    if len(text) > 1 and known.startswith(text):
        return PREFIX
    if len(text) >= LEAST_WITHIN and text in known:
        return WITHIN
    most = 0 if len(text) < LEAST_SLIP or text in OTHERS else 1 if len(text) < LEAST_TWO_SLIPS else 2
    return SLIP if most and abs(len(text) - len(known)) <= most and slips(text, known) <= most else 0.0


def _number(text: str, name: Name) -> tuple[float, tuple[str, ...]]:
    best: tuple[float, tuple[str, ...]] = (0.0, ())
    for variant in name.variants:
        for word in variant:
            if word.kind != "number":
                continue
            dotless = "." not in text and len(text) > 1 and text == word.text.replace(".", "")
            same = 1.0 if text == word.text else DOTLESS if dotless else 0.0
            older = OLDER if word.text == f"{text}.0" else LATER if word.text.startswith(f"{text}.") else 0.0
            quality = same or older
            if quality > best[0]:
                best = (quality, (word.text,))
    return best


def _size(text: str, name: Name) -> tuple[float, tuple[str, ...]]:
    """A size stands in the name; where the name has none of its kind, the counts decide, and a context is free."""
    sizes = {word.text for variant in name.variants for word in variant if word.kind == "size"}
    if text in sizes:
        return 1.0, (text,)
    same_kind = [size for size in sizes if _kind(size) == _kind(text)]
    if same_kind:
        return 0.0, ()
    if _kind(text) == "k" or (_kind(text) == "a" and not name.counts):
        return SKIPPED, ()
    if _kind(text) == "x":
        return 0.0, ()
    count = float(text[:-1].lstrip("ae")) * SCALES[text[-1]]
    near = any(abs(known - count) <= COUNT_TOLERANCE * known for known in name.counts)
    return (SKIPPED if near else 0.0), ()


def _kind(size: str) -> str:
    """Of a size: "a" active, "e" effective, "x" a mixture, "k" a context, "" all parameters."""
    return size[0] if size[0] in "ae" else "x" if "x" in size else "k" if size[-1] == "k" else ""


def _joins(variants: Iterable[Sequence[Word]]) -> dict[str, tuple[str, ...]]:
    """Every word of letters, and what neighbours give when they are written as one."""
    found: dict[str, tuple[str, ...]] = {}
    for variant in variants:
        for start in range(len(variant)):
            for n_words in range(1, MOST_JOINED + 1):
                some = variant[start : start + n_words]
                if len(some) == n_words and all(word.kind == "letters" for word in some):
                    texts = tuple(word.text for word in some)
                    found.setdefault("".join(texts), texts)
    return found


def slips(one: str, other: str) -> int:
    """Letters added, left out, changed or swapped between two words (optimal string alignment distance).

    >>> slips("qwne", "qwen"), slips("deepsek", "deepseek"), slips("lama", "gemma")
    (1, 1, 3)
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one):
        above, row = row, [i + 1]
        for j, known in enumerate(other):
            row.append(min(above[j + 1] + 1, row[j] + 1, above[j] + (letter != known)))
            if i and j and letter == other[j - 1] and one[i - 1] == known:
                row[-1] = min(row[-1], before[j - 1] + 1)
        before = above
    return row[-1]
