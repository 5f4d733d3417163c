"""One measurement expected by hand: time by part, the factors of its chip, the interval; and a chip that is further off."""

from llmnotes.quantities import bytes_of, count, number, ratio, seconds
from llmnotes.registry import find_chip, load_model
from llmnotes.timing.compare import compare_all, terms_of
from llmnotes.timing.constants import FIXED, constants_of
from llmnotes.timing.runtimes import backend_of, find_runtime

# GPU Benchmarks on LLM Inference, and a card whose two factors lie further from one.
ROW, FURTHER = ("llama-3-70b", "Q4_K_M", "rtx-4090", 19.06), "rx-7900-xtx"


# --8<-- [start:compute]
def compute():
    one = next(one for one in compare_all() if named(one.point) == ROW)
    point, terms, chip = one.point, terms_of(one.point), find_chip(one.point.chip)
    constants, further = factors(point, chip), factors(point, find_chip(FURTHER))
    fixed = {part: amount for part, amount in terms.items() if amount and part.startswith(FIXED)}
    weights = terms["weights_mix"]
    tried = 17
    fixed_s = sum(constants.part_seconds(part, amount) for part, amount in fixed.items())
    weights_s = constants.part_seconds("weights_mix", weights)
    return {
        "model": load_model(point.model).name,
        "form": point.format,
        "chip": short(chip),
        "n_layers": count(terms["per_layer"]),
        "bytes": bytes_of(weights * chip.bandwidth_bytes_per_s),
        "bandwidth": bytes_of(chip.bandwidth_bytes_per_s) / seconds(1),
        "constant": number(constants.parts["weights_mix"]),
        **number({"factor": constants.factor, "floor": constants.floor}),
        "at_constant": seconds(weights * constants.parts["weights_mix"]),
        "at_fixed": seconds(fixed_s / constants.floor),
        "held": count(point.n_past),
        # What a reader might measure on another machine of this kind.
        "tried": number({"per_s": tried, "ratio": tried * one.expected}),
        **seconds({"ideal": weights, "weights": weights_s, "fixed": fixed_s, "whole": one.expected}),
        "others": seconds(one.expected - weights_s - fixed_s),
        "per_layer": seconds(constants.parts["per_layer"]),
        "per_token": seconds(sum(constants.parts[part] * n for part, n in fixed.items() if part != "per_layer")),
        **number({"expected": 1 / one.expected, "slow": 1 / one.high, "fast": 1 / one.low, "measured": point.value}),
        "further": short(find_chip(FURTHER)),
        **ratio({"further_factor": further.factor, "further_floor": further.floor}),
    }


def named(point):
    return point.model, point.format, point.chip, point.value


def factors(point, chip):
    runtime = find_runtime(point.engine)
    return constants_of(point.kind, runtime, chip, backend_of(runtime, chip, ""))


def short(chip):
    return chip.name.removeprefix("NVIDIA ").removeprefix("AMD ").partition(" (")[0]


# --8<-- [end:compute]
