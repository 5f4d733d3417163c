"""Changes of ollama's settings, which it takes from the environment or from a model's parameters."""

from dataclasses import replace

from llmnotes.engines.logs import ollama as ollama_log
from llmnotes.engines.logs.findings import Remedy
from llmnotes.engines.logs.remedies.costs import FREE, HARDWARE, MIB, SOME_QUALITY, SOME_SPEED, gib, mib


def for_ollama(done: ollama_log.Reading) -> list[Remedy]:
    """Changes that put more layers on the card, where the plan leaves some in main memory."""
    if done.offloaded is None or done.offloaded[0] >= done.offloaded[1]:
        return []
    found: list[Remedy] = []
    missing = done.full - done.there
    if done.full and done.there and missing > 0:
        values = {"missing": gib(missing), "full": gib(done.full), "there": gib(done.there)}
        found.append(Remedy("ollama_missing", FREE, values))
    elif done.full and done.there:
        found.append(Remedy("ollama_asked", FREE, {"full": gib(done.full), "there": gib(done.there)}))
    cache = _cache(done)
    if done.slots > 1 and cache:
        saved = mib(cache * (1 - 1 / done.slots))
        found.append(Remedy("ollama_parallel", SOME_SPEED, {"slots": str(done.slots), "saved": saved}))
    if done.n_ctx > 2048 and cache:
        tokens = done.n_ctx // done.slots // 2
        saved = _saved(done, cache)
        if saved >= MIB:
            found.append(Remedy("ollama_context", SOME_SPEED, {"tokens": str(tokens), "saved": mib(saved)}))
    if done.type_k == "f16" and cache:
        found.append(Remedy("ollama_q8_0", SOME_QUALITY, {"saved": mib(cache * (1 - 8.5 / 16))}))
    found.append(Remedy("ollama_smaller", HARDWARE, {}))
    return found


def _cache(done: ollama_log.Reading) -> float:
    """Bytes of the cache, as the plan says or as the devices hold it."""
    return done.kv or sum({device: said.value for _, device, said in done.shares}.values())


def _saved(done: ollama_log.Reading, cache: float) -> float:
    """Bytes that half the context saves: windowed layers keep what they hold."""
    if done.outline is None:
        return cache / 2
    settings = ollama_log.settings_of(done, done.outline)
    half = replace(settings, n_ctx=settings.n_ctx // 2)
    whole, less = (ollama_log.held_bytes(done.outline, each) for each in (settings, half))
    return cache * (1 - less / whole) if whole else cache / 2
