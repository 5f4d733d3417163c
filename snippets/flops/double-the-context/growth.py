"""What the next doubling of the prompt costs, from 1K to 1M tokens, for models whose attention differs."""

from llmnotes import forward_flops, load_model
from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.costs import causal_attention_flops, linear_flops
from llmnotes.figures import label, lines
from llmnotes.figures.play import Number, Play, curves, model
from llmnotes.figures.play import tokens as lengths_of
from llmnotes.quantities import number, ratio, tokens

LENGTHS = [2**exponent for exponent in range(10, 21)]
MODELS = {
    "gpt3": ("gpt3-175b", "GPT-3"),
    "qwen": ("qwen3-235b-a22b", "Qwen3 235B"),
    "v32": ("deepseek-v3.2", "DeepSeek-V3.2"),
    "gemma": ("gemma-3-27b", "Gemma 3 27B"),
    "mistral": ("mistral-7b-v0.1", "Mistral v0.1"),
}
MINE, WATCHED = "llama-3.1-8b", 131_072
EXERCISE = ("llama-3.1-70b", 8_192, 131_072)


# --8<-- [start:compute]
def compute() -> dict:
    mine, (model_id, short, long) = load_model(MINE), EXERCISE
    specs = {key: load_model(model_id) for key, (model_id, _) in MODELS.items()} | {"llama": mine}
    curves = {key: [doubling(spec, n) for n in LENGTHS] for key, spec in specs.items()}
    return {
        "lengths": tokens(LENGTHS),
        "curves": ratio(curves),
        **{
            key: {"at_2k": at(curve, 2_048), "at_32k": at(curve, 32_768), "at_128k": at(curve, WATCHED)}
            for key, curve in curves.items()
        },
        "least": ratio(2),
        "most": ratio(4),
        "top": tokens(LENGTHS[-1]),
        "mine": mine.name,
        "watched": tokens(WATCHED),
        "exercise_short": tokens(short),
        "exercise_long": tokens(long),
        "exercise_longer": ratio(long / short),
        "exercise_squared": number((long / short) ** 2),
        "exercise": ratio(blocks(load_model(model_id), long) / blocks(load_model(model_id), short)),
    }


def doubling(spec, n_tokens) -> float:
    return blocks(spec, 2 * n_tokens) / blocks(spec, n_tokens)


def blocks(spec, n_tokens) -> int:
    count = forward_flops(spec, n_tokens, causal=True)
    return count.linear + count.attention


def at(curve, n_tokens):
    return ratio(curve[LENGTHS.index(n_tokens)])


# --8<-- [end:compute]


def draw(result):
    yours = label(zh="你的模型", en="your model")
    curves = {title: result["curves"][key] for key, (_, title) in MODELS.items()}
    return lines(
        result["lengths"],
        curves | {yours: result["curves"]["llama"]},
        x=label(zh="加倍之前的提示词", en="prompt before doubling"),
        y=label(zh="加倍后的计算量 ÷ 加倍前", en="FLOPs after ÷ FLOPs before"),
        log="x",
        points=True,
        own=yours,
        here=result["watched"],
        height=440,
        span=(1.95, 4.05),
    )


def prompt_flops(profile: CostProfile, *, n_tokens: int) -> float:
    """FLOPs of one prefill in the layers."""
    return linear_flops(profile, n_new=n_tokens) + causal_attention_flops(profile, n_new=n_tokens, n_past=0)


def growth(profile: CostProfile, *, n_tokens: int) -> float:
    """What twice the prompt costs over what it costs now."""
    return prompt_flops(profile, n_tokens=2 * n_tokens) / prompt_flops(profile, n_tokens=n_tokens)


def attention_share(profile: CostProfile, *, n_tokens: int) -> float:
    """Share of attention in the layers."""
    return causal_attention_flops(profile, n_new=n_tokens, n_past=0) / prompt_flops(profile, n_tokens=n_tokens)


def play(result):
    return Play(
        controls=[model(MINE), lengths_of(result["watched"].value)],
        marks=curves("n_tokens", own=growth),
        numbers={"r": Number(growth, "ratio"), "share": Number(attention_share, "percent")},
        sentence=label(
            zh="{{model}} 读 {{n_tokens}} 个 token：翻倍以后的计算量是 {{r}}，翻倍以前注意力占 {{share}}。",
            en="{{model}} and {{n_tokens}} tokens: doubled, they take {{r}} the compute; before, attention is {{share}}.",
        ),
    )
