"""Synthetic keys with a few loud channels, rounded in four ways: how far the ordinary channels end up from themselves."""

import numpy as np

from llmnotes.figures import label, lines
from llmnotes.quantities import count, ratio, share

N_TOKENS, WIDTH, LOUD, TIMES, BLOCK = 512, 128, (5, 37, 69, 101), 20, 32
BITS = (2, 3, 4, 5, 6, 8)


# --8<-- [start:ways]
def rounded(numbers, bits, axis):
    low, high = numbers.min(axis, keepdims=True), numbers.max(axis, keepdims=True)
    step = (high - low) / (2**bits - 1)
    return low + step * np.round((numbers - low) / step)


def per_token(keys, bits):
    return rounded(keys, bits, 1)


def per_block(keys, bits):  # 32 neighbours within a token share a scale, as in q8_0 and q4_0
    return rounded(keys.reshape(len(keys), -1, BLOCK), bits, 2).reshape(keys.shape)


def rotated(keys, bits):  # spread each key over all channels, round it per token, turn it back
    mixed = np.ones((1, 1))
    while len(mixed) < keys.shape[1]:
        mixed = np.block([[mixed, mixed], [mixed, -mixed]])
    mixed = mixed / np.sqrt(len(mixed))
    return rounded(keys @ mixed, bits, 1) @ mixed.T


def per_channel(keys, bits):
    return rounded(keys, bits, 0)


# --8<-- [end:ways]

WAYS = {
    "token": (per_token, label(zh="逐 token", en="per token")),
    "block": (per_block, label(zh="每 32 个数一组", en="per 32 of a token")),
    "rotated": (rotated, label(zh="旋转后逐 token", en="rotated, per token")),
    "channel": (per_channel, label(zh="逐通道", en="per channel")),
}


# --8<-- [start:compute]
def compute():
    draw = np.random.default_rng(12)
    keys = draw.standard_normal((N_TOKENS, WIDTH))
    keys[:, LOUD] *= TIMES
    quiet = np.delete(np.arange(WIDTH), LOUD)
    asked = np.zeros_like(keys)  # each query seeks one token by its ordinary channels, and is itself half noise
    asked[:, quiet] = keys[:, quiet] + draw.standard_normal((N_TOKENS, len(quiet)))

    def off(kept):
        return round(float(np.sqrt(np.mean((kept - keys)[:, quiet] ** 2) / np.mean(keys[:, quiet] ** 2))), 3)

    def found(kept):
        return float(np.mean(np.argmax(asked @ kept.T, axis=1) == np.arange(N_TOKENS)))

    kept = {way: {bits: round_to(keys, bits) for bits in BITS} for way, (round_to, _) in WAYS.items()}
    errors = {way: [off(some[bits]) for bits in BITS] for way, some in kept.items()}
    values = draw.standard_normal((N_TOKENS, WIDTH))  # no loud channels
    spread = float(np.sqrt(np.mean((per_token(values, 4) - values) ** 2)))
    return {
        "bits": count(list(BITS)),
        **{way: share(line) for way, line in errors.items()},
        "at_4": share({way: errors[way][BITS.index(4)] for way in WAYS}),
        "at_8": share({way: errors[way][BITS.index(8)] for way in WAYS}),
        "times": ratio(round(errors["token"][BITS.index(4)] / errors["channel"][BITS.index(4)], 1)),
        "found": share({"exact": found(keys), **{way: round(found(kept[way][2]), 2) for way in WAYS}}),
        "values": share(round(spread, 2)),
        **count({"tokens": N_TOKENS, "width": WIDTH, "loud": len(LOUD), "louder": TIMES}),
    }


# --8<-- [end:compute]


def draw(result):
    drawn = {said: result[way] for way, (_, said) in WAYS.items()}
    bits, error = label(zh="每个数的位数", en="bits of a number"), label(zh="偏差", en="error")
    return lines(result["bits"], drawn, x=bits, y=error, log="y", key=True, height=400)
