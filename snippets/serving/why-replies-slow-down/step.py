"""Least time of a decode step over the context, for one sequence, for many, and for the reader's batch."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.intensity import knee_tokens, prompt_bytes, step_seconds
from llmnotes.equations.serving import tokens_per_second
from llmnotes.figures import label, lines
from llmnotes.figures.play import Number, Play, Words, batch, chip, curves, kv_bits, model, tokens, weight_bits
from llmnotes.quantities import count, seconds
from llmnotes.quantities import tokens as tokens_of
from llmnotes.registry import find_chip

MODEL, CHIP, BATCH, MANY, HERE = "llama-3.1-8b", "h100-sxm-80gb", 8, 64, 32_768
LENGTHS = [2**exponent for exponent in range(8, 21)]


# --8<-- [start:formulas]
def weights_alone(
    profile: CostProfile, *, n_tokens: int, batch_size: int, bandwidth_bytes_per_s: float, weight_bits: float
) -> float:
    """The same at every length."""
    return prompt_bytes(profile, n_tokens=batch_size, weight_bits=weight_bits) / bandwidth_bytes_per_s


def speed(*, step: float) -> float:
    """Tokens a second that each user sees, at most."""
    return tokens_per_second(n_sequences=1, step_seconds=step)


def slower(*, step: float, first_step: float) -> float:
    """Least time of a step over that of the first step of an empty chat."""
    return step / first_step


# --8<-- [end:formulas]


# --8<-- [start:compute]
def compute():
    profile, card = cost_profile(load_model(MODEL)), find_chip(CHIP)

    def curve(batch_size):
        return seconds([step_seconds(profile, n_tokens=n, batch_size=batch_size, **card.roof) for n in LENGTHS])

    return {
        "lengths": tokens_of(LENGTHS),
        "curves": {"one": curve(1), "own": curve(BATCH), "many": curve(MANY)},
        "weights": seconds([prompt_bytes(profile, n_tokens=BATCH) / card.bandwidth_bytes_per_s] * len(LENGTHS)),
        "here": tokens_of(HERE),
        "batch": count(BATCH),
        "many": count(MANY),
        "one_knee": count(knee_tokens(profile)),
        "many_knee": count(knee_tokens(profile, batch_size=MANY)),
    }


# --8<-- [end:compute]


def draw(result):
    own = label(zh="你选的批", en="your batch")
    return lines(
        result["lengths"],
        {
            label(zh="1 个序列", en="1 sequence", id="one"): result["curves"]["one"],
            own: result["curves"]["own"],
            label(zh="64 个序列", en="64 sequences", id="many"): result["curves"]["many"],
            label(zh="只读权重", en="weights alone", id="weights"): result["weights"],
        },
        x="context-length",
        y=label(zh="一步至少要", en="a step takes at least"),
        log="xy",
        own=own,
        here=result["here"],
        height=430,
    )


def play(result):
    return Play(
        controls=[
            model(MODEL),
            chip(CHIP),
            batch(BATCH),
            tokens(HERE, low=LENGTHS[0], high=LENGTHS[-1]),
            weight_bits(16, options=(16, 8, 4.5)),
            kv_bits(16),
        ],
        values={"step": step_seconds, "first_step": (step_seconds, {"n_tokens": 0})},
        marks=curves(
            "n_tokens",
            own=step_seconds,
            one=(step_seconds, {"batch_size": 1}),
            many=(step_seconds, {"batch_size": MANY}),
            weights=weights_alone,
        ),
        numbers={
            "step": Number(step_seconds, "seconds"),
            "speed": Number(speed, "number"),
            "slower": Number(slower, "ratio"),
            "knee": Number(knee_tokens, "exact"),
            "knee_said": Words(
                knee_tokens,
                yes=label(zh="拐点在每人 {{knee}} 个 token", en="The knee is at {{knee}} tokens each"),
                no=label(zh="缓存重不过权重，没有拐点", en="The cache never outweighs the weights: there is no knee"),
            ),
        },
        sentence=label(
            zh="{{model}} 在 {{chip}} 上，{{batch_size}} 个序列，各 {{n_tokens}} 个 token：一步至少 {{step}}，每人每秒最多 {{speed}} 个 "
            "token；一步的时间是空对话的 {{slower}}。{{knee_said}}。",
            en="{{model}} on {{chip}}, sequences: {{batch_size}}, tokens in each: {{n_tokens}}. A step takes at least "
            "{{step}}, so each user gets at most {{speed}} tokens a second; it takes {{slower}} what it takes with empty "
            "chats. {{knee_said}}.",
        ),
    )
