"""Refusals of PyTorch's allocator, whichever engine called it: what was asked for, and who held the card.

Source:
    pytorch/pytorch, `c10/cuda/CUDACachingAllocator.cpp`: the sentence as versions since 2.1 print it, and the older.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from llmnotes.engines.logs.findings import EXPLAINED, OPEN, Finding, once
from llmnotes.engines.logs.reading import Line, count, size
from llmnotes.engines.outline import Outline

ENGINE = "PyTorch"
LOGIT_BYTES = 4
"""Logits are sampled from in float32 (vLLM, `v1/sample/sampler.py`)."""

MARKS = ("out of memory. Tried to allocate", "warming up sampler with")

_S = r"([\d.]+) ([KMGT]i?B|bytes)"
_ASKED = re.compile(rf"out of memory\. Tried to allocate {_S}")
_CARD = re.compile(rf"total capaci?ty of {_S} of which {_S} is free")
_HELD = re.compile(rf"this process has {_S} memory in use")
_OTHER = re.compile(rf"Process \d+ has {_S} memory in use")
_IDLE = re.compile(rf"and {_S} is reserved by PyTorch but unallocated")
_OLD = re.compile(rf"\(GPU \d+; {_S} total capacity; {_S} already allocated; {_S} free; {_S} reserved")
_SAMPLER = re.compile(r"warming up sampler with (\d+) dummy requests")


@dataclass
class Reading:
    """What the lines say, for the remedies.

    Attributes:
        missing: Bytes that were missing at the first refusal; 0 where none is told.
        total: Bytes of that card.
        own: Bytes that this process held.
        others: Bytes that no part of this process held.
        idle: Bytes that PyTorch held and did not use.
        line: Where the first refusal stands.
        sampled: Requests that sampling was warmed up with.
    """

    findings: list[Finding] = field(default_factory=list)
    missing: float = 0
    total: float = 0
    own: float = 0
    others: float = 0
    idle: float = 0
    line: int = 0
    sampled: int = 0


def read(lines: Iterable[Line], given: Outline | None) -> Reading:
    """Every refusal that is recognised, with the parts of the card added up."""
    done = Reading()
    seen: set[tuple[str, str]] = set()
    for line in lines:
        if not any(mark in line.text for mark in MARKS):
            continue
        start = len(done.findings)
        _refusal(line, done)
        _sampler(line, done, given)
        done.findings[start:] = once(done.findings[start:], seen)
    return done


def _refusal(line: Line, done: Reading) -> None:
    asked = _ASKED.search(line.text)
    if asked is None:
        return
    said = size(asked[1], asked[2])
    card, old = _CARD.search(line.text), _OLD.search(line.text)
    if card is not None:
        total, free = size(card[1], card[2]), size(card[3], card[4])
        own = [size(*found) for found in _HELD.findall(line.text)]
        named = [size(*found) for found in _OTHER.findall(line.text)]
        if not own and len(named) == 1:
            own, named = named, []  # in a container PyTorch knows its own process by number alone
        idle = _IDLE.search(line.text)
        reserved = size(idle[1], idle[2]).value if idle is not None else 0.0
    elif old is not None:
        total, used, free, held = (size(old[i], old[i + 1]) for i in (1, 3, 5, 7))
        own, named, reserved = [held], [], held.value - used.value
    else:
        done.findings.append(Finding(line.number, ENGINE, "failed", said, OPEN, why="failed_unknown"))
        return
    held = sum(each.value for each in own)
    rest = max(0.0, total.value - free.value - held)
    taken = " − ".join(each.text for each in (total, *own, *named))
    values = {"free": free.text, "total": total.text, "own": _gib(held), "others": _gib(rest)}
    done.findings.append(Finding(line.number, ENGINE, "failed", said, EXPLAINED, None, taken, "torch_refused", values))
    if not done.line:
        done.line, done.missing = line.number, max(0.0, said.value - free.value)
        done.total, done.own, done.others, done.idle = total.value, held, rest, reserved


def _sampler(line: Line, done: Reading, given: Outline | None) -> None:
    """Logits of so many requests at once, which vLLM tries once before it starts."""
    found = _SAMPLER.search(line.text)
    if found is None:
        return
    said = count(found[1])
    done.sampled = int(said.value)
    if given is None or not given.vocab_size:
        done.findings.append(Finding(line.number, ENGINE, "sampled", said, OPEN, why="needs_model"))
        return
    each = said.value * given.vocab_size * LOGIT_BYTES
    formula = f"{said.text} × {given.vocab_size:,} × {LOGIT_BYTES} B = {_gib(each)}"
    done.findings.append(
        Finding(
            line.number, ENGINE, "sampled", said, EXPLAINED, None, formula, "sampler_warmed_up", {"each": _gib(each)}
        )
    )


def _gib(value: float) -> str:
    return f"{value / 2**30:,.2f} GiB"
