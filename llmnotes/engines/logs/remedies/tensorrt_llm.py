"""Changes of TensorRT-LLM's options."""

from dataclasses import replace

from llmnotes.engines import tensorrt_llm as trt_rules
from llmnotes.engines.formats import torch
from llmnotes.engines.logs import tensorrt_llm as trt_log
from llmnotes.engines.logs.findings import Remedy
from llmnotes.engines.logs.remedies.costs import FREE, HARDWARE, SOME_QUALITY


def for_tensorrt_llm(done: trt_log.Reading) -> list[Remedy]:
    """Changes of TensorRT-LLM's options."""
    settings, model = done.settings, done.outline
    if settings is None or model is None or not done.n_tokens:
        return []
    found: list[Remedy] = []
    if done.one_does_not_fit:
        found.append(Remedy("shorter_sequences", FREE, {"tokens": str(done.n_tokens)}))
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
