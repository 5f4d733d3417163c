"""What one more token costs in every registered model."""

from llmnotes import kv_cache, load_model
from llmnotes.figures import Table, label, name, scatter
from llmnotes.quantities import bytes_of, count, number, tokens
from llmnotes.registry import model_ids

LENGTH = 128 * 1024


# --8<-- [start:compute]
def compute() -> dict:
    rows = sorted((row(model_id) for model_id in model_ids()), key=lambda one: (one["per_token"], one["id"]))
    growing = [one["per_token"] for one in rows if one["per_token"].value]
    return {
        "length": tokens(LENGTH),
        "twice": tokens(2 * LENGTH),
        "models": count(len(rows)),
        "least": growing[0],
        "most": growing[-1],
        "spread": growing[-1] / growing[0],
        "rows": rows,
    }


def row(model_id) -> dict:
    once, twice = (kv_cache(load_model(model_id), n_tokens).ideal_bytes for n_tokens in (LENGTH, 2 * LENGTH))
    return {"id": model_id, "name": load_model(model_id).name, "per_token": bytes_of((twice - once) / LENGTH)}


# --8<-- [end:compute]


def draw(result):
    growing = [one for one in result["rows"] if one["per_token"].value]
    places = {name(one["id"]): (one["per_token"], number(place)) for place, one in enumerate(growing, start=1)}
    return scatter(
        places,
        x=label(zh="每多一个 token 的缓存", en="cache of one more token"),
        y=label(zh="模型，从小到大", en="models, smallest first"),
        groups={"models": [*places]},
        log="x",
    )


def table(result):
    rows = [[name(one["name"]), name(one["id"]), one["per_token"]] for one in result["rows"]]
    return Table(["model", name("id"), label(zh="每 token", en="a token")], rows)
