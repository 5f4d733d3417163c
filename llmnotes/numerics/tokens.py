"""Text to tokens by byte-pair encoding, as published vocabularies do it, without a download.

A vocabulary is data: which byte strings have a number, which pairs merge first, and where text is cut before. Marks
such as `<|endoftext|>` are read as the characters they are made of.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal
from unicodedata import normalize

import regex

# A printable character stands for each byte, in GPT-2's order: printable bytes first, as themselves.
_PRINTABLE = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
_OTHER = [byte for byte in range(256) if byte not in _PRINTABLE]
BYTE_OF = {chr(byte): byte for byte in _PRINTABLE} | {chr(256 + n): byte for n, byte in enumerate(_OTHER)}

Merges = Mapping[tuple[bytes, bytes], int]


@dataclass(frozen=True)
class Vocabulary:
    """What text is cut into before merging, and what merges.

    Args:
        name: What to call it in messages.
        ids: The number of each token, by its bytes.
        cuts: Patterns applied one after the other; what one matches and what lies between its matches stay apart.
        merges: The order of merging by pair; without it, the pair whose result has the lowest number merges first.
        normal_form: A Unicode form that text is brought into before.
    """

    name: str
    ids: Mapping[bytes, int]
    cuts: tuple[str, ...]
    merges: Merges | None = None
    normal_form: Literal["NFC"] | None = None

    def __post_init__(self):
        missing = [byte for byte in range(256) if bytes([byte]) not in self.ids]
        if missing:
            raise ValueError(f"{self.name}: no token for byte {missing[0]}: a byte-level vocabulary has all 256")

    def encode(self, text: str) -> list[int]:
        """The numbers of the tokens of a text."""
        return [self.ids[token] for token in self.tokens(text)]

    def decode(self, ids: list[int]) -> str:
        """The text of tokens; bytes that are half a character become the replacement character."""
        unknown = [i for i in ids if i not in self._bytes]
        if unknown:
            raise ValueError(f"{self.name}: no token has the number {unknown[0]}; it has {len(self.ids)} tokens")
        return b"".join(self._bytes[i] for i in ids).decode("utf-8", errors="replace")

    def tokens(self, text: str) -> list[bytes]:
        """The tokens of a text as bytes: a character outside English may be several tokens, or part of one."""
        return [token for piece in self.pieces(text) for token in self._merged(piece.encode())]

    def count(self, text: str) -> int:
        """How many tokens a text is."""
        return len(self.tokens(text))

    def pieces(self, text: str) -> list[str]:
        """The text cut into words, numbers, signs and spaces: no token reaches across a cut."""
        pieces = [self.normalised(text)]
        for cut in self.cuts:
            pieces = [part for piece in pieces for part in _apart(cut, piece)]
        return pieces

    def normalised(self, text: str) -> str:
        """The text in the Unicode form that the vocabulary was made for."""
        return normalize(self.normal_form, text) if self.normal_form else text

    def _merged(self, piece: bytes) -> list[bytes]:
        """Merge the pair that comes first in the vocabulary's order until none is left.

        The time grows with the square of the piece, which is a word, or a run of Han between punctuation marks.
        """
        if self.merges is None and piece in self.ids:
            return [piece]
        parts = [piece[i : i + 1] for i in range(len(piece))]
        while len(parts) > 1:
            ranks = [self._rank(left, right) for left, right in pairwise(parts)]
            best = min((rank for rank in ranks if rank is not None), default=None)
            if best is None:
                break
            at = ranks.index(best)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return parts

    def _rank(self, left: bytes, right: bytes) -> int | None:
        return self.ids.get(left + right) if self.merges is None else self.merges.get((left, right))

    @cached_property
    def _bytes(self) -> dict[int, bytes]:
        return {number: token for token, number in self.ids.items()}


def ids_from_ranks(data: bytes, *, name: str) -> dict[bytes, int]:
    """The tokens of a `.tiktoken` file: on each line the bytes in base64, and the number.

    >>> ids_from_ranks(b"IQ== 0\\nISE= 256", name="tiny")
    {b'!': 0, b'!!': 256}
    """
    ids = {}
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            token, rank = line.split()
            ids[base64.b64decode(token, validate=True)] = int(rank)
        except ValueError as err:
            raise ValueError(f"{name}: line {number} is {line[:40]!r}: give base64, a space and a number") from err
    return ids


def merges_from_text(text: str, *, name: str) -> tuple[dict[bytes, int], dict[tuple[bytes, bytes], int]]:
    """Tokens and order of merging from GPT-2's `vocab.bpe`: bytes first, then one token for each line.

    >>> ids, merges = merges_from_text("#version: 0.2\\nh e\\nhe y", name="tiny")
    >>> ids[b"hey"], merges[b"he", b"y"]
    (257, 1)
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#version")]
    pairs = [_pair(line.split(" "), name) for line in lines]
    ids = {bytes([byte]): number for number, byte in enumerate(BYTE_OF.values())}
    ids |= {left + right: 256 + rank for rank, (left, right) in enumerate(pairs)}
    return ids, {pair: rank for rank, pair in enumerate(pairs)}


def vocabulary_from_tokenizer_json(text: str, *, name: str) -> Vocabulary:
    """A vocabulary from a published `tokenizer.json` of byte-level byte-pair encoding.

    Raises:
        ValueError: If it is of another kind, or cuts text in a way that is not understood.
    """
    published = json.loads(text)
    model = published.get("model", {})
    if model.get("type") != "BPE" or model.get("byte_fallback"):
        raise ValueError(f"{name}: the model is {model.get('type')!r}: only byte-level BPE is read here")
    if model.get("ignore_merges"):
        raise ValueError(f"{name}: ignore_merges is true: this is not understood")
    ids = {_bytes_of(token): number for token, number in model["vocab"].items() if set(token) <= BYTE_OF.keys()}
    pairs = (_pair(merge.split(" ") if isinstance(merge, str) else merge, name) for merge in model["merges"])
    return Vocabulary(
        name=name,
        ids=ids,
        cuts=tuple(_cuts(published.get("pre_tokenizer") or {}, name)),
        merges={pair: rank for rank, pair in enumerate(pairs)},
        normal_form=_normal_form(published.get("normalizer"), name),
    )


def _bytes_of(token: str) -> bytes:
    return bytes([BYTE_OF[character] for character in token])


def _cuts(step: Mapping[str, Any], name: str) -> Iterator[str]:
    match step:
        case {"type": "Sequence", "pretokenizers": list(steps)}:
            for inner in steps:
                yield from _cuts(inner, name)
        case {"type": "Split", "pattern": {"Regex": str(pattern)}, "behavior": "Isolated", "invert": False}:
            yield pattern
        case {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}:
            return
        case _:
            raise ValueError(f"{name}: pre_tokenizer holds {str(dict(step))[:60]}: this cut is not understood")


def _normal_form(normalizer: Mapping[str, Any] | None, name: str) -> Literal["NFC"] | None:
    if normalizer is None or normalizer == {"type": "Sequence", "normalizers": []}:
        return None
    if normalizer == {"type": "NFC"}:
        return "NFC"
    raise ValueError(f"{name}: the normalizer is {str(dict(normalizer))[:60]}: only NFC is understood")


def _pair(parts: list[str], name: str) -> tuple[bytes, bytes]:
    try:
        left, right = map(_bytes_of, parts)
    except (KeyError, ValueError) as err:
        raise ValueError(f"{name}: merge {' '.join(parts)[:40]!r} is not two tokens with a space between") from err
    return left, right


def _apart(cut: str, text: str) -> Iterator[str]:
    """What a pattern matches, and what lies between."""
    end = 0
    for match in regex.finditer(cut, text):
        if match.start() > end:
            yield text[end : match.start()]
        if match.end() > match.start():
            yield match.group()
        end = match.end()
    if end < len(text):
        yield text[end:]
