"""An exercise: the context at which a step of several users reads as much cache as weights."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.costs import growing_bytes_per_token
from llmnotes.cost.intensity import knee_tokens, prompt_bytes
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import bytes_of, count, tokens

MODELS = ["llama-3.1-8b", "qwen3-8b", "qwen3-32b", "llama-3.1-70b", "llama-3.2-3b", "llama-2-7b"]
PEOPLE = [8, 2, 16, 32]


def ask():
    return Ask(
        draws={"model": MODELS, "people": count(PEOPLE)},
        solve=solve,
        hints={
            "alone": label(
                zh="这是一个人的拐点：{{people}} 个人各读各的缓存，权重只读一份。",
                en="That is the knee of one user: each of the {{people}} reads a cache of its own, the weights are read once.",
            ),
            "times": label(
                zh="方向反了：人越多，一步里的缓存越多，拐点来得越早。",
                en="The other way round: more people read more cache in a step, so the knee comes earlier.",
            ),
        },
    )


def solve(*, model, people):
    profile = cost_profile(load_model(model))
    alone = knee_tokens(profile)
    given = {"weights": prompt_bytes(profile, n_tokens=1), "per_token": growing_bytes_per_token(profile)}
    answer = knee_tokens(profile, batch_size=people)
    wrong = {"alone": alone, "times": alone * people}
    return {**bytes_of(given), "answer": tokens(answer), **tokens(wrong)}
