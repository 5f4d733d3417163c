"""The prompt length at which attention costs as much as all the rest, for the models of the registry, one of each shape."""

from llmnotes import count_params, forward_flops, from_config, registry
from llmnotes.figures import Table, bars, label, name
from llmnotes.halving import most_that
from llmnotes.quantities import count, number, ratio, share, tokens

# Drawn, by the name that prose uses.
SHOWN = {
    "gpt2": "gpt2",
    "gpt3": "gpt3-175b",
    "m8": "llama-3.1-8b",
    "m70": "llama-3.1-70b",
    "m405": "llama-3.1-405b",
    "qwen32": "qwen3-32b",
    "qwen235": "qwen3-235b-a22b",
    "v3": "deepseek-v3",
    "v32": "deepseek-v3.2",
    "mixtral": "mixtral-8x7b",
    "gemma3": "gemma-3-27b",
    "oss": "gpt-oss-120b",
    "next": "qwen3-next-80b-a3b",
    "mistral": "mistral-7b-v0.1",
}
LONGEST = 2**30
HALF = 65_536
STEEP = 3.9
EXPERTS = "qwen3-235b-a22b"
# The exercise: a model of the reader's, of the same family.
NEW = dict(registry.find(EXPERTS).config) | {
    "num_hidden_layers": 40,
    "hidden_size": 3_072,
    "num_attention_heads": 48,
    "num_key_value_heads": 8,
    "num_experts": 64,
    "num_experts_per_tok": 4,
    "vocab_size": 128_000,
}


# --8<-- [start:compute]
def compute() -> dict:
    rows = {model_id: row(registry.find(model_id)) for model_id in registry.model_ids()}
    reached = [one["tokens"] for one in rows.values() if one["tokens"]]
    drawn = [rows[model_id]["tokens"] for model_id in SHOWN.values() if rows[model_id]["tokens"]]
    entry = registry.find(EXPERTS)
    every = from_config(dict(entry.config) | {"num_experts_per_tok": entry.config["num_experts"]})
    steep_x = (STEEP - 2) / (4 - STEEP)  # the growth factor solved for x
    new, all_new = from_config(NEW), from_config({**NEW, "num_experts_per_tok": NEW["num_experts"]})
    return {
        # A shape goes by the name that is drawn, if one is.
        "rows": shapes([*(rows[model_id] for model_id in SHOWN.values()), *rows.values()]),
        "shown": {short: rows[model_id] for short, model_id in SHOWN.items()},
        "n_models": count(len(rows)),
        "n_never": count(len(rows) - len(reached)),
        "shortest": min(drawn),
        "longest": max(drawn),
        "expert_params": count(weights_in_use(entry.spec)),
        "expert_width": count(query_width(entry.spec)),
        "every_factor": ratio(reached_at(every) / reached_at(entry.spec)),
        "active_share": share(count_params(entry.spec).active / count_params(entry.spec).total),
        "steep": ratio(STEEP),
        "steep_x": number(steep_x),
        "steep_tokens": count(round(steep_x * reached_at(registry.find("gpt3-175b").spec))),
        "new_params": count(weights_in_use(new)),
        "new_width": count(query_width(new)),
        "new": tokens(crossover(new)),
        "new_half": tokens(HALF),
        "new_growth": ratio(spent(new, 2 * HALF) / spent(new, HALF)),
        "new_dense": tokens(crossover(all_new)),
    }


def shapes(rows) -> list[dict]:
    """Return the first model of each shape: what shares both numbers is another name for it."""
    found: dict[tuple, dict] = {}
    for one in rows:
        found.setdefault(tuple(one[key] and one[key].value for key in ("tokens", "step")), one)
    return [*found.values()]


def row(entry) -> dict:
    model = entry.spec
    length, step = crossover(model), first(lambda n: dearer(forward_flops(model, 1, n, causal=True)))
    return {
        "model": entry.name,
        "experts": any(block.expert_groups() for run in model.census for block in run.layer.blocks),
        "tokens": length and tokens(length),
        "step": step and tokens(step),
    }


def weights_in_use(model) -> int:
    return sum(block.token_matrices() for block in model.layers[0].blocks)


def query_width(model) -> int:
    return model.layers[0].mixer.n_heads * model.layers[0].mixer.head_dim


def crossover(model) -> int | None:
    return first(lambda n: dearer(forward_flops(model, n, causal=True)))


def reached_at(model) -> int:
    return crossover(model) or LONGEST


def dearer(count) -> bool:
    """Whether attention costs more than all the rest."""
    return count.attention > count.linear


def first(holds) -> int | None:
    """Return the smallest number that holds; `None` where even the longest does not."""
    before = most_that(lambda n: not holds(n), LONGEST)
    return None if before == LONGEST else before + 1


def spent(model, n_tokens) -> int:
    count = forward_flops(model, n_tokens, causal=True)
    return count.linear + count.attention


# --8<-- [end:compute]

DENSE, EXPERT, NEVER = (
    label(zh="稠密", en="dense"),
    label(zh="混合专家", en="experts"),
    label(zh="永远不会", en="never"),
)


def draw(result):
    rows = sorted(result["shown"].values(), key=lambda one: one["tokens"] or tokens(LONGEST))
    groups = {DENSE: [name(one["model"]) for one in rows if not one["experts"]]}
    groups[EXPERT] = [name(one["model"]) for one in rows if one["experts"]]
    lengths = {name(one["model"]): one["tokens"] for one in rows}
    return bars(lengths, x="crossover", rows="model", log=True, form="exact", groups=groups, none=NEVER)


def table(result):
    columns = [
        "model",
        label(zh="交叉长度（token）", en="crossover (tokens)"),
        label(zh="写下一个 token 时（token）", en="for the next token (tokens)"),
    ]
    keys = ("tokens", "step")
    return Table(columns, [[name(one["model"]), *(one[key] or NEVER for key in keys)] for one in result["rows"]])
