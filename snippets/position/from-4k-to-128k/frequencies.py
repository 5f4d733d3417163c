"""How many times more slowly each pair of Llama 2 7B turns, stretched from 4K to 128K in three ways."""

from llmnotes.figures import label, lines
from llmnotes.numerics import rope
from llmnotes.quantities import count, ratio

SIZES, FACTOR, N_CTX, EVERY, MIDDLE = {"rope_theta": 10_000, "rotary_dim": 128}, 32, 4_096, 3, 32


# --8<-- [start:compute]
def compute():
    trained = rope.plain_frequencies(**SIZES)
    theta = rope.ntk_aware_theta(**SIZES, factor=FACTOR)
    ramp = {"n_ctx": N_CTX, "beta_fast": 32, "beta_slow": 1}
    ways = {
        "PI": rope.interpolated_frequencies(trained, factor=FACTOR),
        "NTK": rope.plain_frequencies(rope_theta=theta, rotary_dim=SIZES["rotary_dim"]),
        "YaRN": rope.yarn_frequencies(**SIZES, factor=FACTOR, **ramp, truncate=True),
    }
    slower = {way: [old / new for old, new in zip(trained, made, strict=True)] for way, made in ways.items()}
    yarn = slower["YaRN"]
    return {
        "pairs": count([*range(0, len(trained), EVERY)]),
        "slower": {way: ratio(values[::EVERY]) for way, values in slower.items()},
        "kept": count(sum(one < 1 + 1e-9 for one in yarn)),
        "whole": count(sum(one > FACTOR - 1e-9 for one in yarn)),
        "between": count(sum(1 + 1e-9 <= one <= FACTOR - 1e-9 for one in yarn)),
        "at": count(MIDDLE),
        "middle": {way.lower(): ratio(values[MIDDLE]) for way, values in slower.items()},
    }


# --8<-- [end:compute]


def draw(result):
    pair, slower = label(zh="第几对", en="pair"), label(zh="转慢的倍数", en="times slower")
    return lines(result["pairs"], result["slower"], x=pair, y=slower, log="y", points=False)
