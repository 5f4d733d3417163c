"""Lines of vLLM on Apple silicon: the plugin vllm-metal shares out Metal's memory itself, in GB of 10⁹ bytes.

Read from `vllm_metal/v1/cache_policy.py` of <https://github.com/vllm-project/vllm-metal> at 211a1e4 (August 2026).
"""

import re
from dataclasses import dataclass, field

from llmnotes.engines import vllm
from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, INPUT, MISLEADS
from llmnotes.engines.logs.loaded import weights
from llmnotes.engines.logs.reading import Line, Printed, count, size
from llmnotes.engines.logs.vllm.reading import ENGINE, Reading, add
from llmnotes.engines.outline import Outline
from llmnotes.engines.parts import Parallel

MARKS = (
    "metal_limit=",
    "usable_metal=",
    "model_memory=",
    "kv_budget",
    "hybrid_gdn_state",
    "MPS cache capacity",
    "VLLM_METAL",
)
MARKS += ("tokens/block)", "Mixed MHA paged attention")
_PART = re.compile(
    r"\b(metal_limit|usable_metal|model_memory|overhead|kv_budget_before_hybrid|kv_budget)=(-?[\d.]+)GB"
    r"|\b(fraction)=([\d.]+)|\b(growth_peak_reserve)=([\d.]+)GB"
)
_BLOCKS = re.compile(r"per_block_bytes=(\d+), num_blocks=(\d+)(?:, max_tokens_cached=(\d+))?")
_CAPACITY = re.compile(r"MPS cache capacity \((\d+) blocks × (\d+) bytes = ([\d.]+) GB\)")
_HELD = re.compile(r"KV cache: ([\d.]+) MB \((\d+) layers, (\d+) blocks, (\d+) tokens/block\)")
_DEFERRED = re.compile(r"Mixed MHA paged attention: reporting ([\d.]+) GB KV budget")


@dataclass
class Shares:
    """How Metal's memory is shared out, as far as it has been read; a refusal says it over several lines."""

    parts: dict[str, Printed] = field(default_factory=dict)
    fraction: str = ""


def decimal(number: str, unit: str = "GB") -> Printed:
    """A size in units of ten, as the plugin prints it.

    >>> decimal("0.88").value
    880000000.0
    """
    scale = {"GB": 1e9, "MB": 1e6}[unit]
    places = len(number.partition(".")[2])
    value = float(number)
    return Printed(value * scale, 0.5 * 10.0**-places * scale, "bytes", f"{value:,.{places}f} {unit}")


def read(line: Line, done: Reading, given: Outline | None, shares: Shares) -> None:
    """Every line of the plugin that is recognised, derived."""
    for found in _PART.finditer(line.text):
        if found[3]:
            shares.fraction = found[4]
        elif found[5]:
            shares.parts[found[5]] = decimal(found[6])
        else:
            _part(line, found[1], decimal(found[2]), done, given, shares)
    blocks = _BLOCKS.search(line.text)
    if blocks is not None:
        _blocks(line, done, given, shares, int(blocks[1]), int(blocks[2]), int(blocks[3] or 0))
    found = _CAPACITY.search(line.text)
    if found is not None:
        n, each, said = int(found[1]), int(found[2]), decimal(found[3])
        # The engine cuts this, not the budget, into blocks once more.
        done.available = Printed(float(n * each), 0.0, "bytes", said.text)
        verdict = EQUAL if said.agrees(n * each) else EXPLAINED
        add(done, line, "available", said, verdict, float(n * each), f"{n:,} × {each:,} B")
    found = _DEFERRED.search(line.text)
    if found is not None:
        done.available = decimal(found[1])
        add(done, line, "available", done.available, INPUT, None, "", "left_after_profiling")
    found = _HELD.search(line.text)
    if found is not None:
        _held(line, done, given, decimal(found[1], "MB"), [int(each) for each in found.groups()[1:]])


def _part(line: Line, name: str, said: Printed, done: Reading, given: Outline | None, shares: Shares) -> None:
    parts = shares.parts
    if name == "metal_limit":
        parts.clear()
        add(done, line, "budget", said, INPUT, None, "", "metal_limit")
    elif name == "usable_metal":
        limit, share = parts.get("metal_limit"), float(shares.fraction or 0)
        if limit is not None and share:
            done.utilization, done.metal = share, limit.value
            derived = limit.value * share
            verdict = EQUAL if abs(derived - said.value) <= said.half + limit.half * share + 1 else EXPLAINED
            add(done, line, "budget", said, verdict, derived, f"{limit.text} × {share:g}")
    elif name == "model_memory":
        done.weights = said
        done.findings.append(weights(line, ENGINE, said, given, Parallel()))
    elif name == "overhead":
        add(done, line, "overhead", said, INPUT, None, "", "largest_pass_measured")
    parts[name] = said
    if name == "kv_budget":
        _budget(line, said, done, parts)


def _budget(line: Line, said: Printed, done: Reading, parts: dict[str, Printed]) -> None:
    """What weights and passes leave, less the states of requests under way where the model has any."""
    if not all(each in parts for each in ("usable_metal", "model_memory", "overhead")):
        add(done, line, "available", said, INPUT, None, "", "left_after_profiling")
        return
    taken = [parts["model_memory"], parts["overhead"]]
    if "growth_peak_reserve" in parts:
        taken.append(parts["growth_peak_reserve"])
    derived = parts["usable_metal"].value - sum(each.value for each in taken)
    formula = " − ".join(each.text for each in (parts["usable_metal"], *taken))
    slack = said.half + parts["usable_metal"].half + sum(each.half for each in taken)
    close = abs(derived - said.value) <= slack + 1
    values: dict[str, str] = {}
    why = ""
    if not close and derived > said.value:
        why, values = "reserved_for_states", {"more": f"{(derived - said.value) / 1e9:,.2f} GB"}
        done.metal_states = derived - said.value
    if said.value <= 0:
        done.metal_missing = -said.value
    add(done, line, "available", said, EQUAL if close else EXPLAINED, derived, formula, why, values)


def block_bytes(pool: vllm.Pool, model: Outline) -> float:
    """Bytes of one block: pages of every layer of a group; where states are cached with prefixes, a state for each page
    and one more, as an old pool is kept while it grows (`_hybrid_align_state_bytes_per_block`)."""
    if not pool.state_bytes:
        return pool.block_bytes
    attention = sum(1 for each in model.layers if each.entries)
    n_states = sum(1 for each in model.layers if each.states)
    pools = attention if attention and n_states % attention == 0 else n_states
    return pool.block_bytes + (pools + 1) * pool.state_bytes


def _blocks(
    line: Line, done: Reading, given: Outline | None, shares: Shares, each: int, n_blocks: int, tokens: int
) -> None:
    budget = shares.parts.get("kv_budget")
    done.n_blocks = n_blocks
    pool, settings = done.pool, done.settings
    if pool is not None and given is not None:
        said, derived = size(str(each), "B"), block_bytes(pool, given)
        formula = f"{pool.block_bytes:,.0f} B"
        if derived > pool.block_bytes:
            n_states = round((derived - pool.block_bytes) / pool.state_bytes)
            formula += f" + {n_states} × {pool.state_bytes:,.0f} B"
        verdict = EQUAL if derived == each else EXPLAINED
        add(done, line, "block_bytes", said, verdict, derived, formula, "" if verdict == EQUAL else "block_differs")
    if budget is not None:
        said = count(str(n_blocks), "blocks")
        least, most = int(budget.least // each), int(budget.most // each)
        verdict = EQUAL if least <= n_blocks <= most else EXPLAINED
        derived = float(min(max(n_blocks, least), most))
        add(done, line, "blocks", said, verdict, derived, f"⌊{budget.text} / {each:,} B⌋")
    if not tokens:
        return
    said, block = count(str(tokens), "tokens"), tokens // n_blocks
    values: dict[str, str] = {}
    verdict, why = EQUAL, ""
    if pool is not None and settings is not None and pool.has_groups:
        verdict, why = MISLEADS, "tokens_of_metal"
        values = {"longest": f"{pool.longest_request(n_blocks, settings):,}"}
    add(done, line, "tokens", said, verdict, float(n_blocks * block), f"{n_blocks:,} × {block:,}", why, values)


def _held(line: Line, done: Reading, given: Outline | None, said: Printed, numbers: list[int]) -> None:
    """The cache as it is allocated: layers, blocks and tokens of a block, at the model's bytes of a token."""
    layers, n_blocks, block = numbers
    pool = done.pool
    if pool is None or given is None:
        row = round(said.value / (layers * n_blocks * block))
        add(done, line, "cache", said, INPUT, None, f"{layers} × {n_blocks:,} × {block} × {row:,} B")
        return
    derived = n_blocks * pool.block_bytes * block / pool.block_size
    each = pool.block_bytes / pool.block_size / layers
    formula = f"{layers} × {n_blocks:,} × {block} × {each:,.10g} B"
    agrees = said.agrees(derived)
    why = "" if agrees else "block_differs"
    add(done, line, "cache", said, EQUAL if agrees else EXPLAINED, derived, formula, why)
