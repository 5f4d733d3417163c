"""Your model, context and users: what quantized weights free, what a quantized cache frees, and where the two meet."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.inverses import context_is_unlimited, longest_context
from llmnotes.cost.parallel import chip_cache_bytes, chip_weight_bytes
from llmnotes.figures import label, lines
from llmnotes.figures.play import Number, Play, Words, batch, curves, kv_bits, model, tokens, weight_bits
from llmnotes.quantities import bytes_of, count
from llmnotes.quantities import tokens as tokens_of

MODEL, N_TOKENS, USERS, WEIGHT_BITS, KV_BITS = "llama-3.1-8b", 8_192, 8, 8.5, 8.5
LENGTHS = [2**exponent for exponent in range(10, 21)]


# --8<-- [start:formulas]
def weights(profile: CostProfile, *, weight_bits: float) -> float:
    """Bytes that weights of 16 bits give up."""
    return chip_weight_bytes(profile, n_chips=1, weight_bits=16 - weight_bits, expert_bits=16 - weight_bits)


def cache(profile: CostProfile, *, n_tokens: int, batch_size: int, kv_bits: float) -> float:
    """Bytes that a cache of 16 bits gives up; states of layers without a cache stay as they are."""
    return chip_cache_bytes(
        profile, n_tokens=n_tokens, n_chips=1, batch_size=batch_size, kv_bits=16 - kv_bits, state_bits=0
    )


def level(profile: CostProfile, *, n_tokens: float, weight_bits: float) -> float:
    """The same at every length."""
    return weights(profile, weight_bits=weight_bits) + 0 * n_tokens


def even(profile: CostProfile, *, batch_size: int, weight_bits: float, kv_bits: float) -> float:
    """Tokens of each user up to which the weights free more; no number where the cache stops growing before."""
    saved = weights(profile, weight_bits=weight_bits)
    if context_is_unlimited(
        profile, room_bytes=saved, n_chips=1, batch_size=batch_size, kv_bits=16 - kv_bits, state_bits=0
    ):
        raise ValueError("the cache stops growing before it is worth as much as the weights")
    return longest_context(
        profile, room_bytes=saved, n_chips=1, batch_size=batch_size, kv_bits=16 - kv_bits, state_bits=0
    )


def first(profile: CostProfile, *, n_tokens: int, batch_size: int, weight_bits: float, kv_bits: float) -> float:
    freed = cache(profile, n_tokens=n_tokens, batch_size=batch_size, kv_bits=kv_bits)
    return 1 if weights(profile, weight_bits=weight_bits) >= freed else 0


# --8<-- [end:formulas]


# --8<-- [start:compute]
def compute():
    profile = cost_profile(load_model(MODEL))
    return {
        "lengths": tokens_of(LENGTHS),
        "cache": bytes_of([cache(profile, n_tokens=length, batch_size=USERS, kv_bits=KV_BITS) for length in LENGTHS]),
        "weights": bytes_of([weights(profile, weight_bits=WEIGHT_BITS)] * len(LENGTHS)),
        "even": count(even(profile, batch_size=USERS, weight_bits=WEIGHT_BITS, kv_bits=KV_BITS)),
        "users": count(USERS),
        "length": tokens_of(N_TOKENS),
    }


# --8<-- [end:compute]


def draw(result):
    own, flat = label(zh="量化缓存", en="quantized cache"), label(zh="量化权重", en="quantized weights", id="level")
    drawn = {flat: result["weights"], own: result["cache"]}
    x, y = label(zh="每人的上下文", en="context of each user"), label(zh="省下", en="freed")
    here = result["length"]
    return lines(result["lengths"], drawn, x=x, y=y, log="xy", own=own, here=here, height=400)


def play(result):
    bits = [weight_bits(WEIGHT_BITS, options=(8.5, 8, 4.9, 4.5, 4.25)), kv_bits(KV_BITS, options=(8.5, 8, 4.5))]
    return Play(
        controls=[model(MODEL), tokens(N_TOKENS), batch(USERS), *bits],
        marks=curves("n_tokens", own=cache, level=level),
        numbers={
            "weights": Number(weights, "bytes"),
            "cache": Number(cache, "bytes"),
            "verdict": Words(first, yes=label(zh="权重", en="the weights"), no=label(zh="缓存", en="the cache")),
            "even": Number(even, "exact"),
        },
        sentence=label(
            zh="{{model}}，{{batch_size}} 个人各 {{n_tokens}} 个 token：从 16 位往下压，权重省 {{weights}}，缓存省 {{cache}}，先压"
            "{{verdict}}。每人到 {{even}} 个 token 为止，都是权重省得多。",
            en="{{model}}, users: {{batch_size}}, tokens of each: {{n_tokens}}. From 16 bits down, the weights free {{weights}} "
            "and the cache frees {{cache}}: start with {{verdict}}. The weights free more up to {{even}} tokens each.",
        ),
    )
