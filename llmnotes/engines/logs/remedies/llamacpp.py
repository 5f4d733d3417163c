"""Changes of llama.cpp's options."""

from dataclasses import replace

from llmnotes.engines import llamacpp
from llmnotes.engines.logs import llamacpp as llamacpp_log
from llmnotes.engines.logs.findings import Remedy
from llmnotes.engines.logs.remedies.costs import FREE, HARDWARE, MIB, SOME_QUALITY, SOME_SPEED, mib

THOUSAND = 1024
SHARED = ("CUDA", "ROCm")
NOTHING = 0.01
"""Of an allocation that failed, a gain that is not worth a change."""


def for_llamacpp(done: llamacpp_log.Reading) -> list[Remedy]:
    """Changes of the context, then of what stands on the card."""
    settings = done.settings
    if settings is None:
        return []
    found: list[Remedy] = []
    weights = done.failed_part == "weights_share"
    if not weights:  # which no change of the context makes smaller
        found = _of_the_context(done, settings) if done.context_known else _context_not_shown(done, settings)
    if done.failed and len(done.devices) > 1:
        found.append(Remedy("other_split", FREE, {"devices": ", ".join(sorted(done.devices))}))
    if done.failed and any(each.startswith(SHARED) for each in done.devices):
        found.append(Remedy("spill", HARDWARE, {}))
    n_layers = len(done.outline.layers) if done.outline is not None else done.shape.n_layers if done.shape else 0
    held = done.weight_bytes + (done.cache_bytes if done.context_known and not weights else 0)
    if done.weight_bytes and n_layers:
        found.append(Remedy("fewer_layers_each", HARDWARE, {"each": mib(held / n_layers)}))
    else:
        found.append(Remedy("fewer_layers", HARDWARE, {}))
    if weights:
        found.append(Remedy("smaller_file", HARDWARE, {}))
    return found


def _held(done: llamacpp_log.Reading, settings: llamacpp.Settings) -> float:
    """Bytes that a context takes; buffers of a pass no larger than those that the log shows by its own options."""
    if done.outline is None or done.settings is None:
        return 0.0
    allocated = llamacpp.allocate(done.outline, settings)
    compute = allocated.bytes_of("compute")
    usual = llamacpp.compute_bytes(done.outline, done.settings)
    shown = min(1.0, done.compute_bytes / usual) if done.compute_bytes and usual else 1.0
    return allocated.total_bytes - compute * (1 - shown)


def _of_the_context(done: llamacpp_log.Reading, settings: llamacpp.Settings) -> list[Remedy]:
    """Changes whose gain follows from the context that the log shows."""
    found: list[Remedy] = []

    def offer(name: str, cost: int, changed: llamacpp.Settings, **values: str) -> None:
        saved = _held(done, settings) - _held(done, changed)
        if done.outline is not None and saved >= max(MIB, NOTHING * done.failed_bytes):
            found.append(Remedy(name, cost, {"saved": mib(saved), **values}))

    if not settings.flash_attn:
        offer("flash_attention", FREE, replace(settings, flash_attn=True, padding=llamacpp.CELL_PADDING))
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
        eight = replace(settings, type_k="q8_0", type_v="q8_0")
        if not settings.flash_attn:
            eight = replace(eight, flash_attn=True, padding=llamacpp.CELL_PADDING)
        if done.outline is not None:
            offer("cache_q8_0", SOME_QUALITY, eight)
        elif done.cache_bytes:
            found.append(Remedy("cache_q8_0", SOME_QUALITY, {"saved": mib(done.cache_bytes * (1 - 8.5 / 16))}))
    return found


def _context_not_shown(done: llamacpp_log.Reading, settings: llamacpp.Settings) -> list[Remedy]:
    """Changes whose gain depends on a context that the log does not show: what a thousand tokens take."""
    if done.outline is None:
        return []
    more, less = (
        llamacpp.allocate(done.outline, replace(settings, n_ctx=n, flash_attn=True)).bytes_of("cache")
        for n in (8 * THOUSAND, 4 * THOUSAND)
    )
    each = (more - less) / 4
    return [
        Remedy("shorter_context", SOME_SPEED, {"each": f"{each / MIB:,.1f} MiB"}),
        Remedy("cache_q8_0_each", SOME_QUALITY, {"each": f"{each * 8.5 / 16 / MIB:,.1f} MiB"}),
    ]
