"""Changes of vLLM's options."""

from dataclasses import replace
from math import ceil

from llmnotes.engines import vllm
from llmnotes.engines.formats import torch
from llmnotes.engines.logs import vllm as vllm_log
from llmnotes.engines.logs.findings import MISLEADS, Remedy
from llmnotes.engines.logs.remedies.costs import (
    FREE,
    GIB,
    HARDWARE,
    MOST_SHARE,
    SOME_QUALITY,
    SOME_SPEED,
    gib,
    mib,
)
from llmnotes.engines.outline import Outline
from llmnotes.engines.parts import EngineError

LARGE_PASS = 0.3 * GIB
DEFAULT_SHARE = 0.9


def for_vllm(done: vllm_log.Reading, model: Outline | None) -> list[Remedy]:
    """Changes where nothing is left for the cache, where one request does not fit, and where more would."""
    if done.metal_missing:
        return _for_metal(done)
    if done.free_share:
        values = {"share": f"{done.free_share:.2f}", "others": gib(done.held_by_others)}
        return [Remedy("share_that_is_free", FREE, values), Remedy("end_others", FREE, values)]
    if done.missing:
        return _nothing_left(done)
    pool, settings, available = done.pool, done.settings, done.available
    if pool is None or settings is None or available is None or model is None:
        return _without_the_model(done)
    return _of_the_pool(done, model, pool, settings, available.value)


def _whole(done: vllm_log.Reading) -> float:
    """Bytes of the card that a share is taken of; 0 where the log does not show them."""
    budget = next((each.said.value for each in done.findings if each.subject == "budget"), 0.0)
    return done.metal or done.visible or (budget / done.utilization if done.utilization else 0.0)


def _share_that_fits(done: vllm_log.Reading, missing: float) -> str:
    """The share of the card that has room for what is missing; empty where none has, or the log does not show it."""
    whole = _whole(done)
    if not whole or not done.utilization:
        return ""
    share = ceil(100 * (done.utilization + missing / whole) + 0.5) / 100
    return f"{share:.2f}" if share <= MOST_SHARE + 0.02 else ""


def _more_share(done: vllm_log.Reading, missing: float, name: str) -> list[Remedy]:
    """A larger share of the card: which one, where the log shows the card, or by how much."""
    share = _share_that_fits(done, missing)
    if share:
        return [Remedy(name, FREE, {"share": share, "missing": mib(missing)})]
    asked = done.utilization or DEFAULT_SHARE
    if _whole(done) or asked >= MOST_SHARE or done.weights is None:
        return []
    # Of a card that the log does not show, weights and cache are the share at least.
    held = done.weights.value + (done.available.value if done.available is not None else 0.0)
    if missing > held / asked * (MOST_SHARE + 0.02 - asked):
        return []
    return [Remedy("share_higher", FREE, {"now": f"{asked:g}", "missing": mib(missing)})]


def _nothing_left(done: vllm_log.Reading) -> list[Remedy]:
    """What helps where weights and the largest pass are more than the share of the card."""
    found: list[Remedy] = []
    missing = gib(done.missing)
    found += _more_share(done, done.missing, "share_at_least")
    if done.peak > LARGE_PASS:
        found.append(Remedy("smaller_passes", SOME_SPEED, {"peak": gib(done.peak)}))
    elif not done.peak:
        found.append(Remedy("smaller_passes_too", SOME_SPEED, {}))
    if done.graphs is not None and done.graphs.value > 0.1 * GIB and not done.keeps_graphs:
        found.append(Remedy("no_graphs", SOME_SPEED, {"gained": gib(done.graphs.value)}))
    cards = done.settings.parallel.tensor if done.settings is not None else 1
    found.append(Remedy("more_cards", HARDWARE, {"cards": str(2 * cards)}))
    found.append(Remedy("smaller_checkpoint", HARDWARE, {"missing": missing}))
    return found


def _without_the_model(done: vllm_log.Reading) -> list[Remedy]:
    """What the log's own numbers say of a model that is not known."""
    found: list[Remedy] = []
    longest = _by_the_log(done, 16)
    if done.needed is not None:
        length, needed, available = done.needed
        found += _more_share(done, needed - available, "share_that_fits")
        if 0 < longest < length:
            found.append(Remedy("shorter_requests", FREE, {"tokens": str(longest)}))
        found.append(Remedy("cache_fp8_needed", SOME_QUALITY, {"needed": gib(needed / 2)}))
        found.append(Remedy("more_cards", HARDWARE, {"cards": str(2 * (done.settings or _NONE).parallel.tensor)}))
        return found
    if done.stored:
        found.append(Remedy("shorter_requests", FREE, {"tokens": str(done.stored)}))
        found.append(Remedy("more_cards", HARDWARE, {"cards": str(2 * (done.settings or _NONE).parallel.tensor)}))
        return found
    whole = _whole(done)
    if whole and 0 < done.utilization < MOST_SHARE and done.available is not None:
        share = min(MOST_SHARE, done.utilization + 0.03)
        gained = gib(whole * (share - done.utilization))
        found.append(Remedy("more_of_the_card_only", FREE, {"share": f"{share:.2f}", "gained": gained}))
    return found


_NONE = vllm.Settings(max_model_len=1)


def _of_the_pool(
    done: vllm_log.Reading, model: Outline, pool: vllm.Pool, settings: vllm.Settings, available: float
) -> list[Remedy]:
    """Changes whose gain follows from the pool."""
    found: list[Remedy] = []
    blocks = done.n_blocks or pool.n_blocks(available)
    longest = _told_longest(done) or pool.longest_request(min(blocks, pool.checked_blocks(available)), settings)
    if any(each.subject == "needed" and each.why == "needed_differs" for each in done.findings):
        longest = _by_the_log(done, settings.block_size)
    refused = longest < settings.max_model_len and _length_shown(done)

    def requests(changed: vllm.Settings, extra: float = 0.0) -> float:
        other = vllm.pool(model, changed)
        return other.concurrency(other.n_blocks(available + extra), changed)

    def reach(changed: vllm.Settings) -> int:
        other = vllm.pool(model, changed)
        return min(changed.max_model_len, other.longest_request(other.checked_blocks(available), changed))

    now = f"{pool.concurrency(blocks, settings):,.2f}"
    if 0 < done.needed_of_stage <= available:
        values = {"right": gib(done.needed_of_stage), "available": gib(available)}
        found.append(Remedy("newer_version", FREE, values))
    if refused and done.needed is not None:
        found += _more_share(done, done.needed[1] - done.needed[2], "share_that_fits")
    if refused:
        found.append(Remedy("shorter_requests", FREE, {"tokens": str(longest)}))
    if done.groups_off and not settings.hybrid:
        try:
            then = requests(replace(settings, hybrid=True))
            found.append(Remedy("groups_on", FREE, {"requests": f"{then:,.2f}", "now": now}))
        except EngineError:
            pass
    whole = _whole(done)
    if whole and 0 < done.utilization < MOST_SHARE and not refused:
        share_more = min(MOST_SHARE, done.utilization + 0.03)
        extra = whole * (share_more - done.utilization)
        values = {"share": f"{share_more:.2f}", "gained": gib(extra), "requests": f"{requests(settings, extra):,.2f}"}
        found.append(Remedy("more_of_the_card", FREE, {**values, "now": now}))
    if settings.max_num_batched_tokens > 2048 and any(group.kind == vllm.WINDOW for group in pool.groups):
        then = requests(replace(settings, max_num_batched_tokens=2048))
        found.append(Remedy("smaller_batch", SOME_SPEED, {"requests": f"{then:,.2f}", "now": now}))
    graphs = max([0.0, *(each.said.value for each in done.findings if each.subject == "graphs")])
    if graphs > 0.1 * GIB and not done.keeps_graphs:
        found.append(Remedy("no_graphs", SOME_SPEED, {"gained": gib(graphs)}))
    if torch(settings.kv_cache_dtype).bits == 16:
        eight = replace(settings, kv_cache_dtype="fp8")
        try:
            if refused:
                values = {"tokens": f"{reach(eight):,}", "now": f"{longest:,}"}
                found.append(Remedy("cache_fp8_longest", SOME_QUALITY, values))
            else:
                values = {"requests": f"{requests(eight):,.2f}", "now": now}
                found.append(Remedy("cache_fp8", SOME_QUALITY, values))
        except EngineError:
            pass
    if not done.metal and not done.on_metal:
        found.append(Remedy("more_cards", HARDWARE, {"cards": str(2 * settings.parallel.tensor)}))
    return found


def _length_shown(done: vllm_log.Reading) -> bool:
    """Whether the log shows the longest request that is asked for; otherwise it may be any."""
    shown = done.flags.get("max_model_len") or done.printed_requests
    return bool(shown or done.needed is not None or done.stored)


def _told_longest(done: vllm_log.Reading) -> int:
    """The longest request by the log's own number; where a version counts it wrongly, it starts no longer one."""
    told = (each for each in done.findings if each.subject == "longest")
    return next((int(each.said.value) for each in told if each.verdict != MISLEADS or done.needed_of_stage), 0)


def _for_metal(done: vllm_log.Reading) -> list[Remedy]:
    """What helps on Apple silicon where weights and states leave nothing for the cache."""
    found: list[Remedy] = []
    missing = f"{done.metal_missing / 1e9:,.2f} GB"
    if done.metal_states:
        values = {"states": f"{done.metal_states / 1e9:,.2f} GB"}
        found.append(Remedy("fewer_states", SOME_SPEED, values))
    most = (0.95 - done.utilization) * done.metal
    if most > 0:
        found.append(Remedy("more_of_metal", FREE, {"gained": f"{most / 1e9:,.2f} GB", "missing": missing}))
    found.append(Remedy("higher_metal_limit", SOME_SPEED, {"limit": f"{done.metal / 1e9:,.2f} GB"}))
    found.append(Remedy("smaller_checkpoint", HARDWARE, {"missing": missing}))
    return found


def _by_the_log(done: vllm_log.Reading, block_size: int) -> int:
    """The longest request by the log's own numbers, where the rule gives others: what it says, or its share of the
    length that it was refused for."""
    told = next((int(each.said.value) for each in done.findings if each.subject == "longest"), 0)
    if told or done.needed is None:
        return told
    length, needed, available = done.needed
    return int(length * available / needed) // block_size * block_size
