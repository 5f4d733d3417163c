"""Draft heads for speculative decoding: small models that read the hidden states of a large one.

Shapes as trained by SpecForge (https://github.com/sgl-project/SpecForge, commit a6b6b02, specforge/modeling/draft) and
published in its form: EAGLE-3, P-EAGLE, DFlash, DSpark, Domino; EAGLE (arXiv:2401.15077) and Medusa (arXiv:2401.10774).
"""

from collections.abc import Mapping
from dataclasses import replace

from llmnotes.blocks.attention import Attention, WideInputAttention
from llmnotes.blocks.feedforward import GatedMLP
from llmnotes.config.keys import ConfigError, Keys
from llmnotes.config.kinds import DRAFTS
from llmnotes.config.reading import FULL, SLIDING, context, span_of
from llmnotes.spec import Embedding, Layer, ModelSpec, runs_of

N_STATES = 3  # hidden states of the large model that EAGLE-3 joins
QUIET = ("block_size", "eagle_config", "auto_map", "torch_dtype", "dtype", "max_window_layers", "layer_types")


def read(config: Mapping, name: str) -> ModelSpec:
    """The spec of a draft head: its own layers; the large model's table and head are said, not counted twice.

    Raises:
        ConfigError: If sizes are missing or the kind of head is not known.
    """
    inner = config.get("transformer_layer_config")
    if isinstance(inner, Mapping):  # the format of vLLM's speculators
        config = {**inner, **{key: value for key, value in config.items() if key != "transformer_layer_config"}}
    named = config.get("architectures")
    named = " ".join(one for one in named if isinstance(one, str)) if isinstance(named, list | tuple) else ""
    told = f"{named} {config.get('speculators_model_type') or ''}".lower()
    keys = Keys(config, name)
    keys.ignore(*QUIET)
    if "medusa_num_heads" in config or "medusa" in told:
        raise ConfigError(
            f"{name}: this is a set of Medusa heads; they are {config.get('medusa_num_heads', 'some')} times one layer "
            "and an output head of the model they belong to: size that model"
        )
    for word, kind in (
        ("dflash", dflash),
        ("dflare", dflare),
        ("dspark", dspark),
        ("domino", domino),
        ("peagle", peagle),
    ):
        if word in told:
            return kind(keys)
    if "deepseek" in told or config.get("kv_lora_rank"):
        raise keys.error("architectures", "an EAGLE head with latent attention is not known here; size it by hand")
    if "eagle3" in told or keys.has("draft_vocab_size"):
        return eagle3(keys)
    if "eagle" in told:
        return eagle(keys)
    known = ", ".join(DRAFTS)
    raise keys.error("architectures", f"this kind of draft head is not known; known are {known}")


def eagle3(keys: Keys) -> ModelSpec:
    """EAGLE-3: three hidden states joined by one matrix, one layer that also reads the token's embedding."""
    layers = [_layer(keys, wide=True)] + [_layer(keys)] * (keys.n_layers(default=1) - 1)
    fc_norms = N_STATES * _d_target(keys) if keys.flag("fc_norm", default=False) else 0
    keys.ignore("norm_output", "norm_before_residual", "num_aux_hidden_states", "norm_before_fc")
    return _with_table(keys, layers, vectors=fc_norms)


def peagle(keys: Keys) -> ModelSpec:
    """P-EAGLE: EAGLE-3 with further plain layers and a learned state where the large model's is missing."""
    layers = [_layer(keys, wide=True)] + [_layer(keys)] * (keys.n_layers() - 1)
    return _with_table(keys, layers, vectors=N_STATES * _d_target(keys))


def eagle(keys: Keys) -> ModelSpec:
    """EAGLE and EAGLE-2: embedding and state joined by one matrix, layers of which the first has no norm before it."""
    d_model = keys.size("hidden_size")
    bias = keys.flag("bias", default=True)
    keys.assume("bias = true: the joining matrix has a bias, as its authors publish it")
    first = _layer(keys)
    layers = [Layer(first.mixer, first.feed_forward, first.norm_params - d_model)]
    layers += [first] * (keys.n_layers(default=1) - 1)
    embedding = Embedding(
        vocab_size=keys.size("vocab_size"),
        d_model=d_model,
        d_embed=d_model,
        tied=True,
        norm_params=0,
        project_params=2 * d_model * d_model,
        lookup_params=d_model if bias else 0,
    )
    keys.warnings.append("the output head is the large model's and not counted; the token table may be too")
    return _spec(keys, embedding, layers, borrowed=0)


def dflash(keys: Keys) -> ModelSpec:
    """DFlash: several states joined by one matrix, a few layers; table and head are the large model's."""
    return _without_table(keys, matrices=0, tables=0)


def dflare(keys: Keys) -> ModelSpec:
    """DFlare: DFlash whose layers weigh the states of the large model, with keys and values of their own for them.
    Source: AngelSlim, angelslim/compressor/speculative/train/models/draft/qwen_dflare.py (read 2026-12-01)."""
    keys.ignore("num_anchors", "loss_decay_gamma", "attention_backend")
    model = _without_table(keys, matrices=0, tables=0)
    d_model, n_layers = model.d_model, model.n_layers
    mixer = model.runs[0].layer.mixer
    assert isinstance(mixer, Attention)
    width = mixer.n_kv_heads * (mixer.head_dim + mixer.v_head_dim)
    further = n_layers * width * (d_model + (1 if mixer.qkv_bias else 0))
    n_states = model.embedding.project_params // d_model**2
    ends = replace(model.embedding, project_params=further, lookup_params=n_layers * n_states)
    return replace(model, embedding=ends)


def dspark(keys: Keys) -> ModelSpec:
    """DSpark: DFlash with a low-rank correction by the token before, and a guess at what will be accepted."""
    inner = keys.inside("dflash_config")
    d_model, vocab_size = keys.size("hidden_size"), keys.size("vocab_size")
    rank = inner.count("markov_rank", default=0)
    kind = inner.choice("markov_head_type", ("vanilla", "gated", "rnn"), default="vanilla") if rank else "vanilla"
    matrices, tables = rank * vocab_size, rank * vocab_size
    if kind == "gated":
        matrices, tables = matrices + (d_model + rank) * rank, tables + rank
    if kind == "rnn":
        matrices, tables = matrices + (2 * rank + d_model) * 3 * rank, tables + 3 * rank
    if inner.flag("enable_confidence_head", default=False):
        matrices += d_model + (rank if inner.flag("confidence_head_with_markov", default=False) else 0)
        tables += 1
    return _without_table(keys, matrices=matrices, tables=tables)


def domino(keys: Keys) -> ModelSpec:
    """Domino: DFlash with a small recurrent network over the tokens of a block and a low-rank head."""
    inner = keys.inside("dflash_config")
    keys.ignore("emb_dim")
    d_model, state, rank = keys.size("hidden_size"), inner.size("gru_hidden_dim"), inner.size("emb_dim", "hidden_size")
    recurrent = 3 * state * (d_model + state)
    head = (d_model + state) * rank + rank * keys.size("vocab_size")
    return _without_table(keys, matrices=recurrent + head, tables=0)


def _d_target(keys: Keys) -> int:
    return keys.size("target_hidden_size", default=keys.size("hidden_size"), why="as hidden_size")


def _layer(keys: Keys, *, wide: bool = False, qk_norm: bool = False, kind: str = FULL) -> Layer:
    """One layer; a wide one reads embedding and state side by side, with a norm for each."""
    d_model, n_heads = keys.size("hidden_size"), keys.size("num_attention_heads")
    n_kv_heads = keys.size("num_key_value_heads", default=n_heads, why="as many as query heads")
    if keys.has("head_dim"):
        head_dim = keys.size("head_dim")
    else:
        head_dim = keys.divides(n_heads, d_model, "hidden_size must be a multiple of num_attention_heads")
    bias = keys.flag("attention_bias", default=False) if qk_norm else False
    mixer = (WideInputAttention if wide else Attention)(
        d_model=d_model,
        n_heads=n_heads,
        n_kv_heads=n_kv_heads,
        head_dim=head_dim,
        v_head_dim=head_dim,
        span=span_of(keys, kind),
        qkv_bias=bias,
        out_bias=bias,
        qk_norm_params=2 * head_dim if qk_norm else 0,
    )
    return Layer(mixer, GatedMLP(d_model, keys.size("intermediate_size")), (3 if wide else 2) * d_model)


def _with_table(keys: Keys, layers: list[Layer], *, vectors: int) -> ModelSpec:
    """A head with a token table that its file leaves to the large model, and an output head over fewer tokens."""
    d_model, vocab_size = keys.size("hidden_size"), keys.size("vocab_size")
    n_logits = keys.size("draft_vocab_size", default=vocab_size, why="as vocab_size")
    embedding = Embedding(
        vocab_size=vocab_size,
        d_model=d_model,
        d_embed=d_model,
        tied=False,
        norm_params=d_model + vectors,
        project_params=N_STATES * _d_target(keys) * d_model,
        head_matrix=n_logits * d_model,
    )
    keys.warnings.append(
        f"a draft head: it reads hidden states of a larger model, whose token table ({vocab_size * d_model:,} "
        "parameters) its file usually leaves out"
    )
    return _spec(keys, embedding, layers, borrowed=vocab_size * d_model)


def _without_table(keys: Keys, *, matrices: int, tables: int) -> ModelSpec:
    """DFlash and its kin."""
    d_model, n_layers = keys.size("hidden_size"), keys.n_layers()
    inner = keys.inside("dflash_config")
    states, place = inner.raw("target_layer_ids")
    if states is None:
        n_states = n_layers
        keys.assume(f"target_layer_ids: one state of the large model for each of the {n_layers} layers")
    elif isinstance(states, list | tuple) and 0 < len(states) <= 4096:
        n_states = len(states)
    else:
        raise inner.error(place, "give a list of layer numbers")
    keys.ignore("num_target_layers")
    kinds = keys.words("layer_types", n_layers, (FULL, SLIDING)) or (FULL,) * n_layers
    vocab_size = keys.size("vocab_size")
    embedding = Embedding(
        vocab_size=vocab_size,
        d_model=d_model,
        d_embed=d_model,
        tied=True,
        norm_params=2 * d_model,
        project_params=n_states * d_model * d_model + matrices,
        lookup_params=tables,
        owned=False,
    )
    keys.warnings.append(
        f"a draft head: token table and output head ({vocab_size * d_model:,} parameters each) are those of the larger "
        "model and not counted"
    )
    layers = [_layer(keys, qk_norm=True, kind=kind) for kind in kinds]
    return _spec(keys, embedding, layers, borrowed=0)


def _spec(keys: Keys, embedding: Embedding, layers: list[Layer], *, borrowed: int) -> ModelSpec:
    return ModelSpec(
        name=keys.name,
        family="draft_head",
        embedding=embedding,
        runs=runs_of(layers),
        n_ctx=context(keys),
        assumed=tuple(keys.assumed),
        warnings=tuple(keys.warnings),
        borrowed_params=borrowed,
    )
