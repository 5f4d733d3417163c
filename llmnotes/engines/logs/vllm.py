"""Lines of vLLM, derived from the pool that its groups of layers share."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from llmnotes.engines import vllm
from llmnotes.engines.formats import TORCH
from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, INPUT, MISLEADS, OPEN, Finding, once
from llmnotes.engines.logs.flags import Flags, number, switch, word
from llmnotes.engines.logs.loaded import weights
from llmnotes.engines.logs.reading import Line, Printed, count, ratio, size
from llmnotes.engines.logs.ways import Way, counted_by, fits, ways
from llmnotes.engines.outline import Outline
from llmnotes.engines.parts import EngineError, Parallel

ENGINE = "vllm"
GIB = 2**30
ONE_LAYER_DRAFTS = ("mtp", "eagle", "eagle3", "deepseek_mtp", "qwen3_next_mtp", "qwen3_5_mtp")
MARKS = ("KV cache", "GPU blocks", "concurrency", "KV Cache", "kv_cache_size", "Model loading took", "model weights")
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
MARKS += ("unevenly partitioned", "PP_LAYER_PARTITION", "Checkpoint size", "is equivalent to --gpu-memory")

TWO_PASSES = (0, 26)  # the first version that may have two passes under way at once (pull request 47728)

_N = r"([\d,]+(?:\.\d+)?)"
_G = rf"{_N} ?(GiB|GB)"
_AVAILABLE = re.compile(r"Available KV cache memory: (-?[\d,]+(?:\.\d+)?) ?(GiB|GB)")
_CHECKPOINT = re.compile(rf"Checkpoint size: {_G}")
_ESTIMATED_GRAPHS = re.compile(rf"Estimated CUDA graph memory: {_G}")
_EQUIVALENT = re.compile(
    rf"current --gpu-memory-utilization={_N} is equivalent to --gpu-memory-utilization={_N} without"
    rf"(?:.*increase --gpu-memory-utilization to {_N})?"
)
_TOKENS = re.compile(r"GPU KV cache size: ([\d,]+) tokens")
_CONCURRENCY = re.compile(rf"[Mm]aximum concurrency for ([\d,]+) tokens per request: {_N}x")
_BLOCKS = re.compile(r"# (?:GPU|cuda) blocks: (\d+)")
_STORED = re.compile(
    r"max seq len \((\d+)\) is larger than the maximum number of tokens that can be stored in KV cache \((\d+)\)"
)
_NEEDED = re.compile(
    rf"max seq len \((\d+)\),? \(?{_G} KV cache is needed, which is larger than the available KV cache memory \({_G}\)"
    r"(?:[^.]*\. Based on the available memory,? the estimated maximum model length is (\d+))?"
)
_ESTIMATED = re.compile(r"estimated maximum model length is (\d+)")
_BLOCK_SIZE = re.compile(r"Setting attention block size to (\d+) tokens")
_PADDING = re.compile(rf"Padding mamba page size by {_N}%")
_PADDING_LAYERS = re.compile(rf"Add (\d+) padding layers, may waste at most {_N}% KV cache memory")
_WEIGHTS = re.compile(rf"(?:Model loading took|[Ll]oading model weights took) {_G}")
_PROFILE = re.compile(
    rf"total_gpu_memory={_N}GiB initial_memory_usage={_N}GiB peak_torch_memory={_N}GiB"
    rf" memory_usage_post_profile={_N}GiB non_torch_memory={_N}GiB kv_cache_size={_N}GiB gpu_memory_utilization={_N}"
)
_INSTANCE = re.compile(rf"total_gpu_memory \({_N} ?GiB\) x gpu_memory_utilization \({_N}\) = {_N} ?GiB")
_REST = re.compile(
    rf"model weights take {_N} ?GiB; non_torch_memory takes {_N} ?GiB; PyTorch activation peak memory takes {_N} ?GiB;"
    rf" the rest of the memory reserved for KV Cache is {_N} ?GiB"
)
_ACTUAL = re.compile(
    rf"Desired GPU memory utilization is \({_N}, {_N} GiB\)\. Actual usage(?: is|:) (.*?)(?:Replace|\.\.\.|Current|$)"
)
_USED = re.compile(
    rf"{_N} GiB (?:consumed|for (?:consumed memory|weights?)|for peak activation|for non-torch memory|peak activation)"
)
_IN_USE = re.compile(rf"Current kv cache memory in use is {_N} ?(GiB|bytes)", re.IGNORECASE)
_ON_DEVICE = re.compile(r"Free memory on device \([\d.]+/([\d.]+) GiB\)")
_SHORT = re.compile(
    rf"Free memory on device \({_N}/{_N} GiB\) on startup is less than desired GPU memory utilization"
    rf" \({_N}, {_N} GiB\)"
)
_GRAPHS = re.compile(rf"Graph capturing finished in \d+ secs?, took {_G}")
_POOL = re.compile(rf"CUDA graph pool memory: {_N} GiB \(actual\), {_N} GiB \(estimated\)")
_VERSION = re.compile(r"LLM engine \(v([0-9][\w.+-]{0,40})\)|\bversion (\d+\.\d+[\w.+-]{0,40})")
_PARTITION = re.compile(r"(?:unevenly partitioned: \[|PP_LAYER_PARTITION['\"]?[=:] ?['\"]?)(\d+(?:,\d+)+)")
_STAGE = re.compile(r"(?:\b|_)PP(\d{1,3})(?:_|\b)")
_ONE_CARD = re.compile(r"Multiplying the GPU KV cache size by the cp_world_size (\d+)")


@dataclass
class Reading:
    """What the lines say, for the remedies."""

    findings: list[Finding] = field(default_factory=list)
    version: str = ""
    settings: vllm.Settings | None = None
    pool: vllm.Pool | None = None
    available: Printed | None = None
    by_stage: dict[int, Printed] = field(default_factory=dict)
    n_blocks: int = 0
    needed: tuple[int, float, float] | None = None
    needed_of_stage: float = 0
    graphs: Printed | None = None
    visible: float = 0
    weights: Printed | None = None
    refused: str = ""
    utilization: float = 0
    flags: Flags = field(default_factory=dict)


def settings_of(
    flags: Flags, given: Outline | None, state_bits: int, max_model_len: int = 0, *, version: str = ""
) -> vllm.Settings:
    """Options of the run; what is absent has vLLM's default, in the version that wrote the log if it says which."""
    length = max_model_len or int(number(flags, "max_model_len") or 0)
    if length <= 0:
        length = (given.n_ctx if given else None) or 0
    dtype = word(flags, "kv_cache_dtype") or "auto"
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


def _at_least(version: str, least: tuple[int, int]) -> bool:
    found = re.match(r"(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= least


def read(lines: Iterable[Line], flags: Flags, given: Outline | None, state_bits: int = 16) -> Reading:
    """Every line of vLLM that is recognised, derived."""
    kept = [line for line in lines if any(mark in line.text for mark in MARKS)]
    version = next((found[1] or found[2] for line in kept if (found := _VERSION.search(line.text))), "")
    done = Reading(settings=settings_of(flags, given, state_bits, version=version), version=version, flags=flags)
    done.visible = max([0.0, *(float(found[1]) * GIB for line in kept if (found := _ON_DEVICE.search(line.text)))])
    for line in kept:
        # Later lines say how long a request may be, or that groups are off: read before anything is derived.
        found = _CONCURRENCY.search(line.text) or _NEEDED.search(line.text) or _STORED.search(line.text)
        if found is not None:
            length = int(found[1].replace(",", ""))
            done.settings = settings_of(flags, given, state_bits, length, version=version)
    if done.settings is not None and any("Hybrid KV cache manager is disabled" in line.text for line in kept):
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
    for line in kept:
        start = len(done.findings)
        _tightest(line, done, given)
        for kind in (_memory, _tokens, _blocks, _refusals, _pages, _weights, _graphs):
            kind(line, done, given)
        done.findings[start:] = once(done.findings[start:], seen)
    return done


def _add(
    done: Reading,
    line: Line,
    subject: str,
    said: Printed,
    verdict: str,
    derived: float | None = None,
    formula: str = "",
    why: str = "",
    values: dict[str, str] | None = None,
    also: str = "",
) -> None:
    finding = Finding(line.number, ENGINE, subject, said, verdict, derived, formula, why, values or {}, also)
    done.findings.append(finding)


def _tightest(line: Line, done: Reading, given: Outline | None) -> None:
    """The stage of a pipeline that holds the fewest blocks decides for all; memory is logged stage by stage."""
    found = _AVAILABLE.search(line.text)
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
    if not any(pattern.search(line.text) for pattern in (_TOKENS, _BLOCKS, _NEEDED, _STORED)):
        return
    if max(done.by_stage) >= settings.parallel.pipeline:
        return
    each = [(replace(settings, stage=stage), said) for stage, said in done.by_stage.items()]
    fewest = min(each, key=lambda pair: vllm.pool(given, pair[0]).n_blocks(pair[1].value))
    done.settings, done.available = fewest
    done.pool = vllm.pool(given, fewest[0])


def _memory(line: Line, done: Reading, given: Outline | None) -> None:
    """How the card is shared: what is left after weights, activations and the rest is the pool."""
    found = _AVAILABLE.search(line.text)
    if found is not None:
        said = size(found[1], found[2])
        if said.value < 0:
            values = {"missing": f"{-said.value / GIB:,.2f} GiB"}
            _add(done, line, "available", said, INPUT, None, "", "nothing_left", values)
            return
        if done.available is None or said.value < done.available.value:
            done.available = said
        _add(done, line, "available", said, INPUT, None, "", "left_after_profiling")
    found = _PROFILE.search(line.text)
    if found is not None:
        total, _, peak, _, rest, _, share = (float(each.replace(",", "")) for each in found.groups())
        said = size(found[6], "GiB")
        done.available, done.utilization = said, share
        derived = (total * share - peak - rest) * GIB
        formula = f"{total} × {share} − {peak} − {rest} GiB"
        verdict = EQUAL if abs(derived - said.value) <= 0.021 * GIB else EXPLAINED
        _add(done, line, "available", said, verdict, derived, formula, "" if verdict == EQUAL else "rounded_parts")
    found = _INSTANCE.search(line.text)
    if found is not None:
        said, share = size(found[3], "GiB"), float(found[2])
        done.utilization = share
        derived = float(found[1]) * share * GIB
        verdict = EQUAL if abs(derived - said.value) <= 0.011 * GIB else EXPLAINED
        _add(done, line, "budget", said, verdict, derived, f"{found[1]} × {found[2]} GiB", "visible_memory")
    found = _REST.search(line.text)
    if found is not None:
        weights, rest, peak = (float(each) for each in found.groups()[:3])
        said = size(found[4], "GiB")
        done.available, done.weights = said, size(found[1], "GiB")
        budget = next((each.said.value / GIB for each in reversed(done.findings) if each.subject == "budget"), 0.0)
        if budget:
            derived = (budget - weights - rest - peak) * GIB
            formula = f"{budget:.2f} − {weights} − {rest} − {peak} GiB"
            verdict = EQUAL if abs(derived - said.value) <= 0.021 * GIB else EXPLAINED
            _add(done, line, "available", said, verdict, derived, formula, "" if verdict == EQUAL else "rounded_parts")
        else:
            _add(done, line, "available", said, INPUT, None, "", "left_after_profiling")
    found = _ACTUAL.search(line.text)
    if found is not None:
        _usage(line, done, found)
    found = _SHORT.search(line.text)
    if found is not None:
        free, total, share = (float(each) for each in found.groups()[:3])
        said = size(found[4], "GiB")
        values = {"free": f"{free:.2f} GiB", "most": f"{int(free / total * 100) / 100:.2f}"}
        derived = total * share * GIB
        verdict = EQUAL if abs(derived - said.value) <= 0.011 * GIB * max(1.0, total / 50) else EXPLAINED
        _add(done, line, "budget", said, verdict, derived, f"{total} × {share} GiB", "others_hold_memory", values)


def _usage(line: Line, done: Reading, found: re.Match[str]) -> None:
    """The summary after start: what was used, against what the pool got."""
    share, wanted = float(found[1]), float(found[2])
    done.utilization = share
    used = [float(each) for each in _USED.findall(found[3])]
    in_use = _IN_USE.search(line.text)
    if in_use is None or not used:
        return
    said = size(in_use[1], in_use[2])
    done.available = done.available or said
    derived = (wanted - sum(used)) * GIB
    formula = f"{wanted} − {' − '.join(f'{each:g}' for each in used)} GiB"
    rounding = 0.006 * GIB * (len(used) + 1)
    close = abs(derived - said.value) <= rounding + said.half
    _add(done, line, "available", said, EQUAL if close else EXPLAINED, derived, formula, "" if close else "graphs_too")


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
    if pool is None or settings is None or available is None:
        why = "needs_model" if pool is None else "needs_available"
        _add(done, line, "tokens", said, OPEN, None, "", "not_modelled" if done.refused else why)
        return
    for way in _ways(done, given):
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
    done.pool, done.settings = pool, settings
    least, most = pool.n_blocks(available.least), pool.n_blocks(available.most)
    blocks = min(range(least, most + 1), key=lambda n: abs(counted(n, settings) - said.value), default=most)
    done.n_blocks = blocks
    derived = counted(blocks, settings)
    each = pool.blocks(settings.max_model_len, settings)
    if not pool.has_groups:
        formula = f"⌊{available.value / GIB:,.2f} GiB / {pool.block_bytes:,.0f} B⌋ × {pool.block_size:,}"
        verdict = EXPLAINED if way.why else EQUAL
        _add(done, line, "tokens", said, verdict, derived, formula, way.why, way.values)
        return
    if counted == pool.tokens_by_concurrency:
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
    _add(done, line, "tokens", said, MISLEADS, derived, formula, "tokens_of_groups", values, way.why)


def _ways(done: Reading, given: Outline | None) -> Iterator[Way]:
    """The options under which the pool may have been cut."""
    if done.pool is None or done.settings is None or given is None:
        return iter(())
    return ways(Way(done.pool, done.settings), given, done.flags)


def _tokens_differ(
    line: Line, done: Reading, said: Printed, pool: vllm.Pool, settings: vllm.Settings, available: Printed
) -> None:
    blocks = pool.n_blocks(available.value)
    derived = pool.tokens_by_concurrency(blocks, settings)
    formula = f"{blocks:,} / {pool.blocks(settings.max_model_len, settings):,} × {settings.max_model_len:,}"
    per_token = available.value / said.value
    ours = available.value / derived if derived else 0.0
    values = {"log": f"{per_token:,.0f} B", "ours": f"{ours:,.0f} B"}
    _add(done, line, "tokens", said, EXPLAINED, derived, formula, "tokens_differ", values)


def _concurrency(line: Line, done: Reading, said: Printed, length: int) -> None:
    pool, settings = done.pool, done.settings
    tokens = next((each.said.value for each in reversed(done.findings) if each.subject == "tokens"), 0.0)
    if pool is not None and settings is not None and done.n_blocks:
        each = pool.blocks(length, settings)
        # Tokens counted by blocks are those of several numbers of blocks; the requests say which.
        for blocks in range(done.n_blocks, done.n_blocks + len(pool.groups)):
            if said.agrees(blocks / each):
                done.n_blocks = blocks
                _add(done, line, "concurrency", said, EQUAL, blocks / each, f"{blocks:,} / {each:,}")
                return
    blocks = next((each.said.value for each in reversed(done.findings) if each.subject == "blocks"), 0.0)
    if not tokens and blocks and settings is not None:
        tokens = blocks * settings.block_size
    if tokens:
        derived = tokens / length
        formula = f"{tokens:,.0f} / {length:,}"
        agrees = said.agrees(derived)
        why = "" if agrees else "concurrency_of_groups"
        _add(done, line, "concurrency", said, EQUAL if agrees else EXPLAINED, derived, formula, why)
        return
    _add(done, line, "concurrency", said, OPEN, None, "", "needs_available")


def _blocks(line: Line, done: Reading, given: Outline | None) -> None:
    found = _BLOCKS.search(line.text)
    if found is None:
        return
    said = count(found[1], "blocks")
    pool, available, settings = done.pool, done.available, done.settings
    done.n_blocks = int(said.value)
    if pool is None or available is None or settings is None:
        _add(done, line, "blocks", said, INPUT, None, "", "blocks_times", {"tokens": f"{said.value * 16:,.0f}"})
        return
    least, most = pool.n_blocks(available.least), pool.n_blocks(available.most)
    agrees = least - 1 <= said.value <= most + 1
    derived = min(max(said.value, least), most) if agrees else pool.n_blocks(available.value)
    formula = f"⌊{available.value / GIB:,.2f} GiB / {pool.block_bytes:,.0f} B⌋"
    why = "" if agrees else "blocks_differ"
    _add(done, line, "blocks", said, EQUAL if agrees else EXPLAINED, derived, formula, why)


def _refusals(line: Line, done: Reading, given: Outline | None) -> None:
    """Why it did not start: one request of the longest length does not fit."""
    found = _NEEDED.search(line.text)
    if found is not None:
        length, needed, available = int(found[1]), size(found[2], found[3]), size(found[4], found[5])
        done.available = done.available or available
        _needed(line, done, length, needed, available, given)
        longest = found[6] or (_ESTIMATED.search(line.text) or [None, None])[1]
        if longest:
            _longest(line, done, count(longest, "tokens"), available, given)
        return
    found = _STORED.search(line.text)
    if found is not None:
        said = count(found[2], "tokens")
        pool, settings, available = done.pool, done.settings, done.available
        block_size = settings.block_size if settings else 16
        if pool is not None and available is not None and settings is not None:
            least, most = (pool.n_blocks(each) * pool.block_size for each in (available.least, available.most))
            agrees = least - block_size <= said.value <= most + block_size
            formula = f"⌊{available.value / GIB:,.2f} GiB / {pool.block_bytes:,.0f} B⌋ × {pool.block_size}"
            derived = said.value if agrees else most
            _add(
                done,
                line,
                "tokens",
                said,
                EQUAL if agrees else EXPLAINED,
                derived,
                formula,
                "" if agrees else "tokens_differ",
                {} if agrees else {"log": "", "ours": ""},
            )
        elif done.n_blocks:
            derived = done.n_blocks * block_size
            agrees = derived == said.value
            _add(
                done,
                line,
                "tokens",
                said,
                EQUAL if agrees else EXPLAINED,
                derived,
                f"{done.n_blocks:,} × {block_size}",
                "" if agrees else "other_block_size",
            )
        else:
            _add(done, line, "tokens", said, OPEN, None, "", "needs_model")


def _needed(line: Line, done: Reading, length: int, needed: Printed, available: Printed, given: Outline | None) -> None:
    done.needed = (length, needed.value, available.value)
    if done.pool is None or done.settings is None:
        _add(done, line, "needed", needed, OPEN, None, "", "not_modelled" if done.refused else "needs_model")
        return
    plain = Way(done.pool, done.settings)
    fitting = (way for way in _ways(done, given) if needed.agrees(_request_bytes(way, length)))
    way = next(fitting, None)
    whole = _whole_model(plain, given)
    if way is None and whole is not None and needed.agrees(_request_bytes(whole, length)):
        each = whole.pool.blocks(length, whole.settings)
        formula = f"{each:,} × {whole.pool.block_bytes:,.0f} B"
        least, most = _of_stages(plain, given, lambda way: _request_bytes(way, length) / GIB)
        values = {
            "layers": f"{len(given.layers) if given else 0}",
            "stages": str(plain.settings.parallel.pipeline),
            "right": f"{most:,.2f} GiB" if least == most else f"{least:,.2f} – {most:,.2f} GiB",
        }
        done.needed_of_stage = most * GIB
        _add(done, line, "needed", needed, MISLEADS, _request_bytes(whole, length), formula, "needed_of_all", values)
        return
    used = way or plain
    done.pool, done.settings = used.pool, used.settings
    each = used.pool.blocks(length, used.settings)
    formula = f"{each:,} × {used.pool.block_bytes:,.0f} B"
    values = {"length": f"{length:,}", **used.values}
    verdict = EXPLAINED if way is None or way.why else EQUAL
    why = "needed_differs" if way is None else "one_request"
    _add(done, line, "needed", needed, verdict, _request_bytes(used, length), formula, why, values, used.why)


def _whole_model(plain: Way, given: Outline | None) -> Way | None:
    """Every layer on one card: what versions 0.14 and 0.15 took a stage of a pipeline for (pull request 33698)."""
    cards = plain.settings.parallel
    if given is None or cards.pipeline == 1:
        return None
    settings = replace(plain.settings, parallel=replace(cards, pipeline=1), partition=(), stage=None)
    return Way(vllm.pool(given, settings), settings)


def _of_stages(plain: Way, given: Outline | None, found: Callable[[Way], float]) -> tuple[float, float]:
    """The smallest and the largest of a number among the stages of a pipeline."""
    if given is None:
        return found(plain), found(plain)
    each = [replace(plain.settings, stage=stage) for stage in range(plain.settings.parallel.pipeline)]
    values = [found(Way(vllm.pool(given, settings), settings)) for settings in each]
    return min(values), max(values)


def _request_bytes(way: Way, length: int) -> float:
    return way.pool.blocks(length, way.settings) * way.pool.block_bytes


def _longest(line: Line, done: Reading, said: Printed, available: Printed, given: Outline | None) -> None:
    if done.pool is None or done.settings is None:
        _add(done, line, "longest", said, OPEN, None, "", "not_modelled" if done.refused else "needs_model")
        return

    def bounds(way: Way) -> tuple[int, int]:
        pool, settings = way.pool, way.settings
        least, most = (
            pool.longest_request(pool.n_blocks(each), settings) for each in (available.least, available.most)
        )
        return least - pool.block_size, most + pool.block_size

    fitting = (way for way in _ways(done, given) if bounds(way)[0] <= said.value <= bounds(way)[1])
    way = next(fitting, None)
    plain = Way(done.pool, done.settings)
    whole = _whole_model(plain, given)
    if way is None and whole is not None and bounds(whole)[0] <= said.value <= bounds(whole)[1]:
        least, most = _of_stages(
            plain, given, lambda way: way.pool.longest_request(way.pool.n_blocks(available.value), way.settings)
        )
        blocks = whole.pool.n_blocks(available.value)
        formula = f"blocks(t) ≤ ⌊{available.value / GIB:,.2f} GiB / {whole.pool.block_bytes:,.0f} B⌋ = {blocks:,}"
        right = f"{most:,.0f}" if least == most else f"{least:,.0f} – {most:,.0f}"
        values = {"layers": f"{len(given.layers) if given else 0}", "right": right}
        _add(done, line, "longest", said, MISLEADS, said.value, formula, "longest_of_all", values)
        return
    used = way or plain
    blocks = used.pool.n_blocks(available.value)
    least, most = bounds(used)
    derived = min(max(said.value, least), most) if way else used.pool.longest_request(blocks, used.settings)
    formula = f"blocks(t) ≤ ⌊{available.value / GIB:,.2f} GiB / {used.pool.block_bytes:,.0f} B⌋ = {blocks:,}"
    verdict = EXPLAINED if way is None or way.why else EQUAL
    why = "needed_differs" if way is None else ""
    _add(done, line, "longest", said, verdict, derived, formula, why, dict(used.values), used.why)


def _pages(line: Line, done: Reading, given: Outline | None) -> None:
    """Pages of attention enlarged to a state, and states padded to a page."""
    pool, settings = done.pool, done.settings
    found = _BLOCK_SIZE.search(line.text)
    if found is not None:
        said = count(found[1], "tokens")
        if pool is None or settings is None or not pool.state_bytes:
            _add(done, line, "block_size", said, OPEN, None, "", "not_modelled" if done.refused else "needs_model")
        else:
            agrees = pool.block_size == said.value
            per_token = pool.page_bytes / pool.block_size
            formula = f"pad({pool.state_bytes:,.0f} B / {per_token:,.10g} B)"
            why = "block_of_a_state" if agrees else "block_differs"
            _add(done, line, "block_size", said, EQUAL if agrees else EXPLAINED, pool.block_size, formula, why)
    found = _PADDING.search(line.text)
    if found is not None:
        said = ratio(found[1], "percent")
        if pool is None or not pool.state_bytes:
            _add(done, line, "padding", said, OPEN, None, "", "not_modelled" if done.refused else "needs_model")
        else:
            derived = 100 * (pool.page_bytes / pool.state_bytes - 1)
            agrees = said.agrees(derived)
            formula = f"{pool.page_bytes:,.0f} / {pool.state_bytes:,.0f} − 1"
            _add(
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
        _add(done, line, "padding_layers", count(found[1], "layers"), INPUT, None, "", "padding_layers")


def _weights(line: Line, done: Reading, given: Outline | None) -> None:
    found = _CHECKPOINT.search(line.text)
    if found is not None:
        stored = weights(line, ENGINE, size(found[1], found[2]), given, Parallel())
        done.findings.append(replace(stored, subject="checkpoint"))
    found = _WEIGHTS.search(line.text)
    if found is not None:
        done.weights = size(found[1], found[2])
        cards = done.settings.parallel if done.settings else Parallel()
        done.findings.append(weights(line, ENGINE, done.weights, given, cards, _stage_params(line, done, given)))


def _stage_params(line: Line, done: Reading, given: Outline | None) -> int:
    """Parameters of the stage of a pipeline that a line is about; 0 where there is none, or it does not say which."""
    found, settings = _STAGE.search(line.text), done.settings
    if found is None or given is None or settings is None or done.pool is None:
        return 0
    sizes, stage = vllm.stages(given, settings), int(found[1])
    return given.stage_params(sizes, stage) if stage < len(sizes) > 1 else 0


def _graphs(line: Line, done: Reading, given: Outline | None) -> None:
    found = _ESTIMATED_GRAPHS.search(line.text)
    if found is not None:
        done.graphs = size(found[1], found[2])
        _add(done, line, "graphs", done.graphs, INPUT, None, "", "graphs_taken_off")
    found = _EQUIVALENT.search(line.text)
    if found is not None:
        asked, left = float(found[1]), float(found[2])
        said = Printed(100 * left, 0.005, "percent", f"{100 * left:,.2f}%")
        values = {"asked": f"{asked:g}", "same": f"{float(found[3]):g}" if found[3] else f"{2 * asked - left:.4f}"}
        derived, formula, verdict = None, "", INPUT
        if done.graphs is not None and done.visible:
            derived = 100 * (asked - done.graphs.value / done.visible)
            formula = f"{asked:g} − {done.graphs.text} / {done.visible / GIB:,.2f} GiB"
            slack = 100 * (done.graphs.half + 1e-3 * GIB) / done.visible + said.half
            verdict = EQUAL if abs(derived - said.value) <= slack else EXPLAINED
        _add(done, line, "share", said, verdict, derived, formula, "share_without_graphs", values)
    found = _GRAPHS.search(line.text)
    if found is not None:
        _add(done, line, "graphs", size(found[1], found[2]), INPUT, None, "", "graphs_beside_the_pool")
    found = _POOL.search(line.text)
    if found is not None:
        said, actual = size(found[2], "GiB"), size(found[1], "GiB")
        values = {"actual": actual.text, "more": f"{(said.value - actual.value) / GIB:,.2f} GiB"}
        verdict = MISLEADS if said.value > 1.5 * actual.value + 0.5 * GIB else INPUT
        _add(done, line, "graphs", said, verdict, actual.value, "", "graphs_estimated", values)
