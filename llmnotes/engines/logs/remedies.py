"""What would make it fit, or hold more, cheapest change first, with what each change gives."""

from dataclasses import replace
from math import ceil

from llmnotes.engines import llamacpp, vllm
from llmnotes.engines import sglang as sglang_rules
from llmnotes.engines import tensorrt_llm as trt_rules
from llmnotes.engines.formats import torch
from llmnotes.engines.logs import llamacpp as llamacpp_log
from llmnotes.engines.logs import pytorch as pytorch_log
from llmnotes.engines.logs import sglang as sglang_log
from llmnotes.engines.logs import tensorrt_llm as trt_log
from llmnotes.engines.logs import vllm as vllm_log
from llmnotes.engines.logs.findings import Remedy
from llmnotes.engines.outline import Outline
from llmnotes.engines.parts import EngineError

MIB, GIB = 2**20, 2**30
FREE, SOME_SPEED, SOME_QUALITY, HARDWARE = 0, 1, 2, 3


def _mib(value: float) -> str:
    return f"{value / MIB:,.0f} MiB"


def for_llamacpp(done: llamacpp_log.Reading) -> list[Remedy]:
    """Changes of llama.cpp's options."""
    settings, model = done.settings, done.outline
    if settings is None:
        return []
    found: list[Remedy] = []

    def held(changed: llamacpp.Settings) -> float:
        return llamacpp.allocate(model, changed).total_bytes if model is not None else 0.0

    def offer(name: str, cost: int, changed: llamacpp.Settings, **values: str) -> None:
        saved = held(settings) - held(changed)
        if model is not None and saved >= MIB:
            found.append(Remedy(name, cost, {"saved": _mib(saved), **values}))

    if not settings.flash_attn:
        offer("flash_attention", FREE, replace(settings, flash_attn=True))
    if settings.swa_full:
        offer("no_swa_full", FREE, replace(settings, swa_full=False))
    if settings.n_seq_max > 1:
        offer("fewer_slots", SOME_SPEED, replace(settings, n_seq_max=1, kv_unified=True), slots=str(settings.n_seq_max))
    if settings.n_ubatch > 128:
        smaller = settings.n_ubatch // 2
        offer("smaller_pass", SOME_SPEED, replace(settings, n_ubatch=smaller), tokens=str(smaller))
    half = settings.n_ctx // 2
    if half >= 512:
        offer("half_context", SOME_SPEED, replace(settings, n_ctx=half), tokens=str(half))
    if settings.type_k in ("f16", "bf16"):
        eight = replace(settings, type_k="q8_0", type_v="q8_0", flash_attn=True)
        if model is not None:
            offer("cache_q8_0", SOME_QUALITY, eight)
        elif done.cache_bytes:
            found.append(Remedy("cache_q8_0", SOME_QUALITY, {"saved": _mib(done.cache_bytes * (1 - 8.5 / 16))}))
    found.append(Remedy("fewer_layers", HARDWARE, {}))
    return found


def for_vllm(done: vllm_log.Reading, model: Outline | None) -> list[Remedy]:
    """Changes of vLLM's options."""
    pool, settings, available = done.pool, done.settings, done.available
    if done.metal_missing:
        return _for_metal(done)
    if pool is None or settings is None or available is None or model is None:
        return []
    found: list[Remedy] = []
    blocks = done.n_blocks or pool.n_blocks(available.value)
    longest = pool.longest_request(min(blocks, pool.checked_blocks(available.value)), settings)
    if done.needed_of_stage:
        # A version that counts every layer against one card starts no longer request than it says.
        longest = next((int(each.said.value) for each in done.findings if each.subject == "longest"), longest)

    def requests(changed: vllm.Settings, extra: float = 0.0) -> float:
        other = vllm.pool(model, changed)
        return other.concurrency(other.n_blocks(available.value + extra), changed)

    if any(each.subject == "needed" and each.why == "needed_differs" for each in done.findings):
        longest = _by_the_log(done, settings.block_size)

    now = f"{pool.concurrency(blocks, settings):,.2f}"
    if 0 < done.needed_of_stage <= available.value:
        values = {"right": f"{done.needed_of_stage / GIB:,.2f} GiB", "available": available.text}
        found.append(Remedy("newer_version", FREE, values))
    if longest < settings.max_model_len:
        found.append(Remedy("shorter_requests", FREE, {"tokens": str(longest)}))
    if done.groups_off and not settings.hybrid:
        try:
            then = requests(replace(settings, hybrid=True))
            found.append(Remedy("groups_on", FREE, {"requests": f"{then:,.2f}", "now": now}))
        except EngineError:
            pass
    budget = next((each.said.value for each in done.findings if each.subject == "budget"), 0.0)
    whole = done.metal or (budget / done.utilization if done.utilization else 0.0)
    if whole and 0 < done.utilization < 0.95:
        share = min(0.95, done.utilization + 0.03)
        extra = whole * (share - done.utilization)
        values = {
            "share": f"{share:.2f}",
            "gained": f"{extra / GIB:,.2f} GiB",
            "requests": f"{requests(settings, extra):,.2f}",
        }
        found.append(Remedy("more_of_the_card", FREE, {**values, "now": now}))
    if settings.max_num_batched_tokens > 2048 and any(group.kind == vllm.WINDOW for group in pool.groups):
        then = requests(replace(settings, max_num_batched_tokens=2048))
        found.append(Remedy("smaller_batch", SOME_SPEED, {"requests": f"{then:,.2f}", "now": now}))
    graphs = sum(each.said.value for each in done.findings if each.subject == "graphs")
    if graphs > 0.1 * GIB and not done.keeps_graphs:
        found.append(Remedy("no_graphs", SOME_SPEED, {"gained": f"{graphs / GIB:,.2f} GiB"}))
    if torch(settings.kv_cache_dtype).bits == 16:
        try:
            then = requests(replace(settings, kv_cache_dtype="fp8"))
            found.append(Remedy("cache_fp8", SOME_QUALITY, {"requests": f"{then:,.2f}", "now": now}))
        except EngineError:
            pass
    if not done.metal:
        found.append(Remedy("more_cards", HARDWARE, {"cards": str(2 * settings.parallel.tensor)}))
    return found


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


def for_sglang(done: sglang_log.Reading) -> list[Remedy]:
    """Changes of SGLang's options."""
    settings, model = done.settings, done.outline
    if settings is None or model is None or not done.n_tokens:
        return []
    found: list[Remedy] = []
    per_token = sglang_rules.token_bytes(model, settings)
    if done.begin is not None and 0 < done.fraction < 0.93:
        gained = 0.03 * done.begin.value
        values = {"share": f"{done.fraction + 0.03:.2f}", "tokens": f"{done.n_tokens + int(gained / per_token):,}"}
        found.append(Remedy("larger_static_share", FREE, values))
    if done.graphs > 0.1 * GIB:
        found.append(Remedy("fewer_graphs", SOME_SPEED, {"gained": f"{done.graphs / GIB:,.2f} GiB"}))
    if torch(settings.kv_cache_dtype).bits == 16 and not sglang_rules.is_compressed(model):
        eight = sglang_rules.token_bytes(model, replace(settings, kv_cache_dtype="fp8_e4m3"))
        found.append(
            Remedy("cache_fp8_tokens", SOME_QUALITY, {"tokens": f"{int(done.n_tokens * per_token / eight):,}"})
        )
    found.append(Remedy("more_cards", HARDWARE, {"cards": str(2 * settings.parallel.tensor)}))
    return found


def for_tensorrt_llm(done: trt_log.Reading) -> list[Remedy]:
    """Changes of TensorRT-LLM's options."""
    settings, model = done.settings, done.outline
    if settings is None or model is None or not done.n_tokens:
        return []
    found: list[Remedy] = []
    share = settings.free_gpu_memory_fraction
    if share < 0.95:
        values = {"share": "0.95", "tokens": f"{int(done.n_tokens * 0.95 / share):,}"}
        found.append(Remedy("larger_free_share", FREE, values))
    if torch(settings.kv_cache_dtype).bits == 16:
        per_token = trt_rules.token_bytes(model, settings)
        eight = trt_rules.token_bytes(model, replace(settings, kv_cache_dtype="fp8"))
        found.append(
            Remedy("cache_fp8_tokens", SOME_QUALITY, {"tokens": f"{int(done.n_tokens * per_token / eight):,}"})
        )
    found.append(Remedy("more_cards", HARDWARE, {"cards": str(2 * settings.parallel.tensor)}))
    return found


def for_pytorch(done: pytorch_log.Reading, served: vllm_log.Reading) -> list[Remedy]:
    """What helps where PyTorch was refused memory: memory that lies idle, that others hold, or that the cache took."""
    found: list[Remedy] = []
    if not done.line:
        return found
    missing = _mib(done.missing)
    if done.idle >= max(done.missing, 0.01 * done.total):
        found.append(Remedy("expandable_segments", FREE, {"idle": _mib(done.idle)}))
    if done.others >= max(done.missing, 0.5 * GIB):
        found.append(Remedy("end_others", FREE, {"others": f"{done.others / GIB:,.2f} GiB"}))
    if done.sampled:
        found.append(
            Remedy("fewer_requests", SOME_SPEED, {"now": f"{done.sampled:,}", "then": f"{done.sampled // 4:,}"})
        )
    pooled = [each.line for each in served.findings if each.subject in ("available", "tokens")]
    if pooled and min(pooled) < done.line and done.total:
        less = ceil(100 * max(done.missing, MIB) / done.total) / 100
        found.append(Remedy("smaller_share", SOME_SPEED, {"less": f"{less:.2f}", "missing": missing}))
    else:
        found.append(Remedy("part_of_the_model", HARDWARE, {"missing": missing}))
    return found
