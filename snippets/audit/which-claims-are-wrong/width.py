"""How many parameters models of one width have: what the width of a hidden model does and does not tell."""

from llmnotes import count_params, registry
from llmnotes.figures import bars, label, name
from llmnotes.quantities import count

WIDTH, RUMOR = 4_096, 20_000_000_000


# --8<-- [start:compute]
def compute():
    rows: list[dict] = []
    for model_id in registry.model_ids():
        entry = registry.find(model_id)
        if entry.spec.d_model == WIDTH:
            counted = count_params(entry.spec)
            kind = "experts" if "experts_routed" in counted.components else "dense"
            rows.append(
                {"name": entry.name, "kind": kind, **count({"params": counted.total, "layers": entry.spec.n_layers})}
            )
    rows.sort(key=lambda row: row["params"])
    return {
        "width": count(WIDTH),
        "rumor": count(RUMOR),
        "rows": rows,
        "n_models": count(len(rows)),
        "fewest": rows[0]["params"],
        "most": rows[-1]["params"],
        "spread": rows[-1]["params"] / rows[0]["params"],
    }


# --8<-- [end:compute]


def draw(result):
    rows = {name(row["name"]): row for row in result["rows"]}
    kinds = {"dense": label(zh="稠密", en="dense"), "experts": label(zh="混合专家", en="mixture of experts")}
    return bars(
        {title: row["params"] for title, row in rows.items()},
        x="parameter-count",
        rows="model",
        log=True,
        form=None,
        groups={words: [title for title, row in rows.items() if row["kind"] == kind] for kind, words in kinds.items()},
        beside={label(zh="层", en="layers"): {title: row["layers"] for title, row in rows.items()}},
        height=90 + 22 * len(rows),
    )
