"""Prediction modules (MTP): layers behind the last one that guess the token after next."""

from llmnotes.config.keys import Keys
from llmnotes.equations import params
from llmnotes.spec import CHECKPOINT, Layer, ModelSpec, Part, Run

MODULES = "num_nextn_predict_layers"  # every spelling of it is normalised to this one
# Families whose published files hold the token table and the head once more for the module.
COPIES = ("deepseek_v3", "deepseek_v32", "glm4_moe", "glm4_moe_lite")
# Families whose published files hold no module though their configurations name some.
NOT_STORED = ("minimax_m2",)
# Published as the text part of a wrapper, which names the architecture. A text model whose own configuration names one
# was saved alone by transformers, whose class leaves modules out (_keys_to_ignore_on_load_unexpected = [r"^mtp.*"]).
SAVED_WITHOUT = ("qwen3_5_text", "qwen3_5_moe_text")
# Families of which a published file was added up: the rule holds to the last parameter (tests/data/mtp.json).
CONFIRMED = (*COPIES, "glm_moe_dsa", "hy_v3", "qwen3_next", "qwen3_5_text", "qwen3_5_moe_text")


def prediction_modules(model: ModelSpec, keys: Keys) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """The prediction modules that a model's file holds, and what a reader must know of them.

    A module norms the hidden state and the embedding of the next token, joins them by one matrix $d \\times 2d$, runs
    one layer of the model's attention kind and norms the result: a layer, $2d^2$ and $3d$ parameters. Table and head
    are the main model's; DeepSeek-V3 and GLM-4.5 store them once more. Source: DeepSeek-V3 Technical Report
    (arXiv:2412.19437), section 2.2.

    Args:
        model: The decoder.
        keys: The text model's keys, which say how many modules there are.
    """
    if MODULES not in keys.config or MODULES in keys.filled or not keys.has(MODULES):
        return (), ()
    n_modules, family = keys.count(MODULES, most=64), model.family
    if not n_modules:
        return (), ()
    if family in NOT_STORED:
        return (), (f"{n_modules} prediction modules are named; the published files of {family} do not hold them",)
    if family in SAVED_WITHOUT and keys.config.get("architectures"):
        return (), (f"{n_modules} prediction modules are named; a text model saved alone does not hold them",)
    layers, d_model = _layers(model), model.d_model
    vectors = 3 * params.rms_norm_params(width=d_model)
    if model.family == "deepseek_v4":
        vectors += model.embedding.project_params + model.embedding.lookup_params
    matrices = ((d_model, 2 * d_model, n_modules),)
    runs = tuple(Run(layer, n_modules) for layer in layers)
    parts = [Part("mtp", matrices, n_modules * vectors, runs, CHECKPOINT)]
    if family in COPIES:
        parts.append(Part("mtp_copies", ((model.vocab_size, d_model, 2 * n_modules),), held=CHECKPOINT))
    known = family in CONFIRMED
    return tuple(parts), () if known else (
        "the prediction module is sized by DeepSeek-V3's rule; no file was added up",
    )


def _layers(model: ModelSpec) -> tuple[Layer, ...]:
    """The layers of a module: the last one with attention, with an indexer where the model has one; where mixers and
    feed-forwards are layers of their own (Nemotron-H), one of each."""
    attention = [run.layer for run in model.runs if run.layer.mixer is not None and run.layer.mixer.keeps()]
    attention = attention or [run.layer for run in model.runs if run.layer.mixer is not None]
    indexed = [layer for layer in attention if hasattr(layer.mixer, "n_index_heads")]
    chosen = (indexed or attention)[-1]
    if chosen.feed_forward is not None:
        return (chosen,)
    alone = [run.layer for run in model.runs if run.layer.mixer is None and run.layer.feed_forward is not None]
    return (chosen, *alone[-1:])
