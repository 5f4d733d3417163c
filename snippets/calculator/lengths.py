"""The cache of every registered model at three lengths, for readers whose browser runs no script."""

from llmnotes import count_params, kv_cache, load_model
from llmnotes.figures import Table, label, name, scatter
from llmnotes.quantities import bytes_of, count, tokens
from llmnotes.registry import model_ids

LENGTHS = {"8K": 8 * 1024, "32K": 32 * 1024, "128K": 128 * 1024}


# --8<-- [start:compute]
def compute() -> dict:
    rows = [row(model_id) for model_id in model_ids()]
    longest = [one["sizes"]["128K"] for one in rows]
    return {
        "length": tokens(LENGTHS["128K"]),
        "models": count(len(rows)),
        "least": min(longest),
        "most": max(longest),
        "rows": sorted(rows, key=lambda one: (one["params"], one["id"])),
    }


def row(model_id) -> dict:
    model = load_model(model_id)
    sizes = bytes_of({title: kv_cache(model, n_tokens).ideal_bytes for title, n_tokens in LENGTHS.items()})
    return {"id": model_id, "name": model.name, "params": count(count_params(model).total), "sizes": sizes}


# --8<-- [end:compute]


def draw(result):
    points = {name(one["id"]): (one["params"], one["sizes"]["128K"]) for one in result["rows"]}
    return scatter(
        points,
        x="parameter-count",
        y=label(zh="128K 时的缓存", en="cache at 128K"),
        groups={"models": [*points]},
        log="xy",
    )


def table(result):
    rows = [[name(one["name"]), name(one["id"]), one["params"], *one["sizes"].values()] for one in result["rows"]]
    return Table(["model", name("id"), "parameter-count", *LENGTHS], rows)
