"""MHA, GQA, a latent, absorption, a rotary key apart: one small layer in numpy, and how far two ways of it differ."""

import math

import numpy as np

from llmnotes.blocks.latent import MLA
from llmnotes.equations.kvcache import attention_elements_per_token, latent_elements_per_token
from llmnotes.figures import bars, label
from llmnotes.numerics.position import rotated_neighbours
from llmnotes.numerics.rope import plain_frequencies
from llmnotes.quantities import at_most, count, number

HEADS, GROUPS, HEAD, RANK, ROTARY, WIDTH, N = 8, 2, 16, 32, 8, 64, 12
BOUND = 1e-14
DONE: list[int] = []


def times(indices, a, b):
    """A product of arrays, and its operations counted: two for a multiply-add."""
    sizes = dict(zip(indices.split("->")[0].replace(",", ""), a.shape + b.shape, strict=True))
    DONE.append(2 * math.prod(sizes.values()))
    return np.einsum(indices, a, b)


def softmax(scores):
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


# --8<-- [start:forms]
def expanded(q, q_rope, c, k_rope, w_uk, w_uv):
    k = times("nr,hrd->hnd", c, w_uk)  # a key and a value for every cached token
    v = times("nr,hrd->hnd", c, w_uv)
    scores = times("hd,hnd->hn", q, k) + times("hd,nd->hn", q_rope, k_rope)
    weights = softmax(scores / np.sqrt(q.shape[1] + q_rope.shape[1]))
    return times("hn,hnd->hd", weights, v)


def absorbed(q, q_rope, c, k_rope, w_uk, w_uv):
    lifted = times("hd,hrd->hr", q, w_uk)  # only the one new query
    scores = times("hr,nr->hn", lifted, c) + times("hd,nd->hn", q_rope, k_rope)
    weights = softmax(scores / np.sqrt(q.shape[1] + q_rope.shape[1]))
    return times("hr,hrd->hd", times("hn,nr->hr", weights, c), w_uv)


# --8<-- [end:forms]


# --8<-- [start:compute]
def compute():
    rng = np.random.default_rng(0)
    q, c, x = (rng.standard_normal(shape) for shape in ((HEADS, HEAD), (N, RANK), (N, WIDTH)))
    w_uk, w_uv = rng.standard_normal((2, HEADS, RANK, HEAD)) / RANK**0.5
    w_qr, w_kr = rng.standard_normal((HEADS, WIDTH, ROTARY)) / 8, rng.standard_normal((WIDTH, ROTARY)) / 8
    bare = (q, np.zeros((HEADS, 0)), c, np.zeros((N, 0)), w_uk, w_uv)
    query, key = rotary(x, w_qr, w_kr)
    apart = (q, query, c, key, w_uk, w_uv)
    rebuilt, n_rebuilt = counted(expanded, apart)
    folded, n_folded = counted(absorbed, apart)
    block = MLA(WIDTH, HEADS, 0, RANK, HEAD, ROTARY, HEAD)
    pair, absorbed_pair = block.reads()[0].flops_per_pair, block.absorbed_reads()[0].flops_per_pair
    # Lifting a query and bringing the sum down cost what the keys and values of one token cost.
    formulas = N * (block.rebuild_flops() + pair), block.rebuild_flops() + N * absorbed_pair
    return {
        "kept": count(kept()),
        "gqa": number(gqa_as_latent(rng)),
        "whole": number(whole_numbers(rng)),
        "bare": at_most(BOUND, worst(expanded(*bare), absorbed(*bare))),
        "rotary": at_most(BOUND, worst(rebuilt, folded)),
        "flops_apart": count(max(abs(n_rebuilt - formulas[0]), abs(n_folded - formulas[1]))),
        **count({"n": N, "heads": HEADS, "head": HEAD, "rank": RANK, "rotary_dim": ROTARY}),
    }


def kept():
    one_head = {"head_dim": HEAD, "v_head_dim": HEAD}
    return {
        "mha": attention_elements_per_token(n_kv_heads=HEADS, **one_head),
        "gqa": attention_elements_per_token(n_kv_heads=GROUPS, **one_head),
        "low_rank": latent_elements_per_token(kv_lora_rank=RANK, qk_rope_head_dim=0),
        "absorbed": latent_elements_per_token(kv_lora_rank=RANK, qk_rope_head_dim=0),
        "apart": latent_elements_per_token(kv_lora_rank=RANK, qk_rope_head_dim=ROTARY),
    }


def rotary(x, w_qr, w_kr):
    """Rotary queries of the last token and the one rotary key of every token."""
    positions = np.arange(N)
    frequencies = plain_frequencies(rope_theta=10_000, rotary_dim=ROTARY)
    queries = rotated_neighbours(np.einsum("nw,hwd->hnd", x, w_qr), frequencies=frequencies, positions=positions)
    return queries[:, -1], rotated_neighbours(x @ w_kr, frequencies=frequencies, positions=positions)


def gqa_as_latent(rng):
    """GQA against a latent of all its keys and values, expanded by matrices of zeros and ones."""
    q = rng.standard_normal((HEADS, HEAD))
    k, v = rng.standard_normal((2, N, GROUPS, HEAD))
    # In the same order of memory, so that sums are added up in the same order.
    repeated = [np.ascontiguousarray(np.repeat(one, HEADS // GROUPS, axis=1).transpose(1, 0, 2)) for one in (k, v)]
    weights = softmax(np.einsum("hd,hnd->hn", q, repeated[0]) / np.sqrt(HEAD))
    grouped = np.einsum("hn,hnd->hd", weights, repeated[1])
    latents = np.concatenate([k.reshape(N, -1), v.reshape(N, -1)], axis=1)
    picks = np.zeros((2, HEADS, 2 * GROUPS * HEAD, HEAD))
    for half in range(2):
        for head in range(HEADS):
            start = (half * GROUPS + head * GROUPS // HEADS) * HEAD
            picks[half, head, start : start + HEAD] = np.eye(HEAD)
    return worst(grouped, expanded(q, np.zeros((HEADS, 0)), latents, np.zeros((N, 0)), *picks))


def whole_numbers(rng):
    """Scores of both forms on whole numbers, which float64 multiplies and adds without rounding."""
    shapes = (HEADS, HEAD), (N, RANK), (HEADS, RANK, HEAD)
    q, c, w_uk = (rng.integers(-9, 10, shape).astype(float) for shape in shapes)
    keys, lifted = np.einsum("nr,hrd->hnd", c, w_uk), np.einsum("hd,hrd->hr", q, w_uk)
    return worst(np.einsum("hd,hnd->hn", q, keys), np.einsum("hr,nr->hn", lifted, c))


def counted(form, arrays):
    DONE.clear()
    return form(*arrays), sum(DONE)


def worst(one, other):
    return float(np.abs(one - other).max())


# --8<-- [end:compute]

STEPS = {
    "mha": "MHA",
    "gqa": "GQA",
    "low_rank": label(zh="低秩，每步还原", en="low rank, rebuilt"),
    "absorbed": label(zh="低秩，吸收", en="low rank, absorbed"),
    "apart": label(zh="旋转键分开存", en="rotary key apart"),
}


def draw(result):
    differs = {"gqa": "gqa", "absorbed": "bare", "apart": "rotary"}
    apart = label(zh="两种算法最多差（10⁻¹⁴）", en="two ways differ by at most (10⁻¹⁴)")
    return bars(
        {words: result["kept"][step] for step, words in STEPS.items()},
        rows=label(zh="哪一步", en="step"),
        x=label(zh="每个 token 存几个数", en="numbers kept for a token"),
        beside={apart: {STEPS[step]: result[differs[step]] / BOUND if step in differs else None for step in STEPS}},
    )
