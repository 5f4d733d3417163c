"""The traffic of forward and backward that the first paper reports, beside what must move and what is loaded."""

from llmnotes.equations.attention_traffic import first_paper_tile
from llmnotes.figures import bars, label
from llmnotes.quantities import bytes_of, count, number, ratio, seconds
from llmnotes.units import KIB

KIND = "reported"
SOURCE = "https://arxiv.org/abs/2205.14135v2"
# Figure 2, left: one layer of GPT-2 medium on an A100, forward and backward, 16 bits.
N_TOKENS, HEAD_DIM, N_HEADS, BATCH, N_BYTES = 1_024, 64, 16, 64, 2
REPORTED_GB = {"plain": 40.3, "tiled": 4.4}
REPORTED_MS = {"plain": 41.7, "tiled": 7.3}


# --8<-- [start:compute]
def layer_bytes(*, squares, rows):
    """Bytes of so many passes over the n × n table and over an n × d matrix, of all heads of the layer."""
    elements = squares * N_TOKENS**2 + rows * N_TOKENS * HEAD_DIM
    return bytes_of(BATCH * N_HEADS * elements * N_BYTES)


def compute():
    # Forward: 4 matrices and 4 passes over the table. Backward: P and dO make dV; dO and V make dP; P and dP make dS;
    # dS with K makes dQ, with Q makes dK: 8 matrices and 7 passes.
    plain = layer_bytes(squares=4 + 7, rows=4 + 8)
    # Queries, keys, values, output forward; these four and dO in, dQ, dK and dV out backward.
    least = layer_bytes(squares=0, rows=4 + 8)
    blocks = -(-N_TOKENS // first_paper_tile(fast_elements=100 * KIB // N_BYTES, head_dim=HEAD_DIM)[1])
    # In the first paper's order each block of keys meets all queries: 3 matrices a pass forward, 5 backward, and keys,
    # values (and their gradients) once.
    loaded = layer_bytes(squares=0, rows=2 + 3 * blocks + 4 + 5 * blocks)
    reported = {name: bytes_of(size * 1e9, kind="reported", source=SOURCE) for name, size in REPORTED_GB.items()}
    took = {name: seconds(time / 1e3, kind="reported", source=SOURCE) for name, time in REPORTED_MS.items()}
    return {
        "took": took,
        "took_ratio": took["plain"] / took["tiled"],
        "n": count(N_TOKENS),
        "bits": count(8 * N_BYTES),
        "d": count(HEAD_DIM),
        "heads": count(N_HEADS),
        "batch": count(BATCH),
        "plain": plain,
        "least": least,
        "loaded": loaded,
        "reported": reported,
        "reported_ratio": reported["plain"] / reported["tiled"],
        "over_plain": ratio(reported["plain"].value / plain.value),
    }


# --8<-- [end:compute]


def draw(result):
    values = {
        label(zh="普通，至少", en="plain, at least"): result["plain"],
        label(zh="普通，论文报告", en="plain, reported"): result["reported"]["plain"],
        label(zh="分块，至少", en="tiles, at least"): result["least"],
        label(zh="分块，论文报告", en="tiles, reported"): result["reported"]["tiled"],
        label(zh="分块，每次都回显存取", en="tiles, every load from memory"): result["loaded"],
    }
    return bars(
        {name: number(moved.value / 1e9, kind=KIND, source=SOURCE) for name, moved in values.items()},
        rows=label(zh="哪一种", en="which"),
        x=label(zh="前向加反向搬的数据（GB）", en="data moved, forward and backward (GB)"),
    )
