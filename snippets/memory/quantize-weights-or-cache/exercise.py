"""An exercise: up to which context of each of several users halving the weights frees more than halving the cache."""

from llmnotes import kv_cache, load_model
from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import bytes_of, count, text, tokens
from llmnotes.weights.sizes import stored_weights

MODELS = ["qwen3-8b", "llama-3.1-8b", "llama-3.2-1b", "qwen3-14b", "qwen3-32b", "llama-3.1-70b"]


def ask():
    return Ask(
        draws={"model": MODELS, "users": count([16, 4, 64])},
        solve=solve,
        hints={
            "alone": label(
                zh="这是一个人用的答案；{{users}} 个人的缓存要加在一起。",
                en="That is for one user; the caches of {{users}} users add up.",
            ),
            "half_weights": label(
                zh="只有权重减了半。缓存也减半，两边的二分之一就消掉了。",
                en="You halved the weights alone. The cache is halved too, so the halves cancel.",
            ),
            "half_cache": label(
                zh="只有缓存减了半。权重也减半，两边的二分之一就消掉了。",
                en="You halved the cache alone. The weights are halved too, so the halves cancel.",
            ),
        },
    )


def solve(*, model, users):
    spec = load_model(model)
    weights, per_token = stored_weights(spec, "bf16").running_bytes, kv_cache(spec, 1).ideal_bytes
    answer = weights / per_token / users
    wrong = {"alone": answer * users, "half_weights": answer / 2, "half_cache": answer * 2}
    # Said with so many digits that who works with what is printed gets the last digit of the answer.
    printed = {
        name: text(bytes_of(value), form="bytes7") for name, value in (("weights", weights), ("per_token", per_token))
    }
    return {**printed, "answer": tokens(int(answer)), **tokens({key: int(value) for key, value in wrong.items()})}
