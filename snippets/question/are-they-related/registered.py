"""Every registered model whose authors claim a context: its parameters against that claim."""

from llmnotes import count_params, registry
from llmnotes.figures import Table, label, name, scatter
from llmnotes.quantities import count, tokens

NAMED = ("gpt3-175b", "llama-4-scout")


# --8<-- [start:compute]
def compute():
    points, n_learned = {}, 0
    for model_id in registry.model_ids():
        entry = registry.find(model_id)
        if entry.context_advertised:
            counted = count_params(entry.spec)
            n_learned += "embedding_position" in counted.components
            points[model_id] = [entry.name, count(counted.total), tokens(entry.context_advertised)]
    small, large = points["llama-3.2-1b"], points["gpt3-175b"]
    return {
        "points": points,
        "n_models": count(len(points)),
        "n_registered": count(len(registry.model_ids())),
        "n_learned": count(n_learned),
        "small_context": small[2],
        "params_over": large[1] / small[1],
        "context_ratio": small[2] / large[2],
    }


# --8<-- [end:compute]


def draw(result):
    found = sorted(result["points"].values(), key=lambda point: (point[2], point[1]))
    points = {name(said): (params, context) for said, params, context in found}
    small = name(result["points"]["llama-3.2-1b"][0])
    named = [small, *(name(result["points"][model_id][0]) for model_id in NAMED)]
    others = [one for one in points if one not in named]
    return scatter(
        points,
        x="parameter-count",
        y="claimed-context",
        groups={label(zh="其余模型", en="other models"): others, small: [small]},
        log="xy",
    )


def table(result):
    """The smallest and the largest model of each claimed context."""
    by_context = {}
    for said, params, context in result["points"].values():
        by_context.setdefault(context, []).append((params, said))
    columns = [
        "claimed-context",
        "models",
        label(zh="最小的", en="smallest"),
        "parameter-count",
        label(zh="最大的", en="largest"),
        "parameter-count",
    ]
    rows = []
    for context, models in sorted(by_context.items()):
        (least, small), (most, large) = min(models), max(models)
        rows.append([context, count(len(models)), name(small), least, name(large), most])
    return Table(columns, rows)
