"""Lines of TensorRT-LLM, derived from its pages of tokens."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from llmnotes.engines import tensorrt_llm
from llmnotes.engines.formats import TORCH
from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, INPUT, OPEN, Finding, once
from llmnotes.engines.logs.flags import Flags, number, word
from llmnotes.engines.logs.loaded import weights
from llmnotes.engines.logs.reading import Line, Printed, count, size
from llmnotes.engines.outline import Outline
from llmnotes.engines.parts import EngineError, Parallel
from llmnotes.units import GIB

ENGINE = "tensorrt-llm"
MARKS = (
    "paged KV cache",
    "paged kv cache",
    "k/v cache",
    "TensorRT-LLM",
    "TRT-LLM",
    "kv size",
    "model weights",
    "per block",
    "execution context memory",
    "workspace size",
    "KV cache pages per sequence",
    "KV cache blocks per sequence",
    "maxTokensInPagedKvCache",
    "MPI size",
    "Total Weights Memory",
    "Total Activation Memory",
    "World size",
    "process at least 1 sequence",
)

_N = r"([\d.]+)"
_ALLOCATED = re.compile(rf"Allocated {_N} GiB for max tokens in paged KV cache \((\d+)\)")
_BYTES = re.compile(r"Allocate (\d+) bytes for k/v cache")
_USING = re.compile(r"Using (\d+) (?:total )?tokens in paged KV cache(?:, and (\d+) blocks per sequence)?")
_SEQUENCE = re.compile(r"Max KV cache (?:pages|blocks) per sequence: (\d+)(?: \[window size=(\d+)\])?")
_LONGEST = re.compile(r"max sequence length=(\d+)")
_PRIMARY = re.compile(r"primary blocks=(\d+)")
_CONTEXT = re.compile(rf"Allocated {_N} (MiB|GiB) for execution context memory")
_WORKSPACE = re.compile(r"[Ww]orkspace size is not enough, increase the size from \d+ bytes to (\d+) bytes")
_TOO_FEW = re.compile(
    r"maxTokensInPagedKvCache \((\d+)\) must be large enough.*beam_width \((\d+)\) \* tokensPerBlock \((\d+)\)"
    r" \* maxBlocksPerSeq \((\d+)\)"
)
_BUILT = re.compile(r"Total (Weights|Activation) Memory: (\d+)")
_WORLD = re.compile(r"(?:MPI size|World size): ?(\d+)")
_USAGE = re.compile(rf"calculating max tokens in paged kv cache: total: {_N} GiB, available: {_N} GiB")
_PEAK = re.compile(
    rf"Peak memory during memory usage profiling \(torch \+ non-torch\): {_N} GiB, available KV cache memory when"
    rf" calculating max tokens: {_N} GiB,\s*fraction is set {_N}, kv size is (\d+)(?:\. device total memory {_N} GiB)?"
)
_PER_BLOCK = re.compile(r"tokens per block(?:: |=| )(\d+)|tokensPerBlock \((\d+)\)")
_BLOCKS = re.compile(r"Number of blocks in KV cache primary pool: (\d+)")
_WEIGHTS = re.compile(
    rf"(?:Rank \d+ uses|Use) {_N} GB for model weights"
    rf"|Memory used after loading model weights(?! \(outside)[^:]*: {_N} GiB"
)
_OUTSIDE = re.compile(rf"Memory used (?:after loading model weights \(outside torch\)|outside torch)[^:]*: {_N} GiB")
_LOADED = re.compile(r"Loaded engine size: (\d+) MiB")
_VERSION = re.compile(r"TensorRT-LLM version: (\d[\w.]{0,24})")


@dataclass
class Reading:
    """What the lines say, for the remedies.

    Attributes:
        one_does_not_fit: All pages together hold less than one request of the longest length.
    """

    findings: list[Finding] = field(default_factory=list)
    version: str = ""
    settings: tensorrt_llm.Settings | None = None
    outline: Outline | None = None
    available: Printed | None = None
    bytes_allocated: Printed | None = None
    n_tokens: int = 0
    cards_known: bool = False
    refused: str = ""
    one_does_not_fit: bool = False

    @property
    def cards(self) -> Parallel:
        """How the model divides among cards."""
        return self.settings.parallel if self.settings is not None else Parallel()


def read(lines: Iterable[Line], flags: Flags, given: Outline | None) -> Reading:
    """Every line of TensorRT-LLM that is recognised, derived."""
    kept = [line for line in lines if any(mark in line.text for mark in MARKS)]
    per_block = [found for line in kept for found in [_PER_BLOCK.search(line.text)] if found is not None]
    worlds = [int(found[1]) for line in kept for found in [_WORLD.search(line.text)] if found is not None]
    world = max([1, *worlds])
    stages = int(number(flags, "pipeline") or 1)
    dtype = word(flags, "kv_cache_dtype") or "auto"
    settings = tensorrt_llm.Settings(
        kv_cache_dtype=dtype if dtype in TORCH else "auto",
        tokens_per_block=int(per_block[-1][1] or per_block[-1][2])
        if per_block
        else int(number(flags, "tokens_per_block") or 32),
        free_gpu_memory_fraction=number(flags, "free_fraction") or 0.9,
        parallel=Parallel(tensor=int(number(flags, "tensor") or max(1, world // stages)), pipeline=stages),
    )
    done = Reading(settings=settings, outline=given, cards_known=bool(flags.get("tensor") or worlds))
    done.one_does_not_fit = any("process at least 1 sequence" in line.text for line in kept)
    seen: set[tuple[str, str]] = set()
    for line in kept:
        start = len(done.findings)
        for kind in (_version, _weights, _pages, _room, _sequences, _buffers):
            try:
                kind(line, done)
            except EngineError as error:
                done.refused = str(error)
        done.findings[start:] = once(done.findings[start:], seen)
    return done


def _version(line: Line, done: Reading) -> None:
    found = _VERSION.search(line.text)
    if found is not None and not done.version:
        done.version = found[1]


def _weights(line: Line, done: Reading) -> None:
    found = _WEIGHTS.search(line.text)
    if found is not None:
        said = size(found[1] or found[2], "GB")
        done.findings.append(weights(line, ENGINE, said, done.outline, done.cards))
    found = _OUTSIDE.search(line.text)
    if found is not None:
        said = size(found[1], "GiB")
        done.findings.append(Finding(line.number, ENGINE, "outside", said, INPUT, why="beside_the_pages"))
    found = _BUILT.search(line.text)
    if found is not None and found[1] == "Weights":
        done.findings.append(weights(line, ENGINE, size(found[2], "B"), done.outline, done.cards))
    elif found is not None:
        said = size(found[2], "B")
        done.findings.append(Finding(line.number, ENGINE, "compute", said, INPUT, why="beside_the_pages"))
    found = _LOADED.search(line.text)
    if found is not None:
        said = size(found[1], "MiB")
        done.findings.append(weights(line, ENGINE, said, done.outline, done.cards))


def _pages(line: Line, done: Reading) -> None:
    found = _BYTES.search(line.text)
    if found is not None:
        done.bytes_allocated = size(found[1], "B")
        done.findings.append(Finding(line.number, ENGINE, "cache", done.bytes_allocated, INPUT, why="all_pages"))
    found = _USING.search(line.text)
    if found is not None:
        said = count(found[1], "tokens")
        _tokens_of_bytes(line, done, said)
    found = _ALLOCATED.search(line.text)
    if found is not None:
        said, n_tokens = size(found[1], "GiB"), int(found[2])
        done.n_tokens = n_tokens
        if done.outline is None or done.settings is None:
            done.findings.append(Finding(line.number, ENGINE, "cache", said, OPEN, why="needs_model"))
            return
        derived = tensorrt_llm.pages_bytes(done.outline, done.settings, n_tokens)
        per_token = tensorrt_llm.token_bytes(done.outline, done.settings)
        differs = {"log": f"{said.value / n_tokens:,.0f} B", "ours": f"{per_token:,.0f} B"}
        settings, why, values = done.settings, "cache_differs", differs
        for way in _ways(done.outline, done.settings, cards_known=done.cards_known):
            held = tensorrt_llm.pages_bytes(done.outline, way[0], n_tokens)
            if said.agrees(held):
                settings, why, values = way
                derived, done.settings = held, settings
                break
        formula = f"{n_tokens:,} × {tensorrt_llm.token_bytes(done.outline, settings):,.10g} B"
        verdict = EXPLAINED if why else EQUAL
        done.findings.append(Finding(line.number, ENGINE, "cache", said, verdict, derived, formula, why, values))


def _ways(
    model: Outline, shown: tensorrt_llm.Settings, *, cards_known: bool
) -> Iterator[tuple[tensorrt_llm.Settings, str, dict[str, str]]]:
    """The options that the log shows, then others that it may not show: the format of the cache, which an engine has
    from its checkpoint, and the number of cards."""
    yield shown, "", {}
    if shown.kv_cache_dtype == "auto":
        why = "cache_in_bits" if cards_known else "bits_or_cards"
        yield replace(shown, kv_cache_dtype="fp8"), why, {"bits": "8", "cards": str(2 * shown.parallel.tensor)}
        yield replace(shown, kv_cache_dtype="nvfp4"), "cache_in_bits", {"bits": "4"}
    for cards in () if cards_known else (4, 8):
        divided = replace(shown, parallel=replace(shown.parallel, tensor=cards))
        yield divided, "other_cards", {"cards": str(cards)}


def _tokens_of_bytes(line: Line, done: Reading, said: Printed) -> None:
    done.n_tokens = int(said.value)
    if done.outline is None or done.settings is None or done.bytes_allocated is None:
        why = "needs_model" if done.outline is None else "needs_allocated"
        done.findings.append(Finding(line.number, ENGINE, "tokens", said, OPEN, why=why))
        return
    held = done.bytes_allocated.value
    for settings, why, values in _ways(done.outline, done.settings, cards_known=done.cards_known):
        per_token = tensorrt_llm.token_bytes(done.outline, settings)
        # The number is the one before it is rounded up to whole pages.
        if 0 <= held / per_token - said.value < max(128, settings.tokens_per_block):
            done.settings = settings
            verdict = EXPLAINED if why else EQUAL
            formula = f"{held:,.0f} B / {per_token:,.10g} B"
            done.findings.append(
                Finding(line.number, ENGINE, "tokens", said, verdict, held / per_token, formula, why, values)
            )
            return
    per_token = tensorrt_llm.token_bytes(done.outline, done.settings)
    formula = f"{held:,.0f} B / {per_token:,.10g} B"
    values = {"log": f"{held / said.value:,.0f} B", "ours": f"{per_token:,.0f} B"}
    done.findings.append(
        Finding(line.number, ENGINE, "tokens", said, EXPLAINED, held / per_token, formula, "cache_differs", values)
    )


def _sequences(line: Line, done: Reading) -> None:
    """Pages of one sequence, of all of them, and whether the longest one fits."""
    if done.settings is None:
        return
    per_block = done.settings.tokens_per_block
    found = _PER_BLOCK.search(line.text)
    if found is not None:
        said = count(found[1] or found[2], "tokens")
        done.findings.append(Finding(line.number, ENGINE, "block_size", said, INPUT))
    found = _SEQUENCE.search(line.text)
    if found is not None:
        said = count(found[1], "blocks")
        if found[2]:
            tokens = int(found[2])
            longest = _LONGEST.search(line.text)
            if longest is not None and said.value == -(-int(longest[1]) // per_block):
                tokens = int(longest[1])  # the small pool of a trial run cuts the window, not the sequence
            derived = -(-tokens // per_block)
            verdict = EQUAL if derived == said.value else EXPLAINED
            formula = f"⌈{tokens:,} / {per_block}⌉"
            done.findings.append(Finding(line.number, ENGINE, "blocks_one", said, verdict, derived, formula))
        else:
            values = {"tokens": f"{int(found[1]) * per_block:,}"}
            done.findings.append(
                Finding(line.number, ENGINE, "blocks_one", said, INPUT, why="blocks_times", values=values)
            )
    found = _PRIMARY.search(line.text)
    if found is not None:
        values = {"tokens": f"{int(found[1]) * per_block:,}"}
        done.findings.append(
            Finding(line.number, ENGINE, "blocks", count(found[1], "blocks"), INPUT, why="blocks_times", values=values)
        )
    found = _TOO_FEW.search(line.text)
    if found is not None:
        beams, tokens, blocks = (int(each) for each in found.groups()[1:])
        needed = beams * tokens * blocks
        values = {"there": f"{int(found[1]):,}"}
        said = count(str(needed), "tokens")
        formula = f"{beams} × {tokens} × {blocks}"
        done.one_does_not_fit = True
        why = "sequence_does_not_fit"
        done.findings.append(Finding(line.number, ENGINE, "needed", said, EQUAL, needed, formula, why, values))


def _buffers(line: Line, done: Reading) -> None:
    """What stands beside weights and pages."""
    found = _CONTEXT.search(line.text)
    if found is not None:
        done.findings.append(
            Finding(line.number, ENGINE, "compute", size(found[1], found[2]), INPUT, why="beside_the_pages")
        )
    found = _WORKSPACE.search(line.text)
    if found is not None:
        done.findings.append(
            Finding(line.number, ENGINE, "workspace", size(found[1], "B"), INPUT, why="beside_the_pages")
        )


def _room(line: Line, done: Reading) -> None:
    """What a share of the free memory is, and the bytes of a token that the engine states."""
    found = _USAGE.search(line.text)
    if found is not None:
        said = size(found[2], "GiB")
        done.available = said
        done.findings.append(Finding(line.number, ENGINE, "available", said, INPUT, why="free_then_a_share"))
    found = _PEAK.search(line.text)
    if found is not None:
        peak, room, fraction, per_token, total = found.groups()
        said = size(room, "GiB")
        done.available = said
        if total:
            derived = (float(total) - float(peak)) * float(fraction) * GIB
            formula = f"({total} − {peak}) × {fraction} GiB"
            agrees = abs(derived - said.value) <= 0.02 * GIB
            verdict = EQUAL if agrees else EXPLAINED
            why = "" if agrees else "rounded_parts"
            done.findings.append(Finding(line.number, ENGINE, "available", said, verdict, derived, formula, why))
        else:
            done.findings.append(Finding(line.number, ENGINE, "available", said, INPUT, why="free_then_a_share"))
        stated = count(per_token, "bytes")
        if done.outline is not None and done.settings is not None:
            ours = tensorrt_llm.token_bytes(done.outline, done.settings)
            verdict = EQUAL if ours == stated.value else EXPLAINED
            why = "" if verdict == EQUAL else "cache_differs"
            values = {"log": f"{stated.value:,.0f} B", "ours": f"{ours:,.0f} B"}
            done.findings.append(Finding(line.number, ENGINE, "token_bytes", stated, verdict, ours, "", why, values))
        else:
            done.findings.append(Finding(line.number, ENGINE, "token_bytes", stated, OPEN, why="needs_model"))
    found = _BLOCKS.search(line.text)
    if found is not None and done.settings is not None:
        _primary(line, done, count(found[1], "blocks"))


def _primary(line: Line, done: Reading, said: Printed) -> None:
    """Blocks of the pool, from the share of the free memory: tokens that it holds, rounded up to whole blocks."""
    settings, available = done.settings, done.available
    if settings is None:
        return
    if done.outline is not None and available is not None:
        per_token = tensorrt_llm.token_bytes(done.outline, settings)
        share = settings.free_gpu_memory_fraction
        for per_block in (settings.tokens_per_block, 64, 128, 32):
            least, most = (-(-int(each * share / per_token) // per_block) for each in (available.least, available.most))
            if least <= said.value <= most:
                shown = per_block == settings.tokens_per_block
                done.settings = replace(settings, tokens_per_block=per_block)
                formula = f"⌈{available.value / GIB:,.2f} GiB × {share:g} / {per_token:,.10g} B / {per_block}⌉"
                verdict, why = (EQUAL, "") if shown else (EXPLAINED, "other_block_size")
                found = Finding(line.number, ENGINE, "blocks", said, verdict, said.value, formula, why)
                done.findings.append(found)
                return
    values = {"tokens": f"{said.value * settings.tokens_per_block:,.0f}"}
    done.findings.append(Finding(line.number, ENGINE, "blocks", said, INPUT, why="blocks_times", values=values))
