"""What others published about the same models, against the count from the configuration."""

from llmnotes import count_params, load_model
from llmnotes.figures import bars, label
from llmnotes.quantities import count

# KerasHub, "params" beside its weights; Gemma report, Table 2; Qwen2.5 7B model card (two decimals). Read 2026-11-25.
PUBLISHED = {
    "llama-2-7b": 6_738_415_616,
    "mistral-7b-v0.1": 7_241_732_096,
    "gemma-7b": 8_537_680_896,
    "qwen2.5-7b": 6_993_420_288,
}
GEMMA_WITHOUT_EMBEDDING = 7_751_248_896
GEMMA_EMBEDDING = 786_825_216


# --8<-- [start:compute]
def compute():
    models = [load_model(model_id) for model_id in PUBLISHED]
    counted = {model.name: count(count_params(model).total) for model in models}
    published = dict(zip(counted, count([*PUBLISHED.values()]), strict=True))
    unequal = [name for name, total in counted.items() if total != published[name]]
    if unequal != ["Qwen2.5 7B"]:
        raise ValueError(f"counted and published differ for {', '.join(unequal)}: the page says for Qwen2.5 7B alone")
    gemma, qwen = count_params(load_model("gemma-7b")), count_params(load_model("qwen2.5-7b"))
    gemma_rest = gemma.total - gemma.components["embedding_token"]
    if gemma_rest != GEMMA_WITHOUT_EMBEDDING:
        raise ValueError("Gemma 7B without its embedding differs from the report")
    width = load_model("gemma-7b").d_model
    rows = GEMMA_EMBEDDING // width
    return {
        "counted": counted,
        "published": published,
        "all": count(len(counted)),
        "equal": count(len(counted) - len(unequal)),
        "gemma_rest": count(gemma_rest),
        "gemma_rows": count(rows),
        "gemma_rows_more": count(rows - gemma.components["embedding_token"] // width),
        "qwen": count(qwen.total),
        "qwen_rest": count(qwen.total - qwen.components["embedding_token"] - qwen.components["lm_head"]),
        "qwen_missing": count(qwen.total - PUBLISHED["qwen2.5-7b"]),
    }


# --8<-- [end:compute]


def draw(result):
    names = (label(zh="本站数出", en="counted here"), "published")
    return bars(
        result["counted"],
        x="parameter-count",
        rows="model",
        dots=result["published"],
        names=names,
        form=None,
        height=260,
    )
