"""Lines of vLLM, derived from the pool that its groups of layers share."""

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from math import ceil

from llmnotes.engines import vllm
from llmnotes.engines.formats import TORCH
from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, INPUT, MISLEADS, OPEN, once
from llmnotes.engines.logs.flags import Flag, Flags, number, switch, word
from llmnotes.engines.logs.loaded import weights as loaded_weights
from llmnotes.engines.logs.reading import Line, Printed, count, ratio, size
from llmnotes.engines.logs.vllm import metal
from llmnotes.engines.logs.vllm.memory import AVAILABLE, LATER, graphs, memory
from llmnotes.engines.logs.vllm.reading import ENGINE, Reading, add, several_of, ways_of
from llmnotes.engines.logs.vllm.reading import NUMBER as _N
from llmnotes.engines.logs.vllm.refusals import NEEDED, STORED, refusals
from llmnotes.engines.logs.vllm.ways import Way, counted_by, fits
from llmnotes.engines.outline import Outline
from llmnotes.engines.parts import EngineError, Parallel
from llmnotes.units import GIB

ONE_LAYER_DRAFTS = ("mtp", "eagle", "eagle3", "deepseek_mtp", "qwen3_next_mtp", "qwen3_5_mtp")
MARKS = ("KV cache", " blocks: ", "concurrency", "KV Cache", "kv_cache_size", "Model loading took", "model weights")
MARKS += ("Loading model weights", "attention block size", "mamba page size", "CUDA graph", "CUDAGraph", "capturing")
MARKS += (
    "gpu_memory_utilization",
    "LLM engine (v",
    "version ",
    "padding layers",
    "Free memory on device",
    "max seq len",
)
MARKS += ("cp_world_size", "Hybrid KV cache manager is disabled", "Auto-fit", "initial_memory_usage")
MARKS += (
    "to store kv cache",
    "KV cache scaling factor",
    "unevenly partitioned",
    "PP_LAYER_PARTITION",
    "Checkpoint size",
    "is equivalent to --gpu-memory",
    "total_gpu_memory",
    "the current vLLM instance can use",
    "non_torch_memory",
    "PyTorch activation peak memory",
    "available_kv_cache_memory",
    *metal.MARKS,
)

TWO_PASSES = (0, 26)  # the first version that may have two passes under way at once (pull request 47728)

_G = rf"{_N} ?(GiB|GB)"
_CHECKPOINT = re.compile(rf"Checkpoint size: {_G}")
_TOKENS = re.compile(r"GPU KV cache size: ([\d,]+) tokens")
_CONCURRENCY = re.compile(rf"[Mm]aximum concurrency for ([\d,]+) tokens per request: {_N}x")
_BLOCKS = re.compile(r"# (?:GPU|cuda|rocm|xpu|hpu|tpu|npu|neuron|cpu) blocks: (\d+)")
_BLOCK_SIZE = re.compile(r"Setting attention block size to (\d+) tokens")
_PADDING = re.compile(rf"Padding mamba page size by {_N}%")
_PADDING_LAYERS = re.compile(rf"Add (\d+) padding layers, may waste at most {_N}% KV cache memory")
_WEIGHTS = re.compile(rf"(?:Model loading took|[Ll]oading model weights took) {_G}")
_ON_DEVICE = re.compile(r"Free memory on device \([\d.]+/([\d.]+) GiB\)")
_VERSION = re.compile(r"LLM engine \(v([0-9][\w.+-]{0,40})\)|\bversion (\d+\.\d+[\w.+-]{0,40})")
_PARTITION = re.compile(r"(?:unevenly partitioned: \[|PP_LAYER_PARTITION['\"]?[=:] ?['\"]?)(\d+(?:,\d+)+)")
_RANK = re.compile(r"\bWorker_TP(\d{1,2})\b|VllmWorker rank=(\d{1,3})\b")
_FORMAT = re.compile(r"Using (fp8\w*) data type to store kv cache|scaling factor [\d.]+ for (fp8\w*)")
_STAGE = re.compile(r"(?:\b|_)PP(\d{1,3})(?:_|\b)")
_ONE_CARD = re.compile(r"Multiplying the GPU KV cache size by the cp_world_size (\d+)")


def settings_of(
    flags: Flags, given: Outline | None, state_bits: int, max_model_len: int = 0, *, version: str = ""
) -> vllm.Settings:
    """Options of the run; what is absent has vLLM's default, in the version that wrote the log if it says which."""
    length = max_model_len or int(number(flags, "max_model_len") or 0)
    if length <= 0:
        length = (given.n_ctx if given else None) or 0
    dtype = word(flags, "kv_cache_dtype") or "auto"
    if dtype == "auto" and given is not None and any(entry.stride > 1 for entry in given.entries):
        dtype = "fp8_ds_mla"  # the one format that its compressed entries have
    mode = word(flags, "mamba_cache_mode")
    caching = switch(flags, "prefix_caching")
    state = word(flags, "state_dtype")
    bits = {"float32": 32, "float16": 16, "bfloat16": 16}.get(state or "", state_bits)
    return vllm.Settings(
        max_model_len=length or 1,
        kv_cache_dtype=dtype if dtype in TORCH else "auto",
        block_size=int(number(flags, "block_size") or 16),
        max_num_batched_tokens=int(number(flags, "max_num_batched_tokens") or 0) or 2048,
        n_passes=2 if _at_least(version, TWO_PASSES) else 1,
        state_bits=bits,
        prefix_caching=mode == "align" if mode else caching is not False,
        n_speculative=int(number(flags, "n_speculative") or 0),
        n_draft_layers=1 if word(flags, "draft_method") in ONE_LAYER_DRAFTS else 0,
        hybrid=switch(flags, "no_hybrid") is not True,
        parallel=Parallel(
            tensor=int(number(flags, "tensor") or 1),
            pipeline=int(number(flags, "pipeline") or 1),
            context=int(number(flags, "context") or 1),
        ),
    )


def _told_by_workers(kept: Iterable[Line], flags: Flags) -> Flags:
    """Options that no command shows and that workers tell: how many ranks write, and the format of the cache."""
    found: Flags = {}
    ranks = [int(match[1] or match[2]) for line in kept for match in [_RANK.search(line.text)] if match is not None]
    if ranks and max(ranks) and not flags.get("pipeline"):
        found["tensor"] = [Flag(0, str(1 << max(ranks).bit_length()))]
    for line in kept:
        match = _FORMAT.search(line.text)
        if match is not None:
            found["kv_cache_dtype"] = [Flag(line.number, match[1] or match[2])]
    return found


def _at_least(version: str, least: tuple[int, int]) -> bool:
    found = re.match(r"(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= least


def read(lines: Iterable[Line], flags: Flags, given: Outline | None, state_bits: int = 16) -> Reading:
    """Every line of vLLM that is recognised, derived."""
    kept = [line for line in lines if any(mark in line.text for mark in MARKS)]
    version = next((found[1] or found[2] for line in kept if (found := _VERSION.search(line.text))), "")
    flags = {**_told_by_workers(kept, flags), **flags}
    done = Reading(settings=settings_of(flags, given, state_bits, version=version), version=version, flags=flags)
    done.visible = max([0.0, *(float(found[1]) * GIB for line in kept if (found := _ON_DEVICE.search(line.text)))])
    for line in kept:
        # Later lines say how long a request may be, or that groups are off: read before anything is derived.
        found = _CONCURRENCY.search(line.text) or NEEDED.search(line.text) or STORED.search(line.text)
        if found is not None:
            length = int(found[1].replace(",", ""))
            done.settings = settings_of(flags, given, state_bits, length, version=version)
        found = _CONCURRENCY.search(line.text)
        if found is not None:
            done.printed_requests = ratio(found[2])
    done.utilization = number(flags, "gpu_memory_utilization") or 0
    done.on_metal = any("VLLM_METAL" in line.text or "vllm_metal" in line.text for line in kept)
    done.groups_off = switch(flags, "no_hybrid") is True
    done.keeps_graphs = any(LATER.search(line.text) for line in kept)
    if done.settings is not None and any("Hybrid KV cache manager is disabled" in line.text for line in kept):
        done.groups_off = True
        done.settings = replace(done.settings, hybrid=False)
    partition = next((found[1] for line in kept if (found := _PARTITION.search(line.text))), "")
    if partition and done.settings is not None and done.settings.parallel.pipeline == partition.count(",") + 1:
        done.settings = replace(done.settings, partition=tuple(int(each) for each in partition.split(",")))
    if given is not None and done.settings is not None:
        try:
            done.pool = vllm.pool(given, done.settings)
        except EngineError as error:
            done.refused = str(error)
    seen: set[tuple[str, str]] = set()
    shares = metal.Shares()
    for line in kept:
        start = len(done.findings)
        metal.read(line, done, given, shares)
        _tightest(line, done, given)
        for kind in (memory, _tokens, _blocks, refusals, _pages, _weights, graphs):
            kind(line, done, given)
        done.findings[start:] = once(done.findings[start:], seen)
    return done


def _tightest(line: Line, done: Reading, given: Outline | None) -> None:
    """The stage of a pipeline that holds the fewest blocks decides for all; memory is logged stage by stage."""
    found = AVAILABLE.search(line.text)
    if found is not None:
        stage = _STAGE.search(line.text)
        if stage is not None:
            said = size(found[1], found[2])
            known = done.by_stage.setdefault(int(stage[1]), said)
            done.by_stage[int(stage[1])] = min(said, known, key=lambda each: each.value)
        return
    settings = done.settings
    if given is None or settings is None or done.pool is None or not done.by_stage:
        return
    if not any(pattern.search(line.text) for pattern in (_TOKENS, _BLOCKS, NEEDED, STORED)):
        return
    if max(done.by_stage) >= settings.parallel.pipeline:
        return
    each = [(replace(settings, stage=stage), said) for stage, said in done.by_stage.items()]
    fewest = min(each, key=lambda pair: vllm.pool(given, pair[0]).n_blocks(pair[1].value))
    done.settings, done.available = fewest
    done.pool = vllm.pool(given, fewest[0])


def _tokens(line: Line, done: Reading, given: Outline | None) -> None:
    """The size of the cache in tokens, and how many requests that is."""
    found = _TOKENS.search(line.text)
    if found is not None:
        _cache_tokens(line, done, count(found[1], "tokens"), given)
    found = _CONCURRENCY.search(line.text)
    if found is not None:
        said = ratio(found[2])
        _concurrency(line, done, said, int(found[1].replace(",", "")))


def _cache_tokens(line: Line, done: Reading, said: Printed, given: Outline | None) -> None:
    pool, settings, available = done.pool, done.settings, done.available
    implied = _implied_blocks(done, said, given) if available is None else None
    if implied is not None:
        _tokens_of_groups(line, done, said, *implied)
        return
    if pool is None or settings is None or available is None:
        why = "needs_model" if pool is None else "needs_available"
        add(done, line, "tokens", said, OPEN, None, "", "not_modelled" if done.refused else why)
        return
    for way in chain(ways_of(done, given), several_of(done, given)):
        if fits(way, said, available):
            break
    else:
        _tokens_differ(line, done, said, pool, settings, available)
        return
    pool, settings = way.pool, way.settings
    counted = counted_by(way, said, available)
    if counted == pool.tokens_by_blocks and given is not None and given.states and not done.flags.get("prefix_caching"):
        # Versions that count so cache no prefixes of recurrent models unless asked to: a request keeps one state.
        settings = replace(settings, prefix_caching=False)
    least, most = pool.n_blocks(available.least), pool.n_blocks(available.most)
    blocks = min(range(least, most + 1), key=lambda n: abs(counted(n, settings) - said.value), default=most)
    settings = _caching_of(done, pool, settings, blocks)
    blocks = _told_by_requests(done, pool, settings, blocks)
    done.pool, done.settings = pool, settings
    if pool.has_groups:
        _tokens_of_groups(line, done, said, replace(way, settings=settings), blocks, counted == pool.tokens_by_blocks)
    else:
        done.n_blocks = blocks
        derived = counted(blocks, settings)
        formula = f"⌊{available.value / GIB:,.2f} GiB / {pool.block_bytes:,.0f} B⌋ × {pool.block_size:,}"
        verdict = EXPLAINED if way.why else EQUAL
        add(done, line, "tokens", said, verdict, derived, formula, way.why, way.values)


def _caching_of(done: Reading, pool: vllm.Pool, settings: vllm.Settings, blocks: int) -> vllm.Settings:
    """Whether prefixes of a recurrent model are cached, which the requests that the log prints decide: a request then
    keeps more states."""
    printed = done.printed_requests
    if printed is None or not pool.has_groups:
        return settings
    for each in (settings, replace(settings, prefix_caching=not settings.prefix_caching)):
        needed = pool.blocks(each.max_model_len, each)
        if any(printed.agrees(n / needed) for n in range(blocks, blocks + len(pool.groups))):
            return each
    return settings


def _told_by_requests(done: Reading, pool: vllm.Pool, settings: vllm.Settings, blocks: int) -> int:
    """Blocks of a pool of groups: tokens shared out among groups are those of several numbers of blocks, and the
    requests that the log prints say which."""
    printed = done.printed_requests
    if printed is None or not pool.has_groups:
        return blocks
    needed = pool.blocks(settings.max_model_len, settings)
    return next((n for n in range(blocks, blocks + len(pool.groups)) if printed.agrees(n / needed)), blocks)


def _implied_blocks(done: Reading, said: Printed, given: Outline | None) -> tuple[Way, int, bool] | None:
    """Blocks of a pool of groups whose memory the log does not show, and whether the version shares blocks out among
    groups: tokens are whole blocks of each, or a whole number of blocks over those of one request."""
    for way in ways_of(done, given):
        pool, settings = way.pool, way.settings
        if not pool.has_groups:
            continue
        smallest = min(group.block_size for group in pool.groups)
        if smallest > vllm.ALIGNMENT and said.value % smallest == 0:
            return way, int(said.value) // smallest * len(pool.groups), True
        blocks = ceil(said.value * pool.blocks(settings.max_model_len, settings) / settings.max_model_len)
        if pool.tokens_by_concurrency(blocks, settings) == said.value:
            return way, blocks, False
    return None


def _tokens_of_groups(line: Line, done: Reading, said: Printed, way: Way, blocks: int, shared_out: bool) -> None:
    """Why the tokens of a pool of groups are no capacity, and what it holds."""
    pool, settings = way.pool, way.settings
    done.pool, done.settings, done.n_blocks = pool, settings, blocks
    each = pool.blocks(settings.max_model_len, settings)
    derived = pool.tokens_by_blocks(blocks, settings) if shared_out else pool.tokens_by_concurrency(blocks, settings)
    if not shared_out:
        formula = f"{blocks:,} / {each:,} × {settings.max_model_len:,}"
    else:
        formula = f"⌊{blocks:,} / {len(pool.groups)}⌋ × {min(group.block_size for group in pool.groups):,}"
    short = max(1, settings.max_model_len // 8)
    values = {
        "groups": str(len(pool.groups)),
        "longest": f"{pool.longest_request(blocks, settings):,}",
        "length": f"{settings.max_model_len:,}",
        "requests": f"{blocks / each:,.2f}",
        "short": f"{short:,}",
        "n_short": f"{blocks // pool.blocks(short, settings):,}",
        **way.values,
    }
    add(done, line, "tokens", said, MISLEADS, derived, formula, "tokens_of_groups", values, way.why)


def _tokens_differ(
    line: Line, done: Reading, said: Printed, pool: vllm.Pool, settings: vllm.Settings, available: Printed
) -> None:
    blocks = pool.n_blocks(available.value)
    derived = pool.tokens_by_concurrency(blocks, settings)
    formula = f"{blocks:,} / {pool.blocks(settings.max_model_len, settings):,} × {settings.max_model_len:,}"
    per_token = available.value / said.value
    ours = available.value / derived if derived else 0.0
    values = {"log": f"{per_token:,.0f} B", "ours": f"{ours:,.0f} B"}
    add(done, line, "tokens", said, EXPLAINED, derived, formula, "tokens_differ", values)


def _concurrency(line: Line, done: Reading, said: Printed, length: int) -> None:
    pool, settings = done.pool, done.settings
    tokens = next((each.said.value for each in reversed(done.findings) if each.subject == "tokens"), 0.0)
    if pool is not None and settings is not None and done.n_blocks:
        each = pool.blocks(length, settings)
        # Tokens counted by blocks are those of several numbers of blocks; the requests say which.
        for blocks in range(done.n_blocks, done.n_blocks + len(pool.groups)):
            if said.agrees(blocks / each):
                done.n_blocks = blocks
                add(done, line, "concurrency", said, EQUAL, blocks / each, f"{blocks:,} / {each:,}")
                return
    blocks = next((each.said.value for each in reversed(done.findings) if each.subject == "blocks"), None)
    if not tokens and blocks is not None and settings is not None:
        tokens = blocks * settings.block_size
    if tokens or blocks == 0:
        derived = tokens / length
        formula = f"{tokens:,.0f} / {length:,}"
        agrees = said.agrees(derived)
        why = "" if agrees else "concurrency_of_groups"
        add(done, line, "concurrency", said, EQUAL if agrees else EXPLAINED, derived, formula, why)
        return
    add(done, line, "concurrency", said, OPEN, None, "", "needs_available")


def _blocks(line: Line, done: Reading, given: Outline | None) -> None:
    found = _BLOCKS.search(line.text)
    if found is None:
        return
    said = count(found[1], "blocks")
    pool, available, settings = done.pool, done.available, done.settings
    done.n_blocks = int(said.value)
    if pool is None or available is None or settings is None:
        add(done, line, "blocks", said, INPUT, None, "", "blocks_times", {"tokens": f"{said.value * 16:,.0f}"})
        return
    least, most = pool.n_blocks(available.least), pool.n_blocks(available.most)
    agrees = least - 1 <= said.value <= most + 1
    derived = min(max(said.value, least), most) if agrees else pool.n_blocks(available.value)
    formula = f"⌊{available.value / GIB:,.2f} GiB / {pool.block_bytes:,.0f} B⌋"
    why = "" if agrees else "blocks_differ"
    add(done, line, "blocks", said, EQUAL if agrees else EXPLAINED, derived, formula, why)


def _pages(line: Line, done: Reading, given: Outline | None) -> None:
    """Pages of attention enlarged to a state, and states padded to a page."""
    pool, settings = done.pool, done.settings
    found = _BLOCK_SIZE.search(line.text)
    if found is not None:
        said = count(found[1], "tokens")
        if pool is None or settings is None or not pool.state_bytes:
            add(done, line, "block_size", said, OPEN, None, "", "not_modelled" if done.refused else "needs_model")
        else:
            fitting = (way for way in ways_of(done, given) if way.pool.block_size == said.value)
            way = next(fitting, None)
            pool = way.pool if way is not None else pool
            per_token = pool.page_bytes / pool.block_size
            formula = f"pad({pool.state_bytes:,.0f} B / {per_token:,.10g} B)"
            why = "block_differs" if way is None else "block_of_a_state"
            verdict = EXPLAINED if way is None or way.why else EQUAL
            values, also = (way.values, way.why) if way is not None else ({}, "")
            add(done, line, "block_size", said, verdict, pool.block_size, formula, why, values, also)
    found = _PADDING.search(line.text)
    if found is not None:
        said = ratio(found[1], "percent")
        if pool is None or not pool.state_bytes:
            add(done, line, "padding", said, OPEN, None, "", "not_modelled" if done.refused else "needs_model")
        else:
            derived = 100 * (pool.page_bytes / pool.state_bytes - 1)
            agrees = said.agrees(derived)
            formula = f"{pool.page_bytes:,.0f} / {pool.state_bytes:,.0f} − 1"
            add(
                done,
                line,
                "padding",
                said,
                EQUAL if agrees else EXPLAINED,
                derived,
                formula,
                "" if agrees else "block_differs",
            )
    found = _PADDING_LAYERS.search(line.text)
    if found is not None:
        add(done, line, "padding_layers", count(found[1], "layers"), INPUT, None, "", "padding_layers")


def _weights(line: Line, done: Reading, given: Outline | None) -> None:
    found = _CHECKPOINT.search(line.text)
    if found is not None:
        stored = loaded_weights(line, ENGINE, size(found[1], found[2]), given, Parallel())
        done.findings.append(replace(stored, subject="checkpoint"))
    found = _WEIGHTS.search(line.text)
    if found is not None:
        done.weights = size(found[1], found[2])
        cards = done.settings.parallel if done.settings else Parallel()
        done.findings.append(loaded_weights(line, ENGINE, done.weights, given, cards, _stage_params(line, done, given)))


def _stage_params(line: Line, done: Reading, given: Outline | None) -> int:
    """Parameters of the stage of a pipeline that a line is about; 0 where there is none, or it does not say which."""
    found, settings = _STAGE.search(line.text), done.settings
    if found is None or given is None or settings is None or done.pool is None:
        return 0
    sizes, stage = vllm.stages(given, settings), int(found[1])
    return given.stage_params(sizes, stage) if stage < len(sizes) > 1 else 0
