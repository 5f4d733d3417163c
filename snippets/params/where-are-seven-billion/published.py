"""What others published about the same models, against the count from the configuration."""

from llmnotes import count_params, load_model
from llmnotes.quantities import count

# KerasHub, "params" beside its weights; Gemma report, Table 2; Qwen2.5 7B model card (two decimals). Read 2026-11-25.
PUBLISHED = {
    "llama": ("llama-2-7b", 6_738_415_616),
    "mistral": ("mistral-7b-v0.1", 7_241_732_096),
    "gemma": ("gemma-7b", 8_537_680_896),
    "qwen": ("qwen2.5-7b", 6_993_420_288),
    "qwen_math": ("qwen2.5-7b", 7_615_616_512),  # qwen2.5_math_7b_en: trained on from Qwen2.5 7B. Read 2026-12-01.
}
UNEQUAL = ["qwen"]
GEMMA_WITHOUT_EMBEDDING = 7_751_248_896
GEMMA_EMBEDDING = 786_825_216


# --8<-- [start:compute]
def compute():
    counted = {key: count_params(load_model(model_id)) for key, (model_id, _) in PUBLISHED.items()}
    published = {key: total for key, (_, total) in PUBLISHED.items()}
    unequal = [key for key, total in published.items() if counted[key].total != total]
    if unequal != UNEQUAL:
        raise ValueError(f"counted and published differ for {unequal}: the page says for {UNEQUAL}")
    gemma, qwen = counted["gemma"], counted["qwen"]
    gemma_rest = gemma.total - gemma.components["embedding_token"]
    if gemma_rest != GEMMA_WITHOUT_EMBEDDING:
        raise ValueError("Gemma 7B without its embedding differs from the report")
    width = load_model("gemma-7b").d_model
    rows = GEMMA_EMBEDDING // width
    return {
        "counted": count({key: one.total for key, one in counted.items()}),
        "published": count(published),
        "all": count(len(counted)),
        "equal": count(len(counted) - len(unequal)),
        "gemma_rest": count(gemma_rest),
        "gemma_rows": count(rows),
        "gemma_rows_more": count(rows - gemma.components["embedding_token"] // width),
        "qwen": count(qwen.total),
        "qwen_rest": count(qwen.total - qwen.components["embedding_token"] - qwen.components["lm_head"]),
        "qwen_missing": count(qwen.total - published["qwen"]),
    }


# --8<-- [end:compute]
