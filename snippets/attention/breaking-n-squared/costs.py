"""What one token costs in a layer of each kind, against the length of the prompt: flat lines have broken the square."""

import math

from llmnotes.equations import flops as formulas
from llmnotes.figures import label, lines
from llmnotes.quantities import count, flops, ratio, share, tokens

N_HEADS, HEAD_DIM, WINDOW, CHUNK = 128, 128, 4_096, 64
N_INDEX_HEADS, INDEX_HEAD_DIM, TOP_K = 64, 128, 2_048  # DeepSeek-V3.2
LENGTHS = [2**exponent for exponent in range(10, 21, 2)]
PAIR = formulas.pair_flops(n_heads=N_HEADS, head_dim=HEAD_DIM, v_head_dim=HEAD_DIM)


# --8<-- [start:compute]
def full(n):
    return PAIR * formulas.causal_pairs(n_new=n, n_past=0) / n


def window(n, size=WINDOW):
    return PAIR * formulas.window_causal_pairs(n_new=n, n_past=0, window=size) / n


def sparse(n):
    stride = math.isqrt(n)
    return window(n, stride) + PAIR * formulas.entries_before(n_tokens=n - stride, stride=stride, top_k=0) / n


def indexed(n):
    scored = formulas.indexer_pair_flops(n_index_heads=N_INDEX_HEADS, index_head_dim=INDEX_HEAD_DIM)
    return window(n, TOP_K) + scored * formulas.causal_pairs(n_new=n, n_past=0) / n


def linear(n):
    width = N_HEADS * HEAD_DIM
    within = formulas.lightning_block_flops(width=width, block=CHUNK) / CHUNK
    return formulas.lightning_token_flops(width=width, head_dim=HEAD_DIM) + within


def delta(n):
    shape = {"n_heads": N_HEADS, "key_head_dim": HEAD_DIM, "value_head_dim": HEAD_DIM}
    return formulas.gated_delta_chunk_flops(**shape, chunk=CHUNK) / CHUNK


def hybrid(n):
    return (3 * delta(n) + full(n)) / 4


KINDS = (full, window, sparse, indexed, linear, delta, hybrid)


def compute():
    last = LENGTHS[-1]
    ends = {
        f.__name__: {"growth": ratio(2 * f(last) / f(last // 2)), "of_full": share(f(last) / full(last))} for f in KINDS
    }
    return {
        **count({"n_heads": N_HEADS, "head_dim": HEAD_DIM, "n_window": WINDOW, "chunk": CHUNK, "top_k": TOP_K}),
        "lengths": tokens(LENGTHS),
        "lines": flops({f.__name__: [f(n) for n in LENGTHS] for f in KINDS}),
        **ends,
        "longest": tokens(last),
        "full_last": flops(full(last)),
        "cheaper": count({f.__name__: first_cheaper(f) for f in (linear, delta, indexed)}),
        "state_tokens": count(N_HEADS * HEAD_DIM**2 / (2 * N_HEADS * HEAD_DIM)),
    }


def first_cheaper(kind):
    return next(n for n in range(2, 2**16) if kind(n) < full(n))


# --8<-- [end:compute]


def draw(result):
    names = {
        "full": label(zh="全局", en="full"),
        "window": label(zh="窗口", en="window"),
        "sparse": label(zh="块稀疏", en="block-sparse"),
        "indexed": label(zh="索引", en="indexed"),
        "linear": label(zh="线性", en="linear"),
        "delta": label(zh="delta", en="delta"),
        "hybrid": label(zh="混合", en="hybrid"),
    }
    series = {names[name]: line for name, line in result["lines"].items()}
    x, y = label(zh="提示词", en="prompt"), label(zh="一个 token 的运算", en="operations of a token")
    return lines(result["lengths"], series, x=x, y=y, log="xy", key=True, points=False, height=460)
