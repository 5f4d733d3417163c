"""Which type each tensor of a GGUF file has, in a mix such as Q4_K_M: the rule of llama.cpp's quantizer.

A mix names a type for most tensors and better ones for those that suffer most: values, the way down, the head. Which
layers get them depends on the place of the layer. An importance matrix is taken to be used where a mix needs one, and
not elsewhere. Mixes that are chosen model by model (Unsloth's UD files) follow no rule; the file's header tells.

Source:
    llama.cpp, src/llama-quant.cpp at 007dbbf (read 2026-11-30): tensor_allows_quantization, llama_tensor_get_type_impl,
    tensor_type_fallback, llama_ftype_get_default_type; its converter, GptOssModel (MXFP4 is not dequantized).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from llmnotes.blocks.attention import Attention
from llmnotes.blocks.base import Block
from llmnotes.blocks.composite import Parallel
from llmnotes.blocks.latent import MLA
from llmnotes.spec import ModelSpec
from llmnotes.weights.formats import Format
from llmnotes.weights.ggml import BLOCKS, ggml_type
from llmnotes.weights.quantization import EXPERTS
from llmnotes.weights.tensors import OUTSIDE, Tensor

BASE = {
    "F32": "F32",
    "F16": "F16",
    "BF16": "BF16",
    "Q4_0": "Q4_0",
    "Q4_1": "Q4_1",
    "Q5_0": "Q5_0",
    "Q5_1": "Q5_1",
    "Q8_0": "Q8_0",
    "Q1_0": "Q1_0",
    "MXFP4_MOE": "MXFP4",
    "Q2_K": "Q2_K",
    "Q2_K_S": "Q2_K",
    "Q3_K_S": "Q3_K",
    "Q3_K_M": "Q3_K",
    "Q3_K_L": "Q3_K",
    "Q4_K_S": "Q4_K",
    "Q4_K_M": "Q4_K",
    "Q5_K_S": "Q5_K",
    "Q5_K_M": "Q5_K",
    "Q6_K": "Q6_K",
    "TQ1_0": "TQ1_0",
    "TQ2_0": "TQ2_0",
    "IQ1_S": "IQ1_S",
    "IQ1_M": "IQ1_M",
    "IQ2_XXS": "IQ2_XXS",
    "IQ2_XS": "IQ2_XS",
    "IQ2_S": "IQ2_XS",
    "IQ2_M": "IQ2_S",
    "IQ3_XXS": "IQ3_XXS",
    "IQ3_XS": "IQ3_S",
    "IQ3_S": "IQ3_S",
    "IQ3_M": "IQ3_S",
    "IQ4_NL": "IQ4_NL",
    "IQ4_XS": "IQ4_XS",
}
"""Every mix, and the type that most of its tensors have; plain floats are asked for as `gguf-f16`."""
ALIASES = {"Q3_K": "Q3_K_M", "Q4_K": "Q4_K_M", "Q5_K": "Q5_K_M"}
"""Short names that the quantizer takes."""

VERY_SMALL = {"IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M"}
# With eight experts, what attention puts out gets better bits in these.
RAISED = {"Q2_K", "Q3_K_S", "Q3_K_M", "Q4_K_S", "Q4_K_M"}
RAISED |= {"IQ3_XXS", "IQ3_XS", "IQ3_S", "IQ3_M", "IQ4_NL", "IQ4_XS"}
NARROW = {  # the type of a tensor whose rows are no multiple of its block
    **dict.fromkeys(("IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_XS"), "IQ4_NL"),
    **dict.fromkeys(("Q2_K", "Q3_K", "TQ1_0", "TQ2_0"), "Q4_0"),
    "Q4_K": "Q5_0",
    "Q5_K": "Q5_1",
    "Q6_K": "Q8_0",
}
KEPT = frozenset(
    """
    ffn_gate_inp attn_gate_inp ffn_gate_inp_shexp position_embd indexer.q indexer.k rest time_mix_w1 time_mix_w2
    time_mix_decay_w1 time_mix_decay_w2 time_mix_a1 time_mix_a2 time_mix_g1 time_mix_g2 time_mix_v1 time_mix_v2
    """.split()  # noqa: SIM905 - so many words read better as a paragraph
)
"""Roles that stay as the converter wrote them: float32, for all but the indexer's and some of RWKV-7's."""
HALF = ("indexer.", "time_mix_a", "time_mix_g", "time_mix_v")
"""Those that it wrote in half precision."""


def mix_named(text: str) -> str | None:
    """The mix that somebody means, whatever its case; `None` where there is none of that name."""
    name = text.strip().upper().replace("-", "_").removeprefix("GGUF_")
    name = ALIASES.get(name, name)
    return name if name in BASE else None


@dataclass(frozen=True)
class Shape:
    """What the rule asks of a model.

    Attributes:
        n_layers: Layers, those of prediction modules included.
        n_gqa: Query heads for each KV head; latent attention keeps one KV head.
        n_experts: Routed experts of a layer, 1 without any.
        tied: The head is the token table.
        falcon: The architecture that has rules of its own.
        seventy: Llama or Qwen2 of 80 layers.
        packed_experts: The checkpoint holds its experts as MXFP4, which the converter repacks and nobody converts.
        value_layers: Layers whose values (or queries, keys and values in one) have a tensor of their own, in order.
    """

    n_layers: int
    n_gqa: int
    n_experts: int
    tied: bool
    falcon: bool
    seventy: bool
    packed_experts: bool
    value_layers: tuple[int, ...]


def shape_of(model: ModelSpec, tensors: tuple[Tensor, ...]) -> Shape:
    """The numbers of a model that decide about types."""
    n_more = sum(run.count for part in model.parts for run in part.runs)
    experts = [group[1] for layer in model.census for block in layer.layer.blocks for group in block.expert_groups()]
    values = sorted(
        layer_number(tensor, layer, model)
        for tensor in tensors
        if _category(tensor.role) in ("V", "QKV")
        for layer in tensor.layers
    )
    return Shape(
        n_layers=model.n_layers + n_more,
        n_gqa=next((n for run in model.runs if run.layer.mixer and (n := _n_gqa(run.layer.mixer))), 1),
        n_experts=max(experts, default=1),
        tied=model.embedding.tied,
        falcon=model.family in ("falcon", "RefinedWeb", "RefinedWebModel"),
        seventy=model.n_layers == 80 and model.family in ("llama", "qwen2"),
        packed_experts=_packs_experts(model),
        value_layers=tuple(values),
    )


def _packs_experts(model: ModelSpec) -> bool:
    stated = model.stated.get("quantization")
    return isinstance(stated, Mapping) and stated.get("quant_method") == "mxfp4"


def _n_gqa(block: Block) -> int:
    if isinstance(block, Parallel):
        return max((_n_gqa(part) for part in block.parts), default=0)
    if isinstance(block, MLA):
        return block.n_heads
    return block.n_heads // block.n_kv_heads if isinstance(block, Attention) and block.n_kv_heads else 0


def _category(role: str) -> str:
    """What the rule distinguishes: V, QKV, K, Q, O, DOWN, GATE, UP, HEAD, TABLE, or OTHER."""
    names = {"attn_v": "V", "attn_qkv": "QKV", "ssm_q": "QKV", "attn_k": "K", "attn_q": "Q", "attn_output": "O"}
    tables = {"output": "HEAD", "token_embd": "TABLE", "per_layer_token_embd": "TABLE"}
    for stem, category in (("ffn_up", "UP"), ("ffn_gate", "GATE"), ("ffn_down", "DOWN")):
        if role.startswith(stem):
            return category
    return (names | tables).get(role, "OTHER")


def gguf_tensors(model: ModelSpec, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The tensors as the converter writes them: the expansion of a latent in two, towers in a file of their own."""
    beside = {part.name for part in model.parts if not part.runs}
    latent = next((b for run in model.runs for b in run.layer.blocks if isinstance(b, MLA)), None)
    found: list[Tensor] = []
    for tensor in tensors:
        if tensor.component in beside:
            continue
        if tensor.role != "attn_kv_b" or latent is None:
            found.append(tensor)
            continue
        keys = (latent.n_heads * latent.kv_lora_rank, latent.qk_nope_head_dim)
        values = (latent.n_heads * latent.v_head_dim, latent.kv_lora_rank)
        found.append(replace(tensor, name=tensor.name + " (keys)", shape=keys))
        found.append(replace(tensor, name=tensor.name + " (values)", shape=values))
    return tuple(found)


def tensor_type(mix: str, tensor: Tensor, layer: int, shape: Shape) -> Format:
    """The type of one layer's tensor in a mix.

    Args:
        mix: A key of `BASE`.
        tensor: One of `gguf_tensors`.
        layer: Its layer, counted from 0; those of a prediction module come after the model's.
        shape: `shape_of` the model.
    """
    if tensor.role in KEPT or len(tensor.shape) < 2:
        return ggml_type("F16" if tensor.role.startswith(HALF) else "F32")
    category = _category(tensor.role)
    chosen = BASE[mix]
    if shape.packed_experts and tensor.role in EXPERTS:
        return ggml_type("MXFP4")
    if mix in ("F32", "F16", "BF16"):
        return ggml_type(chosen)
    if category == "HEAD" or (category == "TABLE" and shape.tied):
        chosen = _head(mix, tensor.shape[1], shape)
    elif mix == "MXFP4_MOE":
        chosen = "MXFP4" if tensor.n_experts > 1 else "Q8_0"
    elif category == "TABLE":
        chosen = _table(mix)
    elif mix in VERY_SMALL:
        chosen = _very_small(mix, category, layer, shape)
    elif category in ("V", "QKV"):
        chosen = _values(mix, layer, shape)
    elif category in ("K", "Q"):
        chosen = _keys_and_queries(mix, category, shape)
    elif category == "DOWN":
        chosen = _down(mix, layer, shape)
    elif category == "O":
        chosen = _attention_output(mix, shape)
    elif category in ("GATE", "UP") and mix == "IQ3_XS":
        outer = layer < shape.n_layers // 8 or layer >= 7 * shape.n_layers // 8
        chosen = BASE[mix] if outer else "IQ3_XXS"
    return _fitting(chosen, tensor.shape[1])


def _fitting(chosen: str, columns: int) -> Format:
    """The type, or the one it gives way to where a row is no multiple of its block."""
    if columns % BLOCKS[chosen][0]:
        chosen = NARROW.get(chosen, "F16")
    if columns % BLOCKS[chosen][0]:
        chosen = "F16"
    return ggml_type(chosen)


def _more_bits(nth: int, count: int) -> bool:
    """The first and the last eighth, and every third between."""
    return nth < count // 8 or nth >= 7 * count // 8 or (nth - count // 8) % 3 == 2


def _head(mix: str, columns: int, shape: Shape) -> str:
    if mix == "MXFP4_MOE" or shape.falcon or columns % BLOCKS[BASE[mix]][0]:
        return "Q8_0"
    if mix in VERY_SMALL or mix == "IQ3_XXS":
        return "Q5_K"
    return "Q8_0" if BASE[mix] == "Q8_0" else "Q6_K"


def _table(mix: str) -> str:
    if mix in ("IQ2_XXS", "IQ2_XS", "IQ1_S", "IQ1_M"):
        return "Q2_K"
    if mix in ("IQ2_S", "IQ2_M", "IQ3_XXS"):
        return "IQ3_S"
    return "Q4_K" if mix in ("TQ1_0", "TQ2_0") else BASE[mix]


def _very_small(mix: str, category: str, layer: int, shape: Shape) -> str:
    """The mixes of 1 and 2 bits."""
    better = "IQ3_S" if mix in ("IQ2_S", "IQ2_M") else "Q2_K"
    if category in ("V", "QKV"):
        return "Q4_K" if shape.n_gqa >= 4 or shape.n_experts >= 4 else better
    if category == "K" and shape.n_experts == 8:
        return "Q4_K"
    if category == "DOWN" and layer < shape.n_layers // 8:
        return better
    if category == "O":
        if shape.n_experts == 8:
            return "Q5_K"
        return {"IQ1_S": "IQ2_XXS", "IQ1_M": "IQ2_XXS", "IQ2_S": "IQ3_S", "IQ2_M": "IQ3_S"}.get(mix, BASE[mix])
    return BASE[mix]


def _values(mix: str, layer: int, shape: Shape) -> str:
    """Values, or queries, keys and values in one; the rule counts those layers alone."""
    nth, count = shape.value_layers.index(layer), len(shape.value_layers)
    grouped = shape.n_gqa >= 4
    chosen = BASE[mix]
    if mix == "Q2_K":
        chosen = "Q4_K" if grouped else "Q3_K"
    elif mix == "IQ3_M" or (grouped and mix in ("Q2_K_S", "IQ3_XXS", "IQ3_XS", "IQ3_S")):
        chosen = "Q4_K"
    elif mix == "Q3_K_M":
        chosen = "Q5_K" if nth < 2 else "Q4_K"
    elif mix == "Q3_K_L" or (grouped and mix in ("IQ4_NL", "IQ4_XS")):
        chosen = "Q5_K"
    elif mix in ("Q4_K_M", "Q5_K_M") and _more_bits(nth, count):
        chosen = "Q6_K"
    elif mix == "Q4_K_S" and nth < 4:
        chosen = "Q5_K"
    if shape.seventy and chosen in ("Q3_K", "Q4_K"):
        chosen = "Q5_K"
    return "Q8_0" if shape.n_experts == 8 else chosen


def _keys_and_queries(mix: str, category: str, shape: Shape) -> str:
    if category == "K" and shape.n_experts == 8:
        return "Q8_0"
    return {"IQ3_XS": "IQ3_XXS", "IQ3_XXS": "IQ2_S"}.get(mix, BASE[mix])


def _down(mix: str, layer: int, shape: Shape) -> str:
    n_layers = shape.n_layers
    early, more = layer < n_layers // 8, _more_bits(layer, n_layers)
    if mix == "Q2_K":
        return "Q3_K"
    if mix == "Q3_K_M":
        if layer < n_layers // 16:
            return "Q5_K"
        return "Q4_K" if not shape.falcon or more else "Q3_K"
    if mix == "Q3_K_L":
        return "Q4_K" if shape.falcon else "Q5_K"
    if mix == "Q4_K_M" and shape.falcon:
        return "Q6_K" if layer < n_layers // 16 else "Q5_K" if more else "Q4_K"
    if mix in ("Q4_K_M", "Q5_K_M") and more:
        return "Q6_K"
    if mix == "IQ3_M" and (early or (shape.n_experts == 8 and more)):
        return "Q4_K"
    if early and mix == "Q2_K_S":
        return "Q4_K"
    if early and (mix in ("IQ4_NL", "IQ4_XS") or (mix == "Q4_K_S" and not shape.falcon)):
        return "Q5_K"
    return BASE[mix]


def _attention_output(mix: str, shape: Shape) -> str:
    if shape.falcon:
        return "Q4_K" if mix == "Q3_K_L" else BASE[mix]
    if shape.n_experts == 8:
        return "Q5_K" if mix in RAISED else BASE[mix]
    better = {"Q2_K": "Q3_K", "IQ3_XXS": "IQ3_S", "Q3_K_M": "Q4_K", "Q3_K_L": "Q5_K", "IQ3_M": "Q4_K"}
    return better.get(mix, BASE[mix])


def layer_number(tensor: Tensor, layer: int, model: ModelSpec) -> int:
    """The number that a file gives a layer: those of a prediction module follow the model's."""
    if layer == OUTSIDE or tensor.component not in {part.name for part in model.parts}:
        return layer
    return model.n_layers + layer
