"""What helps where PyTorch's allocator was refused memory."""

from math import ceil

from llmnotes.engines.logs import pytorch as pytorch_log
from llmnotes.engines.logs import sglang as sglang_log
from llmnotes.engines.logs import vllm as vllm_log
from llmnotes.engines.logs.findings import Finding, Remedy
from llmnotes.engines.logs.remedies.costs import FREE, GIB, HARDWARE, MIB, SOME_SPEED, gib, mib

POOL_TOO = 1.25
"""Of the weights: a process that holds more has its cache."""


def _pool_before(line: int, findings: list[Finding]) -> bool:
    """Whether the cache was taken before a line."""
    return any(each.line < line for each in findings if each.subject in ("available", "tokens", "cache", "cache_keys"))


def for_pytorch(
    done: pytorch_log.Reading, served: vllm_log.Reading, pooled: sglang_log.Reading, weights: float
) -> list[Remedy]:
    """What helps where PyTorch was refused memory: memory that lies idle, that others hold, or that the cache took."""
    found: list[Remedy] = []
    if not done.line:
        return found
    missing = mib(done.missing)
    if done.idle >= max(done.missing, 0.01 * done.total):
        found.append(Remedy("expandable_segments", FREE, {"idle": mib(done.idle)}))
    if done.others >= max(done.missing, 0.5 * GIB):
        found.append(Remedy("end_others", FREE, {"others": gib(done.others)}))
    if done.sampled:
        found.append(
            Remedy("fewer_requests", SOME_SPEED, {"now": f"{done.sampled:,}", "then": f"{done.sampled // 4:,}"})
        )
    less = f"{ceil(100 * max(done.missing, MIB) / done.total) / 100:.2f}" if done.total else ""
    if less and _pool_before(done.line, served.findings):
        found.append(Remedy("smaller_share", SOME_SPEED, {"less": less, "missing": missing}))
    elif less and _pool_before(done.line, pooled.findings):
        found.append(Remedy("smaller_static_share", SOME_SPEED, {"less": less, "missing": missing}))
    elif less and served.flags and weights and done.own > POOL_TOO * weights:
        # Far more than the weights is held: the cache has been taken.
        found.append(Remedy("smaller_share", SOME_SPEED, {"less": less, "missing": missing}))
    else:
        found.append(Remedy("part_of_the_model", HARDWARE, {"missing": missing}))
    return found
