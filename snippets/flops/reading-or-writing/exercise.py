"""An exercise: the critical batch of a card for weights of some bits, multiplied in bf16."""

from llmnotes.equations.serving import balanced_batch
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import bytes_of, flops, number, seconds
from llmnotes.registry import find_chip

CHIPS = ["rtx-4090", "h100-sxm-80gb", "a100-sxm-80gb", "h20-96gb", "rtx-3090", "rtx-5090", "l40s-48gb"]


def ask():
    return Ask(
        draws={"chip": CHIPS, "bits": number([8, 4, 16])},
        solve=solve,
        hints={
            "as_bf16": label(
                zh="这是 bf16 权重的答案；{{bits}} 位的权重要搬的字节少，临界批量也小。",
                en="That is for weights in bf16; of {{bits}} bits there is less to fetch, so fewer sequences suffice.",
            ),
            "more": label(
                zh="方向反了：要搬的少了，批量变小。", en="The other way round: less to fetch means a smaller batch."
            ),
        },
    )


def solve(*, chip, bits):
    card = find_chip(chip)
    speeds = {"flops_per_s": card.peak_flops_per_s["bf16"], "bytes_per_s": card.bandwidth_bytes_per_s}
    batch, plain = (balanced_batch(**speeds, weight_bits=one) for one in (bits, 16))
    peak, bandwidth = flops(speeds["flops_per_s"]) / seconds(1), bytes_of(speeds["bytes_per_s"]) / seconds(1)
    wrong = {"as_bf16": plain, "more": plain * 16 / bits}
    return {"peak": peak, "bandwidth": bandwidth, "answer": number(batch), **number(wrong)}
