"""Time that the cache adds to each token over depth: at the full bandwidth, and at the share that attention reaches."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.costs import growing_bytes_per_token, ideal_cache_bytes
from llmnotes.figures import label, lines
from llmnotes.figures.play import Number, Play, chip, curves, kv_bits, model, slider, tokens
from llmnotes.quantities import seconds
from llmnotes.quantities import tokens as tokens_of
from llmnotes.registry import find_chip

MODEL, CHIP, REACHED, HERE = "qwen3-8b", "rtx-4090", 80, 32_768
DEPTHS = [2**exponent for exponent in range(10, 18)]


# --8<-- [start:formulas]
def added_seconds(
    profile: CostProfile, *, n_tokens: int, kv_bits: float, bandwidth_bytes_per_s: float, reached: float
) -> float:
    """Of a token at this depth over one of an empty chat."""
    grown = ideal_cache_bytes(profile, n_tokens=n_tokens, kv_bits=kv_bits)
    grown -= ideal_cache_bytes(profile, n_tokens=0, kv_bits=kv_bits)
    return grown / (bandwidth_bytes_per_s * reached / 100)


def thousand_seconds(profile: CostProfile, *, kv_bits: float, bandwidth_bytes_per_s: float, reached: float) -> float:
    """What a thousand further tokens add once windows are full."""
    return 1000 * growing_bytes_per_token(profile, kv_bits=kv_bits) / (bandwidth_bytes_per_s * reached / 100)


# --8<-- [end:formulas]


# --8<-- [start:compute]
def compute():
    profile, bandwidth = cost_profile(load_model(MODEL)), find_chip(CHIP).bandwidth_bytes_per_s
    given = {"kv_bits": 16, "bandwidth_bytes_per_s": bandwidth}
    return {
        "depths": tokens_of(DEPTHS),
        "own": seconds([added_seconds(profile, n_tokens=n, reached=REACHED, **given) for n in DEPTHS]),
        "least": seconds([added_seconds(profile, n_tokens=n, reached=100, **given) for n in DEPTHS]),
        "here": tokens_of(HERE),
        "added": seconds(added_seconds(profile, n_tokens=HERE, reached=REACHED, **given)),
        "thousand": seconds(thousand_seconds(profile, reached=REACHED, **given)),
    }


# --8<-- [end:compute]


def draw(result):
    own = label(zh="你选的比例", en="at your share")
    return lines(
        result["depths"],
        {label(zh="带宽全用上", en="at the full bandwidth", id="least"): result["least"], own: result["own"]},
        x=label(zh="深度", en="depth"),
        y=label(zh="缓存给一个 token 加的时间", en="time that the cache adds to a token"),
        log="xy",
        own=own,
        here=result["here"],
        height=380,
    )


def play(result):
    return Play(
        controls=[
            model(MODEL),
            chip(CHIP),
            slider(
                "reached", REACHED, low=20, high=100, label=label(zh="达到带宽的百分之几", en="per cent of bandwidth")
            ),
            tokens(HERE, low=DEPTHS[0], high=DEPTHS[-1]),
            kv_bits(16, options=(16, 8.5, 4.5)),
        ],
        marks=curves("n_tokens", own=added_seconds, least=(added_seconds, {"reached": 100})),
        numbers={
            "added": Number(added_seconds, "seconds"),
            "thousand": Number(thousand_seconds, "seconds"),
            "cache": Number(ideal_cache_bytes, "bytes"),
        },
        sentence=label(
            zh="{{model}} 在 {{chip}} 上，缓存每数 {{kv_bits}} 位：到 {{n_tokens}} 个 token，缓存 {{cache}}，按带宽的 {{reached}}% 读，"
            "给每个 token 加 {{added}}；此后每多 1,000 个 token 再加 {{thousand}}。",
            en="{{model}} on {{chip}}, {{kv_bits}} bits a cached number: after {{n_tokens}} tokens the cache is {{cache}}; read at "
            "{{reached}}% of the bandwidth it adds {{added}} to each token, and every 1,000 tokens more add {{thousand}}.",
        ),
    )
