"""How often tiles load keys and values into on-chip memory again, against the size of that memory."""

import math

from llmnotes.equations.attention_traffic import (
    first_paper_tile,
    keys_first_traffic_elements,
    plain_traffic_elements,
    queries_first_traffic_elements,
)
from llmnotes.figures import label, lines
from llmnotes.quantities import bytes_of, count, ratio
from llmnotes.units import KIB

N_TOKENS, N_BYTES = 4_096, 2
WIDTHS = (64, 128, 256)
SIZES = (16, 32, 64, 100, 164, 228, 256)
# On-chip memory of one processor: as the first paper takes it, of an A100, of an H100.
CHIPS = {"paper": 100, "a100": 164, "h100": 228}
EXERCISE = {"size": 164, "head_dim": 96}


# --8<-- [start:compute]
def moved(size, head_dim):
    """Plain traffic over what the orders of the first and of the second paper load, for `size` KiB on the chip."""
    shape = {"n_tokens": N_TOKENS, "head_dim": head_dim}
    tile = first_paper_tile(fast_elements=size * KIB // N_BYTES, head_dim=head_dim)[1]
    plain = plain_traffic_elements(**shape)
    first = keys_first_traffic_elements(**shape, n_columns=tile)
    second = queries_first_traffic_elements(**shape, n_rows=tile)
    return {
        "elements": count(size * KIB // N_BYTES),
        "tile": count(tile),
        "passes": count(math.ceil(N_TOKENS / tile)),
        "first_bytes": bytes_of(N_BYTES * first),
        "second_bytes": bytes_of(N_BYTES * second),
        "first": ratio(plain / first),
        "second": ratio(plain / second),
    }


def compute():
    return {
        "sizes": bytes_of([size * KIB for size in SIZES]),
        **{chip: {"size": bytes_of(size * KIB), "d128": moved(size, 128)} for chip, size in CHIPS.items()},
        "second": {str(d): [moved(size, d)["second"] for size in SIZES] for d in WIDTHS},
        "asked": ratio(100),
        "answer": count(99 * 128),
        "new": {"d": count(EXERCISE["head_dim"]), **moved(**EXERCISE)},
        "bytes_for_elements": moved(CHIPS["paper"] * N_BYTES, 128)["first"],
        "kv": bytes_of(2 * N_TOKENS * 128 * N_BYTES),
    }


# --8<-- [end:compute]


def draw(result):
    series = {label(zh=f"头维度 {d}", en=f"head dimension {d}"): result["second"][str(d)] for d in WIDTHS}
    return lines(
        result["sizes"],
        series,
        x=label(zh="一个处理器的片上内存", en="on-chip memory of one processor"),
        y=label(zh="普通注意力搬的 ÷ 分块装的", en="moved by plain attention ÷ loaded by tiles"),
        log="xy",
    )
