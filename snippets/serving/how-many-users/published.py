"""Published throughput of TensorRT-LLM with Llama 3.1 8B in fp8 on one H100, the bound, and what Little's law adds."""

from llmnotes import load_model
from llmnotes.quantities import count, number, ratio, seconds
from llmnotes.timing.compare import chip_of, compare, precision_of_point
from llmnotes.timing.estimate import Setup, decode_timing, prefill_timing
from llmnotes.timing.points import THROUGHPUT, load_points
from llmnotes.timing.runtimes import find_runtime
from llmnotes.timing.serving import sequences_at_once
from llmnotes.timing.work import count as counted

KIND = "reported"
CASES = {"even": (1_000, 1_000), "chat": (2_048, 2_048), "document": (5_000, 500), "long": (20_000, 2_000)}


# --8<-- [start:compute]
def row(point):
    model, chip, precision = counted(load_model(point.model)), chip_of(point.chip), precision_of_point(point)
    setup = Setup(chip, find_runtime(point.engine), precision=precision)
    n_tokens = point.n_past + point.n_output
    fits = sequences_at_once(model, chip, setup.sharing, n_tokens=n_tokens, precision=precision)
    step = decode_timing(model, setup, n_past=point.n_past + point.n_output // 2, batch_size=fits).bound
    least = step / fits + prefill_timing(model, setup, n_new=point.n_past).bound / point.n_output
    per_s = point.value / point.n_output
    said = {"kind": KIND, "source": point.address}
    return {
        "prompt": count(point.n_past),
        "output": count(point.n_output),
        "slots": count(fits),
        "bound": number(1 / least),
        "expected": number(1 / compare(point).expected),
        "measured": number(point.value, **said),
        "of_bound": ratio(point.value * least, **said),
        "per_s": number(per_s, **said),
        "whole": seconds(fits / per_s),
    }


def compute():
    wanted = (THROUGHPUT, "llama-3.1-8b", "h100-sxm-80gb", 1)
    found = [one for one in load_points() if (one.kind, one.model, one.chip, one.n_chips) == wanted]
    return {key: row(next(one for one in found if (one.n_past, one.n_output) == case)) for key, case in CASES.items()}


# --8<-- [end:compute]
