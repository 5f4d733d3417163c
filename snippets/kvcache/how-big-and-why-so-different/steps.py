"""One design step at a time: a model as published, and the same model with that one step undone."""

from dataclasses import replace

from llmnotes import kv_cache, load_model
from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import EVERY_TOKEN
from llmnotes.figures import dumbbells, label
from llmnotes.quantities import bytes_of, ratio, share
from llmnotes.spec import Run

N_TOKENS = 131_072
# DeepSeek-V2 (60 layers, latent 512 + 64) against DeepSeek 67B (95 layers, 8 KV heads of 128), which its paper compares.
V2, V1 = 60 * (512 + 64), 95 * 2 * 8 * 128


# --8<-- [start:compute]
def compute():
    undo = {
        "gqa": ("llama-3.1-70b", lambda mixer, model: replace(mixer, n_kv_heads=mixer.n_heads)),
        "window": ("gemma-3-27b", lambda mixer, model: replace(mixer, span=EVERY_TOKEN)),
        "latent": ("deepseek-v3", keys_and_values_per_head),
        "hybrid": ("qwen3-next-80b-a3b", attention_everywhere),
    }
    rows = {step: row(load_model(model_id), without) for step, (model_id, without) in undo.items()}
    return {
        **rows,
        "only_windows": bytes_of(kv_cache(load_model("mistral-7b-v0.1"), N_TOKENS).ideal_bytes),
        "v2_attention": share(1 - V2 / V1),
    }


def row(model, without):
    runs = [Run(replace(run.layer, mixer=without(run.layer.mixer, model)), run.count) for run in model.runs]
    with_it, undone = (
        bytes_of(kv_cache(one, N_TOKENS).ideal_bytes) for one in (model, replace(model, runs=tuple(runs)))
    )
    return {"name": model.name, "with": with_it, "undone": undone, "factor": ratio(undone.value / with_it.value)}


def keys_and_values_per_head(mixer, model):
    key_dim = mixer.qk_nope_head_dim + mixer.qk_rope_head_dim
    return Attention(mixer.d_model, mixer.n_heads, mixer.n_heads, key_dim, mixer.v_head_dim)


def attention_everywhere(mixer, model):
    return next(layer.mixer for layer in model.layers if isinstance(layer.mixer, Attention))


# --8<-- [end:compute]

LABELS = {"gqa": "GQA", "window": label(zh="窗口", en="window"), "latent": "MLA", "hybrid": "state"}


def draw(result):
    return dumbbells(
        {words: (result[step]["with"], result[step]["undone"]) for step, words in LABELS.items()},
        x="kv-cache",
        solid=label(zh="公布的模型", en="as published"),
        hollow=label(zh="撤掉这一步", en="step undone"),
        rows=label(zh="哪一步", en="step"),
        notes={words: result[step]["name"] for step, words in LABELS.items()},
        log=True,
    )
