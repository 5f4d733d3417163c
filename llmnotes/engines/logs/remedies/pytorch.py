"""What helps where PyTorch's allocator was refused memory."""

from math import ceil

from llmnotes.engines.logs import pytorch as pytorch_log
from llmnotes.engines.logs import vllm as vllm_log
from llmnotes.engines.logs.findings import Remedy
from llmnotes.engines.logs.remedies.costs import FREE, GIB, HARDWARE, MIB, SOME_SPEED, gib, mib


def for_pytorch(done: pytorch_log.Reading, served: vllm_log.Reading) -> list[Remedy]:
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
    pooled = [each.line for each in served.findings if each.subject in ("available", "tokens")]
    if pooled and min(pooled) < done.line and done.total:
        less = ceil(100 * max(done.missing, MIB) / done.total) / 100
        found.append(Remedy("smaller_share", SOME_SPEED, {"less": f"{less:.2f}", "missing": missing}))
    else:
        found.append(Remedy("part_of_the_model", HARDWARE, {"missing": missing}))
    return found
