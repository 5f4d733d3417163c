"""The cache of 131,072 tokens in every registered model, ideal and reserved."""

from llmnotes import kv_cache, registry
from llmnotes.units import GIB, format_bytes, format_exact, format_ratio

TEXT = {
    "zh": {
        "title": "登记的 {{n_models}} 个模型：{{n_apart}} 个的预留比理想大，最多 {{most_apart}}",
        "caption": "131,072 个 token，bf16，一个序列；不管作者标了多长，只按形状算。条是理想缓存，按对数刻度画；"
        "圆圈是预留，没有圆圈的两者相等。两个数都相同的模型并成一行，放不下的名字展开“名字写全”就能看全。",
        "description": "一行一个模型或几个同样大小的模型，按理想缓存从大到小；圆圈落在条外的，是有窗口的模型。",
        "ideal": "理想（GiB）",
        "reserved": "预留（GiB）",
        "model": "模型",
    },
    "en": {
        "title": "All {{n_models}} registered models: for {{n_apart}} the reserved cache is larger, by up to {{most_apart}}",
        "caption": "131,072 tokens, bf16, one sequence, by shape alone, whatever context is claimed. Bars (log scale) are "
        "ideal, rings reserved; without a ring the two are equal. Models alike in both share a row; where it is too short "
        "for their names, open “Names in full”.",
        "description": "A row for each model or group of equal ones, largest ideal cache first, from hundreds of GiB to "
        "less than one. Rings beyond their bar belong to models with windows.",
        "ideal": "ideal (GiB)",
        "reserved": "reserved (GiB)",
        "model": "model",
    },
}

N_TOKENS = 131_072


# --8<-- [start:compute]
def compute() -> dict:
    sizes: dict[tuple, list] = {}
    for model_id in registry.model_ids():
        entry = registry.find(model_id)
        held = kv_cache(entry.spec, N_TOKENS)
        sizes.setdefault((held.ideal_bytes, held.reserved_bytes), []).append(entry.name)
    rows: list[dict] = [
        {"names": names, "ideal": ideal, "reserved": reserved}
        for (ideal, reserved), names in sorted(sizes.items(), reverse=True)
    ]
    apart = [row for row in rows if row["reserved"] > row["ideal"]]
    return {
        "rows": rows,
        "n_models": len(registry.model_ids()),
        "n_apart": sum(len(row["names"]) for row in apart),
        "most_apart": max(row["reserved"] / row["ideal"] for row in apart),
        "median": rows[len(rows) // 2]["ideal"],
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    return {
        "n_models": format_exact(result["n_models"], lang),
        "n_apart": format_exact(result["n_apart"], lang),
        "most_apart": format_ratio(result["most_apart"], lang),
        "median": format_bytes(result["median"], lang),
    }


def table(result, text):
    rows = [[", ".join(row["names"]), row["ideal"] / GIB, row["reserved"] / GIB] for row in result["rows"]]
    return {"columns": [text["model"], text["ideal"], text["reserved"]], "rows": rows, "bars": "log"}


if __name__ == "__main__":
    print(compute())
