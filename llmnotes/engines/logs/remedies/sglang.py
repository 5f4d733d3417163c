"""Changes of SGLang's options."""

from dataclasses import replace
from math import ceil

from llmnotes.engines import sglang as sglang_rules
from llmnotes.engines.formats import torch
from llmnotes.engines.logs import sglang as sglang_log
from llmnotes.engines.logs.findings import Remedy
from llmnotes.engines.logs.remedies.costs import FREE, GIB, HARDWARE, MOST_SHARE, SOME_QUALITY, SOME_SPEED, gib


def for_sglang(done: sglang_log.Reading) -> list[Remedy]:
    """Changes where the pool has no room, and where it could hold more."""
    if done.short:
        return _no_room(done)
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
        found.append(Remedy("fewer_graphs", SOME_SPEED, {"gained": gib(done.graphs)}))
    if torch(settings.kv_cache_dtype).bits == 16 and not sglang_rules.is_compressed(model):
        eight = sglang_rules.token_bytes(model, replace(settings, kv_cache_dtype="fp8_e4m3"))
        found.append(
            Remedy("cache_fp8_tokens", SOME_QUALITY, {"tokens": f"{int(done.n_tokens * per_token / eight):,}"})
        )
    found.append(Remedy("more_cards", HARDWARE, {"cards": str(2 * settings.parallel.tensor)}))
    return found


def _no_room(done: sglang_log.Reading) -> list[Remedy]:
    """What helps where weights leave nothing of the share: what is kept free of it, or the weights themselves.

    The pool is what is free after the weights less (1 − f) of what was free before, so it begins where f is the share
    that the weights took.
    """
    found: list[Remedy] = []
    after, held = done.after_weights, done.weights
    before = done.begin.value if done.begin is not None else after.value + held.value if after and held else 0.0
    if before and after is not None:
        least = ceil(100 * (1 - after.value / before)) / 100
        if least < MOST_SHARE:
            found.append(Remedy("static_share_above", FREE, {"share": f"{least:.2f}"}))
        else:
            found.append(Remedy("static_share_useless", FREE, {"share": f"{least:.2f}"}))
    else:
        found.append(Remedy("static_share_higher", FREE, {}))
    cards = done.cards.tensor
    found.append(Remedy("more_cards", HARDWARE, {"cards": str(2 * cards)}))
    found.append(Remedy("smaller_weights", HARDWARE, {}))
    return found
