"""The least and the expected time to the first token of four models on H100s, and attention's share of the work."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import causal_attention_share
from llmnotes.cost.intensity import prompt_seconds
from llmnotes.figures import label, lines
from llmnotes.quantities import seconds, share, tokens
from llmnotes.registry import find_chip
from llmnotes.timing.estimate import Setup, prefill_timing
from llmnotes.timing.runtimes import find_runtime
from llmnotes.timing.work import count as counted

CHIP = find_chip("h100-sxm-80gb")
AT = {"short": 8_192, "full": 131_072}
LENGTHS = [2**exponent for exponent in range(10, 18)]
# Model, how the figure calls it, and the H100s that share it.
MODELS = {
    "llama": ("llama-3.1-8b", "Llama 3.1 8B", 1),
    "qwen": ("qwen3-30b-a3b", "Qwen3 30B-A3B", 1),
    "gemma": ("gemma-3-27b", "Gemma 3 27B", 1),
    "llama70": ("llama-3.1-70b", label(zh="Llama 3.1 70B，四张", en="Llama 3.1 70B on four"), 4),
}


# --8<-- [start:compute]
def row(model_id, n_chips):
    spec = load_model(model_id)
    profile, setup = cost_profile(spec), Setup(CHIP, find_runtime("vllm"), n_chips)
    timed = {at: prefill_timing(counted(spec), setup, n_new=n) for at, n in AT.items()}
    speeds = {name: n_chips * speed for name, speed in CHIP.roof.items()}
    least = [prompt_seconds(profile, n_tokens=n, **speeds) for n in LENGTHS]
    return {
        "curve": seconds(least),
        **{
            at: {
                "least": seconds(least[LENGTHS.index(n)]),
                "expected": seconds(timed[at].expected),
                "low": seconds(timed[at].low),
                "high": seconds(timed[at].high),
                "share": share(causal_attention_share(profile, n_new=n, n_past=0)),
            }
            for at, n in AT.items()
        },
    }


def compute():
    return {
        **{key: row(model_id, n_chips) for key, (model_id, _, n_chips) in MODELS.items()},
        **tokens(AT),
        "lengths": tokens(LENGTHS),
    }


# --8<-- [end:compute]


def draw(result):
    return lines(
        result["lengths"],
        {title: result[key]["curve"] for key, (_, title, _) in MODELS.items()},
        x=label(zh="提示词长度", en="length of the prompt"),
        y=label(zh="第一个 token 至少要", en="the first token takes at least"),
        log="xy",
        key=True,
        height=430,
    )
