"""Qwen3 8B fine-tuned on 2,048 tokens in three ways, part by part; what the usual mistakes give; what the exercises ask."""

from math import ceil
from typing import Any

from llmnotes import count_params, fine_tuning, load_model
from llmnotes.cost.assumptions import USABLE_SHARE
from llmnotes.figures import label, stacked_bars
from llmnotes.finetuning import LOGIT_BYTES, METHODS, OPTIMIZERS, RANK, layer_elements
from llmnotes.quantities import bytes_of, count, number, ratio, share
from llmnotes.registry import find_chip
from llmnotes.units import GIB
from llmnotes.weights.formats import NAMED
from llmnotes.weights.sizes import stored_weights

MODEL, CHIP, N_TOKENS, OPENING, LONG = "qwen3-8b", "rtx-4090", 2_048, 4_096, 16_384
SWIFT = "https://github.com/modelscope/ms-swift/issues/6966"  # `logits.float()` asked for 49 GB, same vocabulary
PARTS = ("weights", "adapter", "gradients", "optimizer", "activations", "logits")


# --8<-- [start:compute]
def sizes(method):
    found = fine_tuning(load_model(MODEL), method, n_tokens=N_TOKENS)
    parts = {part.name: part.bytes for part in found.parts}
    ordered = {name: parts.get(name, 0) for name in PARTS}
    trained = ordered["gradients"] + ordered["optimizer"] + ordered["adapter"]
    return bytes_of({**ordered, "trained": trained, "state": found.state_bytes, "total": found.total_bytes})


def compute():
    model = load_model(MODEL)
    return {
        **{method: sizes(method) for method in METHODS},
        "each": bytes_of(fine_tuning(model, n_tokens=N_TOKENS).bytes_per_token),
        "n": count(N_TOKENS),
        **shape(model),
        **message(model),
        **mistakes(model),
        **exercises(model),
    }


def shape(model):
    counted, adapted = count_params(model), fine_tuning(model, n_tokens=N_TOKENS).n_params
    tables = counted.components["embedding_token"] + counted.components["lm_head"]
    attention, inner = (getattr(model.layers[0], name) for name in ("mixer", "feed_forward"))
    kept = OPTIMIZERS["adamw"]
    return {
        **count({"params": counted.total, "tables": tables, "layered": counted.total - tables, "adapter": adapted}),
        **count({"layers": model.n_layers, "d": model.d_model, "d_ff": inner.d_ff, "vocab": model.vocab_size}),
        **count({"rank": RANK, "logit": LOGIT_BYTES, "edges": adapted // RANK // model.n_layers}),
        **count({"kv_heads": attention.n_kv_heads, "head_dim": attention.head_dim}),
        **number({"bits_half": 16, "bits_single": kept.copy_bits, "bits_four": NAMED["bnb-nf4"].bits, "bits_eight": 8}),
        **number({"bytes_trained": 4 + kept.bits / 8, "bytes_frozen": 2}),
        "elements": count(layer_elements(model)[0][0]),
        "trained_share": share(adapted / counted.total),
    }


def message(model):
    """What one copy of the logits in 32 bits asks for, and how many tokens a message of that kind stands for."""
    each = 4 * model.vocab_size
    return {
        "opening": count(OPENING),
        "upcast": bytes_of(OPENING * each),
        "asked_tokens": count(round(49 * GIB / each, -3), kind="reported", source=SWIFT),
    }


# --8<-- [end:compute]


def mistakes(model):
    """A quarter of the weights; the logits left out; one byte too few; a rank that matters less than it seems."""
    quarter = stored_weights(model, "bf16").running_bytes / 4
    qlora = fine_tuning(model, "qlora", n_tokens=N_TOKENS)
    ranks = {f"rank_{rank}": fine_tuning(model, "qlora", n_tokens=N_TOKENS, rank=rank) for rank in (8, 64)}
    full = fine_tuning(model, "full", n_tokens=N_TOKENS)
    kept = fine_tuning(model, "qlora", n_tokens=LONG, checkpointing=False)
    again = fine_tuning(model, "qlora", n_tokens=LONG)
    return {
        **bytes_of({"quarter": quarter, **{name: found.total_bytes for name, found in ranks.items()}}),
        "passing": bytes_of(full.total_bytes - full.state_bytes),
        "quarter_share": share(quarter / qlora.total_bytes),
        "long": count(LONG),
        **bytes_of({"kept": kept.parts[-2].bytes, "again": again.parts[-2].bytes}),
        "kept_over": ratio(kept.parts[-2].bytes / again.parts[-2].bytes),
        "missing": bytes_of(4 * count_params(model).total),
        "fused": bytes_of(fine_tuning(model, "qlora", n_tokens=N_TOKENS, fused_loss=True).total_bytes),
    }


def exercises(model):
    room = USABLE_SHARE * find_chip(CHIP).memory_bytes
    asked: Any = {"n_tokens": N_TOKENS}
    big, h100 = load_model("llama-3.3-70b"), find_chip("h100-sxm-80gb").memory_bytes
    full = fine_tuning(big, "full", **asked).state_bytes
    return {
        "l_fused": count(fine_tuning(model, "qlora", **asked, fused_loss=True).longest_context(room)),
        "big_full": bytes_of(full),
        "big_cards": count(ceil(full / (USABLE_SHARE * h100))),
        "big_qlora": bytes_of(fine_tuning(big, "qlora", **asked).total_bytes),
        "eight_bit": bytes_of(fine_tuning(model, "full", **asked, optimizer="adamw-8bit").total_bytes),
    }


def draw(result):
    names = {
        "weights": label(zh="权重", en="weights"),
        "trained": label(
            zh="训练的参数：梯度、优化器状态、适配器", en="what is trained: gradients, optimizer, adapter"
        ),
        "activations": "activations",
        "logits": label(zh="logits", en="logits"),
    }
    titles = {
        "full": label(zh="全量", en="full"),
        "lora": label(zh="LoRA", en="LoRA"),
        "qlora": label(zh="QLoRA", en="QLoRA"),
    }
    rows = {titles[method]: {names[part]: result[method][part] for part in names} for method in METHODS}
    return stacked_bars(rows, x="memory", rows=label(zh="方法", en="method"), total=label(zh="合计", en="in all"))
