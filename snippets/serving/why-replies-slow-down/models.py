"""How much longer a token takes as the context grows, for models whose caches differ, alone and in company."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import growing_bytes_per_token
from llmnotes.cost.intensity import knee_tokens, prompt_bytes, step_bytes
from llmnotes.figures import label, lines
from llmnotes.quantities import bytes_of, count, ratio, tokens

PEOPLE = 32
LENGTHS = [2**exponent for exponent in range(10, 18)]
MODELS = {
    "llama8": ("llama-3.1-8b", "Llama 3.1 8B"),
    "llama70": ("llama-3.1-70b", "Llama 3.1 70B"),
    "gemma": ("gemma-3-27b", "Gemma 3 27B"),
    "qwen": ("qwen3-30b-a3b", "Qwen3 30B-A3B"),
    "v3": ("deepseek-v3", "DeepSeek-V3"),
}


# --8<-- [start:compute]
def slower(profile, n_tokens, batch_size=1):
    """By the bytes that a step reads, over those with empty chats."""
    read, first = (step_bytes(profile, n_tokens=n, batch_size=batch_size) for n in (n_tokens, 0))
    return ratio(read / first)


def row(model_id):
    profile = cost_profile(load_model(model_id))
    return {
        "weights": bytes_of(prompt_bytes(profile, n_tokens=1)),
        "per_token": bytes_of(growing_bytes_per_token(profile)),
        "knee": count(knee_tokens(profile)),
        "crowd_knee": count(knee_tokens(profile, batch_size=PEOPLE)),
        "slower": slower(profile, LENGTHS[-1]),
        "crowd_slower": slower(profile, LENGTHS[-1], PEOPLE),
        "curve": [slower(profile, n) for n in LENGTHS],
    }


def compute():
    rows = {key: row(model_id) for key, (model_id, _) in MODELS.items()}
    return {**rows, "lengths": tokens(LENGTHS), "longest": tokens(LENGTHS[-1]), "people": count(PEOPLE)}


# --8<-- [end:compute]


def draw(result):
    return lines(
        result["lengths"],
        {title: result[key]["curve"] for key, (_, title) in MODELS.items()},
        x="context-length",
        y=label(zh="一步的时间，空对话是 1", en="time of a step, empty chat = 1"),
        log="x",
        key=True,
        height=400,
    )
