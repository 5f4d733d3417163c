"""The need with which the planner opens, answered by hand: the cheapest way, what its tokens wait for, and its price."""

from llmnotes import load_model
from llmnotes.quantities import count, number, ratio, seconds, usd
from llmnotes.registry import find_chip
from llmnotes.timing.estimate import Setup
from llmnotes.timing.formats import precision_of
from llmnotes.timing.plan import Need, pareto, plan, rents, replica_of
from llmnotes.timing.runtimes import find_runtime
from llmnotes.timing.work import count as counted

MODEL, NEED = "llama-3.3-70b", Need(4096, 512, 64, 2, 20)
ENGINES = {"vllm": "vLLM", "tensorrt-llm": "TensorRT-LLM"}


# --8<-- [start:compute]
def compute():
    model = load_model(MODEL)
    found, sure = (plan(model, NEED, sure=at_slow_end) for at_slow_end in (False, True))
    kept, best, safe = pareto(found), pareto(found)[0], pareto(sure)[0]
    precision = precision_of(model, best.form)
    setup = Setup(find_chip(best.chip), find_runtime(best.engine), best.n_chips, precision)
    replica = replica_of(counted(model), setup, NEED)
    assert replica is not None
    return {
        "model": model.name,
        **count({"n_prompt": NEED.n_prompt, "n_output": NEED.n_output, "n_users": NEED.n_users}),
        **number({"asked": NEED.tokens_per_s, "within": NEED.first_token_s}),
        "best": said(best),
        "safe": said(safe),
        "rent": usd(rents()[best.chip]),
        **seconds({"step": replica.step.expected, "prompt": replica.prompt.expected, "each": replica.each.expected}),
        "batch": count(best.batch_size),
        "turns": count(NEED.n_output // best.batch_size),
        "ways": count(len(found)),
        "kept": count(len(kept)),
        "dearer": ratio(safe.usd_per_hour / best.usd_per_hour),
    }


def said(one):
    return {
        "n": count(one.all_chips),
        "chip": find_chip(one.chip).name,
        "form": one.form.upper(),
        "engine": ENGINES[one.engine],
        "way": one.parallelism,
        **usd({"hour": one.usd_per_hour, "million": one.usd_per_million}),
        **number({"speed": one.tokens_per_s[0], "slow": one.tokens_per_s[1]}),
        "first": seconds(one.first_token_s[0]),
    }


# --8<-- [end:compute]
