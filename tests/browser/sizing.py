"""What is asked of one configuration. This module runs in Python and, unchanged, in the browser."""

import json
from dataclasses import asdict

from llmnotes.config import ConfigError
from llmnotes.config.files import from_text
from llmnotes.cost import cost_profile, full_flops, ideal_cache_bytes
from llmnotes.report import count_params, forward_flops, kv_cache


def size(text: str) -> list:
    """Everything a page says of a configuration, or its refusal; numbers as text, since JSON there rounds them."""
    try:
        model = from_text(text)
    except ConfigError as error:
        return [str(error)]
    params, profile = count_params(model), cost_profile(model)
    short, long = kv_cache(model, 5000), kv_cache(model, 131_072, batch_size=3, kv_bits=8)
    numbers: list[object] = [params.total, params.active, *params.components.values(), model.n_layers, model.n_ctx]
    numbers += [short.ideal_bytes, short.reserved_bytes, short.growing_bytes_per_token, short.state_bytes]
    numbers += [long.ideal_bytes, long.reserved_bytes]
    numbers += [*params.parts.values(), params.whole, params.checkpoint]
    if not model.uncounted_flops:
        prefill, decode = forward_flops(model, 8192, causal=True), forward_flops(model, 1, 131_072, logits="last")
        numbers += [prefill.linear, prefill.attention, prefill.logits, decode.total]
    numbers += [ideal_cache_bytes(profile, n_tokens=5000), full_flops(profile, n_new=777, n_past=9, n_logits=1)]
    texts = [str(number) for number in numbers]
    coefficients = json.dumps(asdict(profile))
    return [list(params.components), texts, coefficients, list(model.assumed), list(model.warnings)]
