"""Encoders (BERT and its kin): parameters and bytes; no cache and no FLOPs.

Read off the modules of transformers 5.24.0 and held to what it instantiates (tests/data/encoders.json).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from llmnotes.blocks.base import Block
from llmnotes.blocks.encoder import EncoderAttention
from llmnotes.blocks.feedforward import GatedMLP, MixtureOfExperts, PlainMLP
from llmnotes.config.defaults import defaults
from llmnotes.config.experts import check_top_k
from llmnotes.config.keys import Keys
from llmnotes.config.kinds import architectures, n_labels
from llmnotes.config.precision import stated_precision
from llmnotes.spec import Embedding, Layer, ModelSpec, runs_of

ENCODER = "an encoder reads a text once and keeps no cache; its FLOPs are not counted here"
MASKED, POOLED, BARE = "masked", "pooled", "bare"
# Ends of the names of classes whose head gives a label to a text, behind one more matrix, or to each of its tokens.
OF_TEXTS = ("ForSequenceClassification", "ForMultipleChoice", "ForNextSentencePrediction")
OF_TOKENS = ("ForTokenClassification", "ForQuestionAnswering")
TEXTS, TOKENS = "texts", "tokens"


def read(config: Mapping, name: str) -> ModelSpec:
    """The spec of an encoder.

    Raises:
        ConfigError: If something is missing, impossible or not understood.
    """
    return with_readers(READERS, DEFAULTS, config, name)


def with_readers(
    readers: Mapping[str, Callable[[Keys], ModelSpec]], usual: Mapping[str, dict], config: Mapping, name: str
) -> ModelSpec:
    """The spec that the reader of a family gives, absent keys being the defaults of its class."""
    family = config["model_type"]
    own = {key: value for key, value in defaults(family).items() if not isinstance(value, Mapping)}
    keys = Keys(config, name, usual.get(family, {}) | own)
    return replace(readers[family](keys), stated=stated_precision(config))


def _head(keys: Keys) -> str:
    """What stands on the encoder: by `architectures`; the bare model where nothing is said."""
    named, _ = keys.raw("architectures")
    first = named[0] if isinstance(named, list | tuple) and named and isinstance(named[0], str) else ""
    if first.endswith(("ForMaskedLM", "ForPreTraining", "LMHeadModel", "DistilBertForMaskedLM")):
        return MASKED
    if first.endswith(OF_TEXTS):
        return TEXTS
    if first.endswith(OF_TOKENS):
        return TOKENS
    if "For" in first:
        keys.warnings.append(f"the head of {first} is not known and not counted")
        return BARE
    return POOLED


def _labels(keys: Keys) -> int:
    """Numbers of the last matrix of a classifier, a row and a bias for each label.

    Source:
        transformers 5.24.0, the files `modeling_…` of BERT, RoBERTa, DistilBERT and ModernBERT.
    """
    first = architectures(keys.config)[0]
    fixed = {"ForMultipleChoice": 1, "ForNextSentencePrediction": 2, "ForQuestionAnswering": 2}
    count = next((n for end, n in fixed.items() if first.endswith(end)), n_labels(keys.config))
    return count * (keys.size("hidden_size", "dim") + 1)


def _bidirectional(keys: Keys, *, bias: bool = True) -> EncoderAttention:
    d_model, n_heads = keys.size("hidden_size", "dim"), keys.size("num_attention_heads")
    head_dim = keys.divides(n_heads, d_model, "hidden_size must be a multiple of num_attention_heads")
    return EncoderAttention(d_model, n_heads, n_heads, head_dim, head_dim, qkv_bias=bias, out_bias=bias)


def spec_of(keys: Keys, embedding: Embedding, layers: list[Layer], *, why: str, n_ctx: int | None) -> ModelSpec:
    """A model whose FLOPs are not counted, and why."""
    return ModelSpec(
        name=keys.name,
        family=keys.config["model_type"],
        embedding=embedding,
        runs=runs_of(layers),
        n_ctx=n_ctx,
        assumed=tuple(keys.assumed),
        warnings=(why, *keys.warnings),
        uncounted_flops=why,
    )


def bert(
    keys: Keys,
    *,
    pooler: bool = True,
    types: bool = True,
    narrow: bool = False,
    extra: Callable[[Keys], int] = lambda _: 0,
    feed_forward: Block | None = None,
    mixer: EncoderAttention | None = None,
    positions: bool = True,
    n_distinct: int | None = None,
) -> ModelSpec:
    """BERT: learned positions and segments, two layer norms a layer, a pooler or a head that guesses masked words.

    Args:
        pooler: The bare model has a pooler.
        types: There is a table of segments, of `type_vocab_size` rows.
        narrow: Rows of the table are `embedding_size` wide and projected.
        extra: Further numbers: tables of distances.
        n_distinct: Layers that are stored, where fewer are than run (ALBERT).
    """
    d_model, n_layers = keys.size("hidden_size", "dim"), keys.n_layers()
    d_embed = keys.size("embedding_size", default=d_model, why="as hidden_size") if narrow else d_model
    vocab_size, head = keys.size("vocab_size"), _head(keys)
    n_ctx = keys.size("max_position_embeddings")
    n_positions = n_ctx if positions else 0
    d_ff = keys.size("intermediate_size", "hidden_dim")
    if narrow and n_distinct is None:
        head = BARE if head == POOLED else head
    matrices, tables = 0, n_positions * d_embed + extra(keys)
    tables += keys.count("type_vocab_size") * d_embed if types else 0
    if d_embed != d_model or n_distinct is not None:
        matrices, tables = matrices + d_embed * d_model, tables + d_model
    norms = 2 * d_embed
    if head == MASKED:
        matrices, tables, norms = matrices + d_model * d_embed, tables + d_embed, norms + 2 * d_embed
    elif head == TEXTS or (head == POOLED and pooler and keys.flag("add_pooling_layer", default=True)):
        matrices, tables = matrices + d_model * d_model, tables + d_model
    tables += _labels(keys) if head in (TEXTS, TOKENS) else 0
    embedding = Embedding(
        vocab_size=vocab_size,
        d_model=d_model,
        d_embed=d_embed,
        tied=True,
        norm_params=norms,
        head_bias=head == MASKED,
        project_params=matrices,
        lookup_params=tables,
    )
    mlp = feed_forward or PlainMLP(d_model, d_ff, bias=True)
    layers = [Layer(mixer or _bidirectional(keys), mlp, 4 * d_model)] * (n_distinct or n_layers)
    return spec_of(keys, embedding, layers, why=ENCODER, n_ctx=n_ctx)


def roberta(keys: Keys) -> ModelSpec:
    """RoBERTa: BERT; positions count from 2."""
    return bert(keys)


def electra(keys: Keys) -> ModelSpec:
    """ELECTRA: BERT with narrow rows; the bare model has no pooler."""
    return bert(keys, narrow=True)


def albert(keys: Keys) -> ModelSpec:
    """ALBERT: narrow rows, and one layer's weights for all."""
    groups, inner = keys.size("num_hidden_groups"), keys.size("inner_group_num")
    stored = groups * inner
    return bert(keys, narrow=True, n_distinct=stored)


def distilbert(keys: Keys) -> ModelSpec:
    """DistilBERT: no segments, no pooler."""
    return bert(keys, types=False, pooler=False)


def mpnet(keys: Keys) -> ModelSpec:
    """MPNet: distances between tokens have a bias for each head."""

    def distances(of: Keys) -> int:
        return of.size("relative_attention_num_buckets") * of.size("num_attention_heads")

    return bert(keys, types=False, extra=distances)


def deberta_v2(keys: Keys) -> ModelSpec:
    """DeBERTa V2 and V3: embeddings of distances, normed where `norm_rel_ebd` says so."""
    keys.expect("conv_kernel_size", 0)
    d_model = keys.size("hidden_size")

    def distances(of: Keys) -> int:
        normed = 2 * d_model if "layer_norm" in str(of.config.get("norm_rel_ebd") or "") else 0
        if not of.flag("relative_attention", default=False):
            return normed
        furthest = of.config.get("max_relative_positions")
        if not isinstance(furthest, int) or furthest < 1:
            furthest = of.size("max_position_embeddings")
        size = of.config.get("position_buckets")
        size = size if type(size) is int and size > 0 else furthest
        shared = of.flag("share_att_key", default=False)
        kinds = str(of.config.get("pos_att_type") or "")
        apart = (0 if shared else 1) * of.n_layers() * d_model * (d_model + 1)
        pairs = apart * (("c2p" in kinds) + ("p2c" in kinds))
        return 2 * size * d_model + normed + pairs

    keys.ignore("max_relative_positions", "position_buckets", "norm_rel_ebd", "pos_att_type")
    biased = keys.flag("position_biased_input", default=True)
    return bert(
        keys, pooler=False, types=keys.count("type_vocab_size", default=0) > 0, extra=distances, positions=biased
    )


def modernbert(keys: Keys) -> ModelSpec:
    """ModernBERT: gated feed-forwards, rotary positions, norms before, none before the first attention."""
    d_model, n_layers, head = keys.size("hidden_size"), keys.n_layers(), _head(keys)
    bias, norm_bias = keys.flag("attention_bias", default=False), keys.flag("norm_bias", default=False)
    mlp_bias, gains = keys.flag("mlp_bias", default=False), 2 if norm_bias else 1
    d_ff = keys.size("intermediate_size")
    mixer, mlp = _bidirectional(keys, bias=bias), GatedMLP(d_model, d_ff, mlp_bias)
    layers = [Layer(mixer, mlp, gains * d_model)] + [Layer(mixer, mlp, 2 * gains * d_model)] * (n_layers - 1)
    masked, classed = head == MASKED, head in (TEXTS, TOKENS)
    headed = masked or classed
    dense_bias = headed and keys.flag("classifier_bias", default=False)
    embedding = Embedding(
        vocab_size=keys.size("vocab_size"),
        d_model=d_model,
        d_embed=d_model,
        tied=True,
        norm_params=(3 if headed else 2) * gains * d_model,
        head_bias=masked and keys.flag("decoder_bias", default=True),
        project_params=d_model * d_model if headed else 0,
        lookup_params=(d_model if dense_bias else 0) + (_labels(keys) if classed else 0),
    )
    return spec_of(keys, embedding, layers, why=ENCODER, n_ctx=keys.size("max_position_embeddings"))


def nomic_bert(keys: Keys) -> ModelSpec:
    """Nomic BERT: BERT with gated feed-forwards and without biases or positions; version 2 has plain ones with biases,
    and experts in every `moe_every_n_layers`-th layer, whose sum has a bias.

    Source: modeling_hf_nomic_bert.py beside nomic-ai/nomic-embed-text-v2-moe; conversion/bert.py of llama.cpp.
    """
    d_model, d_ff = keys.size("hidden_size"), keys.size("intermediate_size")
    step = keys.count("moe_every_n_layers", default=0)
    bias = keys.flag("mlp_fc1_bias", default=False)
    mlp = PlainMLP(d_model, d_ff, bias) if step else GatedMLP(d_model, d_ff, bias)
    mixer = _bidirectional(keys, bias=keys.flag("qkv_proj_bias", default=False))
    model = bert(keys, pooler=False, feed_forward=mlp, mixer=mixer, positions=False)
    if not step:
        return model
    keys.expect("num_shared_experts", 0)
    n_experts, top_k = keys.size("num_experts"), keys.size("num_experts_per_tok")
    check_top_k(keys, "num_experts_per_tok", top_k, n_experts)
    sparse = MixtureOfExperts(
        d_model, n_experts, top_k, PlainMLP(d_model, d_ff), out_bias=keys.flag("mlp_experts_bias", default=True)
    )
    dense = model.runs[0].layer
    routed = replace(dense, feed_forward=sparse)
    layers = [dense if (index + 1) % step else routed for index in range(keys.n_layers())]
    return replace(model, runs=runs_of(layers))


def gte(keys: Keys) -> ModelSpec:
    """GTE (`new` in its authors' code): BERT without pooler, with rotary positions and gated feed-forwards whose last
    matrix alone has a bias."""
    keys.ignore("pack_qkv", "layer_norm_type", "unpad_inputs", "use_memory_efficient_attention")
    keys.ignore("logn_attention_scale", "logn_attention_clip1", "position_embedding_type")
    d_model, n_heads = keys.size("hidden_size"), keys.size("num_attention_heads")
    head_dim = max(1, d_model // n_heads)
    mixer = EncoderAttention(d_model, n_heads, n_heads, head_dim, head_dim, qkv_bias=True, out_bias=True)
    mlp = GatedMLP(d_model, keys.size("intermediate_size"))
    types = keys.count("type_vocab_size", default=0) > 0

    def biases(of: Keys) -> int:
        return of.n_layers() * d_model

    return bert(keys, types=types, pooler=False, extra=biases, feed_forward=mlp, mixer=mixer, positions=False)


def jina_embeddings_v3(keys: Keys) -> ModelSpec:
    """Jina Embeddings 3 as transformers has it: BERT with rotary positions."""
    return bert(keys, positions=False)


def longformer(keys: Keys) -> ModelSpec:
    """Longformer: BERT with queries, keys and values of their own for the tokens that see everything."""
    keys.ignore("attention_window", "attention_mode", "sep_token_id", "ignore_attention_mask")

    def seeing_all(of: Keys) -> int:
        d_model = of.size("hidden_size")
        return 3 * of.n_layers() * d_model * (d_model + 1)

    return bert(keys, extra=seeing_all)


def eurobert(keys: Keys) -> ModelSpec:
    """EuroBERT: the layers of a Llama, read in both directions; the head is its own where words are guessed."""
    d_model, n_heads = keys.size("hidden_size"), keys.size("num_attention_heads")
    n_kv_heads = keys.size("num_key_value_heads", default=n_heads, why="as num_attention_heads")
    head_dim = keys.size("head_dim", default=max(1, d_model // n_heads), why="hidden_size over heads")
    bias, mlp_bias = keys.flag("attention_bias", default=False), keys.flag("mlp_bias", default=False)
    mixer = EncoderAttention(d_model, n_heads, n_kv_heads, head_dim, head_dim, qkv_bias=bias, out_bias=bias)
    mlp = GatedMLP(d_model, keys.size("intermediate_size"), mlp_bias)
    masked = _head(keys) == MASKED
    embedding = Embedding(
        vocab_size=keys.size("vocab_size"),
        d_model=d_model,
        d_embed=d_model,
        tied=not masked or keys.flag("tie_word_embeddings", default=False),
        norm_params=d_model,
        head_bias=masked and mlp_bias,
    )
    layers = [Layer(mixer, mlp, 2 * d_model)] * keys.n_layers()
    return spec_of(keys, embedding, layers, why=ENCODER, n_ctx=keys.size("max_position_embeddings"))


BERT = {
    "vocab_size": 30522,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
}
ALBERT = BERT | {
    "vocab_size": 30000,
    "embedding_size": 128,
    "hidden_size": 4096,
    "num_attention_heads": 64,
    "intermediate_size": 16384,
    "num_hidden_groups": 1,
    "inner_group_num": 1,
}
DISTILBERT = {
    "vocab_size": 30522,
    "max_position_embeddings": 512,
    "n_layers": 6,
    "n_heads": 12,
    "dim": 768,
    "hidden_dim": 3072,
}
DEBERTA = BERT | {
    "vocab_size": 128100,
    "hidden_size": 1536,
    "num_hidden_layers": 24,
    "num_attention_heads": 24,
    "intermediate_size": 6144,
    "type_vocab_size": 0,
}
MODERNBERT = {
    "vocab_size": 50368,
    "hidden_size": 768,
    "intermediate_size": 1152,
    "num_hidden_layers": 22,
    "num_attention_heads": 12,
    "max_position_embeddings": 8192,
}
EUROBERT = {
    "vocab_size": 128256,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "max_position_embeddings": 8192,
}
JINA = {
    "vocab_size": 250002,
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "max_position_embeddings": 8194,
    "type_vocab_size": 1,
}
ROBERTA = BERT | {"vocab_size": 50265}
# Defaults of the classes in transformers 5.24.0, where `config.defaults` has none.
DEFAULTS: dict[str, dict] = {
    "albert": ALBERT,
    "bert": BERT,
    "camembert": BERT,
    "deberta-v2": DEBERTA,
    "distilbert": DISTILBERT,
    "electra": BERT | {"embedding_size": 128, "hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024},
    "ernie": BERT,
    "eurobert": EUROBERT,
    "gte": BERT | {"vocab_size": 250048, "max_position_embeddings": 8192, "type_vocab_size": 1},
    "jina_embeddings_v3": BERT | JINA,
    "longformer": BERT,
    "modernbert": MODERNBERT,
    "mpnet": BERT | {"vocab_size": 30527, "relative_attention_num_buckets": 32},
    "new": BERT | {"vocab_size": 30528, "max_position_embeddings": 2048, "type_vocab_size": 1},
    "nomic_bert": BERT | {"vocab_size": 30528, "max_position_embeddings": 2048},
    "roberta": ROBERTA,
    "xlm-roberta": BERT,
}
READERS: dict[str, Callable[[Keys], ModelSpec]] = {
    "albert": albert,
    "bert": bert,
    "camembert": roberta,
    "deberta-v2": deberta_v2,
    "distilbert": distilbert,
    "electra": electra,
    "ernie": bert,
    "eurobert": eurobert,
    "gte": gte,
    "jina_embeddings_v3": jina_embeddings_v3,
    "longformer": longformer,
    "modernbert": modernbert,
    "mpnet": mpnet,
    "new": gte,
    "nomic_bert": nomic_bert,
    "roberta": roberta,
    "xlm-roberta": roberta,
}
