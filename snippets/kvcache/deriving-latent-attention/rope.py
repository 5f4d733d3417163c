"""Scores of one head whose whole key is rotated, against the distance; and what one absorbed matrix makes of them."""

import numpy as np

from llmnotes.figures import label, lines
from llmnotes.numerics.position import rotated_neighbours
from llmnotes.numerics.rope import plain_frequencies
from llmnotes.quantities import count, number, order_of, tokens

HEAD, RANK, FARTHEST = 16, 32, 24
MANY = [*range(2), *range(2, 19_922, 40)]
FREQUENCIES = plain_frequencies(rope_theta=10_000, rotary_dim=HEAD)


# --8<-- [start:compute]
def compute():
    rng = np.random.default_rng(1)
    w_uk, w_q = rng.standard_normal((RANK, HEAD)) / RANK**0.5, rng.standard_normal((RANK, HEAD)) / RANK**0.5
    q, c, distances = rng.standard_normal(HEAD), rng.standard_normal(RANK), np.arange(FARTHEST + 1)
    # The same key at every distance from the query, which stands at the last position.
    keys = turned(np.tile(c @ w_uk, (len(distances), 1)), FARTHEST - distances)
    scores = keys @ turned(q[None], [FARTHEST])[0]
    lifted = w_uk @ q
    # The matrix between query and latent for each distance: W_Q, a rotation, W_UK.
    matrices = np.array([w_q @ turned(w_uk, np.full(RANK, -distance)).T for distance in MANY])
    return {
        "distances": tokens(distances.tolist()),
        "true": number(scores.tolist()),
        "absorbed": number([float(lifted @ c)] * len(distances)),
        "flat": number(float(lifted @ c)),
        "worst": number(float(np.abs(scores - lifted @ c).max())),
        "rank": count(int(np.linalg.matrix_rank(matrices.reshape(len(MANY), -1)))),
        "many": count(len(MANY)),
        "latent_apart": order_of(latent_turned(rng)),
        **count({"head": HEAD, "pairs": HEAD // 2, "latent": RANK, "farthest": FARTHEST}),
    }


def turned(x, positions):
    return rotated_neighbours(x, frequencies=FREQUENCIES, positions=positions)


def latent_turned(rng):
    """An exercise: latents and lifted queries rotated; how far the score moves when both stand 1,000 tokens later."""
    frequencies = plain_frequencies(rope_theta=10_000, rotary_dim=RANK)
    pair = rng.standard_normal((2, RANK))
    scores = []
    for shift in (0, 1_000):
        lifted, latent = rotated_neighbours(pair, frequencies=frequencies, positions=[shift + 9, shift + 4])
        scores.append(float(lifted @ latent))
    return abs(scores[0] - scores[1])


# --8<-- [end:compute]


def draw(result):
    series = {
        label(zh="键转过", en="key rotated"): result["true"],
        label(zh="吸收一次", en="absorbed once"): result["absorbed"],
    }
    x = label(zh="键离查询多远", en="distance of key and query")
    return lines(result["distances"], series, x=x, y=label(zh="分数", en="score"), points=False)
