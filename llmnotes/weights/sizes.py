"""Bytes of a model's weights, group by group, as its checkpoint states them or in a form that is asked for."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from llmnotes.blocks.attention import Attention, SharedKVAttention
from llmnotes.cost.assumptions import Precision
from llmnotes.spec import CHECKPOINT, ModelSpec
from llmnotes.weights import formats
from llmnotes.weights.dialect import EXPERTS, HEAD, KEPT_IN_8_BITS, ROUTERS, Picker
from llmnotes.weights.formats import Format
from llmnotes.weights.quantization import Stated, read_stated
from llmnotes.weights.tensors import OUTSIDE, Tensor, tensors_of


@dataclass(frozen=True)
class Group:
    """Equal tensors of one form.

    Attributes:
        name: Their module name; `*` stands for layers and experts.
        component: The component of `count_params`, or the part beside the decoder.
        n_layers: Layers that hold them; 0 outside of layers.
        n_params: Parameters of all of them.
        form: Their form.
        n_bytes: Bytes of all of them, with what the form needs.
    """

    name: str
    component: str
    n_layers: int
    n_params: int
    form: str
    n_bytes: float


@dataclass(frozen=True)
class StoredWeights:
    """The weights of a model as they are stored.

    Attributes:
        groups: Every tensor, in groups.
        form: What they are called together: the dialect of the checkpoint, or the form that was asked for.
        stated: The checkpoint says so; otherwise it was asked for, or `form` is an assumption.
        assumed: What the configuration does not say, one sentence each.
        parts: Parts beside the decoder.
        checkpoint_parts: Those of them that the file holds and the decoder runs without.
        cache: The type of the cache that the checkpoint states; empty where it does not.
    """

    groups: tuple[Group, ...]
    form: str
    stated: bool
    assumed: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    checkpoint_parts: tuple[str, ...] = ()
    cache: str = ""

    @property
    def checkpoint_bytes(self) -> float:
        """Bytes of everything in the files."""
        return sum(group.n_bytes for group in self.groups)

    @property
    def running_bytes(self) -> float:
        """Bytes of what runs: without prediction modules and heads that only the file holds."""
        return sum(group.n_bytes for group in self.groups if group.component not in self.checkpoint_parts)

    @property
    def bits_per_param(self) -> float:
        """Mean bits of a number of everything in the files."""
        return 8 * self.checkpoint_bytes / sum(group.n_params for group in self.groups)

    def bits_of(self, *, experts: bool) -> float:
        """Mean bits of a number of the decoder: of routed experts, or of everything else; 0 without any."""
        return _mean_bits(group for group in self._decoder if (group.component == "experts_routed") is experts)

    @property
    def read_bits(self) -> float:
        """Mean bits of a number that each token reads, routed experts left out: of a table of tokens beside a head of
        its own, it reads one row."""
        beside = {"embedding_token"} if any(group.component == "lm_head" for group in self._decoder) else set()
        return _mean_bits(group for group in self._decoder if group.component not in beside | {"experts_routed"})

    @property
    def _decoder(self) -> tuple[Group, ...]:
        return tuple(group for group in self.groups if group.component not in self.parts)


def _mean_bits(groups: Iterable[Group]) -> float:
    n_bytes = count = 0.0
    for group in groups:
        n_bytes += group.n_bytes
        count += group.n_params
    return 8 * n_bytes / count if count else 0.0


def memory_precision(stored: StoredWeights, *, cache: float = 16, state: float = 32) -> Precision:
    """Precision under which a model takes the memory that its stored weights take: what is no routed expert shares the
    bytes of everything else that runs, towers and projectors included.

    Args:
        stored: The weights of the model.
        cache: Bits of a cached number.
        state: Bits of a number of recurrent state.

    >>> from llmnotes.registry import load_model
    >>> memory_precision(stored_weights(load_model("llama-3.1-8b"), "bf16")).weights
    16.0
    """
    experts = [group for group in stored.groups if group.component == "experts_routed"]
    expert_bytes = sum(group.n_bytes for group in experts)
    rest = sum(group.n_params for group in stored.groups if group.component not in ("experts_routed", *stored.parts))
    return Precision(
        weights=8 * (stored.running_bytes - expert_bytes) / rest,
        experts=stored.bits_of(experts=True) or None,
        cache=cache,
        state=state,
    )


def stored_weights(model: ModelSpec, form: str | None = None) -> StoredWeights:
    """The weights of a model, as its checkpoint states them or in another form.

    Args:
        model: The model.
        form: A name of `known_forms`, which is that of the published file where there is one (many keep attention in
            16 bits); `None`: as the configuration states.

    Raises:
        ValueError: If the form is not known, or the checkpoint's is not understood.

    >>> from llmnotes.registry import load_model
    >>> stored_weights(load_model("llama-3.1-8b"), "q4_k_m").checkpoint_bytes
    4912898048.0
    """
    tensors = tensors_of(model)
    parts = tuple(part.name for part in model.parts)
    only_stored = tuple(part.name for part in model.parts if part.held == CHECKPOINT)
    if form is None and "tensors" in model.stated:  # a weight file's own header
        return _as_stored(model.stated["tensors"], model.stated["form"])
    if form is None:
        stated = read_stated(model.stated, model.name)
        if stated.method == "mlx":
            pick = replace(stated.pick, kept=_kept_by_mlx(model), parts=_projected_by_mlx(model))
            stated = replace(stated, pick=pick)
        elif model.family in WIDE and not stated.method:
            stated = replace(stated, pick=replace(stated.pick, wide=WIDE[model.family]))
        groups = (*_grouped(model, tensors, stated.base, stated.pick), *_frequencies(model, stated.base))
        groups += (*_masks(model, stated.base), *_head_again(model, stated.base), *_unused(model, stated))
        groups, told = _as_indexed(groups, model.stated.get("index_bytes"), stated.base)
        return StoredWeights(
            groups=groups,
            form=stated.method or stated.base.name,
            stated=bool(stated.method or stated.dtype),
            assumed=(
                *(() if stated.dtype else (f"dtype is absent; {stated.base.name} assumed",)),
                *stated.pick.assumed,
                *told,
            ),
            parts=(*parts, AGAIN, MASKS, UNUSED, UNCOUNTED, MISSING),
            checkpoint_parts=(*only_stored, AGAIN, MASKS, UNUSED, MISSING),
            cache=stated.cache,
        )
    name = form.strip().lower().replace("_", "-")
    if name in model.published_forms:
        published = {**model.stated, "quantization": model.published_forms[name]}
        found = stored_weights(replace(model, stated=published))
        return replace(found, form=name, stated=False, cache="")
    name = formats.ALIASES.get(name, name)
    if name in formats.NAMED:
        chosen = formats.NAMED[name]
        groups = _grouped(model, tensors, _base_of(chosen), _picker(chosen, model))
    else:
        name, groups = _gguf(model, tensors, form)
    return StoredWeights(groups, name, False, parts=parts, checkpoint_parts=only_stored)


def _as_stored(tensors, form: str) -> StoredWeights:
    """The tensors of a weight file, equal ones of all layers together."""
    found: dict[tuple[str, str], list[float]] = {}
    for tensor in tensors:
        name = re.sub(r"\d+", "*", tensor.name)
        sums = found.setdefault((name, tensor.type), [0, 0, 0])
        for place, number in enumerate((1, tensor.n_params, tensor.n_bytes)):
            sums[place] += number
    groups = tuple(
        Group(name, "stored", int(n) if "*" in name else 0, int(n_params), kind, n_bytes)
        for (name, kind), (n, n_params, n_bytes) in found.items()
    )
    return StoredWeights(groups, form, True)


# Components that a family's files keep in float32, whatever `torch_dtype` says. Source: modeling_chatglm.py, where the
# layer norms alone are made without `params_dtype`; vLLM at 01c91c0, minimax_text_01.py, whose gate is float32; the
# indexes of both, in tests/test_config.py.
WIDE: dict[str, tuple[str, ...]] = {"chatglm_6b": ("norm",), "minimax_m1": ("router",)}

# Families whose own code stores its rotary frequencies: their name, numbers of a head for each, whether each layer has
# them, and their form where it is not that of the weights.
FREQUENCIES: dict[str, tuple[str, int, bool, Format | None]] = {
    "chatglm_6b": ("transformer.layers.*.attention.rotary_emb.inv_freq", 4, True, None),
    "chatglm": ("transformer.rotary_pos_emb.inv_freq", 4, False, None),
    "internlm": ("model.layers.*.self_attn.rotary_emb.inv_freq", 2, True, formats.F32),
    "PanguEmbedded": ("model.layers.*.self_attn.rotary_emb.inv_freq", 2, True, formats.F32),
}


def _frequencies(model: ModelSpec, base: Format) -> Iterable[Group]:
    """Tables that a checkpoint holds beside its parameters."""
    if model.family not in FREQUENCIES:
        return
    name, share, in_each, form = FREQUENCIES[model.family]
    head_dim = next(block.head_dim for block in model.layers[0].blocks if isinstance(block, Attention))
    form, n_layers = form or base, model.n_layers if in_each else 0
    yield Group(name, "frequencies", n_layers, 0, form.name, (n_layers or 1) * form.n_bytes(1, head_dim // share))


def _masks(model: ModelSpec, base: Format) -> Iterable[Group]:
    """Masks of attention that old code saved with each layer, a row and a column for each position.

    Source:
        GPT-2 and GPT as they were first published, in float32: the numbers in their files (huggingface/safetensors,
        temp.md). A byte for each pair later: `register_buffer` of `GPTNeoXAttention` and `GPT2Attention` in
        transformers 4.20.1 to 4.31.0; the bytes of three files by their LFS pointers (drcege/RedPajama-INCITE-7B-Base
        at 4.28.1, kamgueblondin/testGPT at 4.28.0, theonlyengine/education-teacher-assistant at 4.30.0), where an
        index counts the pairs as bits.
    """
    version = re.match(r"4\.(\d+)", str(model.stated.get("version", "")))
    old = version is not None and int(version.group(1)) <= MASKED_UNTIL.get(model.family, -1)
    first = model.family in ("gpt2", "openai-gpt") and "assumed_dtype" in model.stated and "version" not in model.stated
    if model.n_ctx and (old or first):
        n_bytes = model.n_layers * model.n_ctx**2 * (4 if first else 1)
        yield Group("*.attn.bias", MASKS, model.n_layers, 0, base.name, n_bytes)


# The last version 4.x of transformers whose class of a family saved them.
MASKED_UNTIL = {"gpt2": 29, "gpt_neox": 30}


# Families whose own code saves the head although it is the table of tokens, so that their files hold it twice. Source:
# the indexes of Decentralised-AI/falcon-40b at e7950c4 and oguzaybilir/LocateAnything-3B-FineTuning at 1f55ca0.
HEAD_AGAIN = ("RefinedWeb", "RefinedWebModel", "locateanything")
SAVED_ONCE = 35  # the version 4.x of transformers since which files are safetensors, with each tensor once
# Components of the files alone: that head, masks, keys and values that no layer reads, what the index counts beyond
# everything here, and the reverse.
AGAIN, MASKS, UNUSED, UNCOUNTED, MISSING = "head_again", "masks", "unused_keys", "uncounted", "missing"


def _head_again(model: ModelSpec, base: Format) -> Iterable[Group]:
    """A tied head that the files hold a second time, where the family or the tool does so or the index lists it.

    Source:
        AutoGPTQ, `auto_gptq/modeling/_base.py` at 9f7d370 (save_quantized), which clones every tensor before it saves.
        Falcon as it was published under its later name: the index of Alikhan13r/falcon-180B-chat at 50071b0.
    """
    ends, quantized = model.embedding, model.stated.get("quantization")
    again = isinstance(quantized, Mapping) and "model_file_base_name" in quantized
    version = re.match(r"4\.(\d+)", str(model.stated.get("version", "")))
    if model.stated.get("outer") == "falcon" and not quantized and version is not None:
        again = int(version.group(1)) < SAVED_ONCE
    if ends.tied and (again or model.stated.get("head_again") or model.stated.get("outer") in HEAD_AGAIN):
        n_bytes = base.n_bytes(ends.vocab_size, ends.d_model)
        yield Group("lm_head", AGAIN, 0, ends.vocab_size * ends.d_model, base.name, n_bytes)


def _unused(model: ModelSpec, stated: Stated) -> Iterable[Group]:
    """Keys and values of layers that read the cache of an earlier one: Gemma's published files hold them all the same.

    Source:
        Parameters of google/gemma-4-E2B and E4B as the hub adds them up (18,880,512 and 55,055,616 beyond what the
        class holds); the bytes of their copies for MLX in 16 bits (exo-explore/exo, `resources/inference_model_cards`).
    """
    if not model.family.startswith(("gemma3n", "gemma4")):
        return
    places: dict[tuple[int, int, int], list[int]] = {}
    layer = 0
    for run in model.runs:
        for block in run.layer.blocks:
            if isinstance(block, SharedKVAttention):
                shape = block.n_kv_heads * block.head_dim, block.d_model, block.qk_norm_params
                places.setdefault(shape, []).extend(range(layer, layer + run.count))
        layer += run.count
    for (rows, columns, norm), layers in places.items():
        for role, name, shape in (
            ("attn_k", "k_proj", (rows, columns)),
            ("attn_v", "v_proj", (rows, columns)),
            ("rest", "k_norm", (norm,)),
        ):
            tensor = Tensor(f"model.layers.{{i}}.self_attn.{name}", shape, role, UNUSED, tuple(layers))
            yield from _grouped(model, (tensor,), stated.base, stated.pick)


def _as_indexed(
    groups: tuple[Group, ...], total: float | None, base: Format
) -> tuple[tuple[Group, ...], tuple[str, ...]]:
    """The groups with what makes them as large as the index of the weight files says, and a sentence about it.

    What the index counts further (a tower that the configuration does not describe, tables of angles) runs too, as far
    as anyone can tell; what it lacks (a prediction module that was dropped) is taken from the files alone. An index
    that is off by half is of other weights, and changes nothing.
    """
    counted = sum(group.n_bytes for group in groups)
    if not total or total == counted:
        return groups, ()
    if not counted / 2 < total < 2 * counted:
        return groups, (f"the index of the weight files counts {total:,.0f} bytes, as if of other weights: left out",)
    more = total - counted
    name = UNCOUNTED if more > 0 else MISSING
    told = f"{abs(more):,.0f} bytes are added, as the index of the weight files counts them"
    if more < 0:
        told = f"{abs(more):,.0f} bytes are taken off, which the index of the weight files does not count"
    return (*groups, Group(name, name, 0, 0, base.name, more)), (told,)


def _gguf(model: ModelSpec, tensors: tuple[Tensor, ...], form: str) -> tuple[str, tuple[Group, ...]]:
    from llmnotes.weights.gguf import gguf_tensors, layer_number, mix_named, shape_of, tensor_type

    mix = mix_named(form)
    if mix is None:
        raise unknown_form(form)
    tensors = gguf_tensors(model, tensors)
    shape = shape_of(model, tensors)

    def by_rule(tensor: Tensor, layer: int) -> Format:
        return tensor_type(mix, tensor, layer_number(tensor, layer, model), shape)

    return mix, _by_layer(tensors, by_rule)


def known_forms() -> tuple[str, ...]:
    """Every form that can be asked for: those of Python's engines, then GGUF's."""
    from llmnotes.weights.gguf import BASE

    floats = ("F32", "F16", "BF16")
    return (*formats.NAMED, *(f"gguf-{name.lower()}" if name in floats else name for name in BASE))


def unknown_form(form: str) -> ValueError:
    """The error for a form that is not known."""
    if form.strip().upper().startswith("UD"):
        return ValueError(
            f"{form!r} is chosen model by model and follows no rule; give the file itself, or a plain mix"
        )
    names = known_forms()
    near = get_close_matches(form.lower(), [name.lower() for name in names], n=3, cutoff=0.6)
    hint = f"closest: {', '.join(near)}; " if near else ""
    return ValueError(f"{form!r} is not a form of weights; {hint}known: {', '.join(names)}")


def _base_of(chosen: Format) -> Format:
    """The type of what a form leaves alone: itself where it is a plain type, else 16 bits."""
    return chosen if chosen in (formats.F32, formats.F16) else formats.BF16


def _picker(chosen: Format, model: ModelSpec) -> Picker:
    """What tools convert by default: linear layers, tables too in MLX, experts alone in MXFP4 where there are any."""
    if chosen in (formats.F32, formats.F16, formats.BF16):
        return Picker(None)
    if chosen.name.startswith("mlx"):
        return Picker(chosen, kept=_kept_by_mlx(model), tables=True, parts=_projected_by_mlx(model))
    has_experts = any(block.expert_groups() for run in model.census for block in run.layer.blocks)
    only = EXPERTS if chosen.name == "mxfp4" and has_experts else ()
    return Picker(chosen, kept=ROUTERS + HEAD + KEPT_IN_8_BITS, only=only)


# Families whose router is a plain array in MLX, not a layer that it would quantize. Source: mlx-lm's models at d78bf58;
# mistral4 by a published file.
PLAIN_ROUTERS = frozenset(
    """
    deepseek deepseek_v2 deepseek_v3 deepseek_v32 dots1 exaone_moe glm4_moe glm4_moe_lite glm_moe_dsa kimi_k2 laguna
    mimo_v2_flash mistral4 nemotron_h
    """.split()  # noqa: SIM905 - a dozen words read better as a paragraph
)


def _kept_by_mlx(model: ModelSpec) -> tuple[str, ...]:
    return ROUTERS[:1] if model.family in PLAIN_ROUTERS else ()


def _projected_by_mlx(model: ModelSpec) -> tuple[str, ...]:
    """Parts that MLX quantizes too: it leaves out what has a tower in its name, and other projectors by name, which
    Gemma's embed_vision and embed_audio do not have.

    Source:
        mlx-vlm at 9b13f522, `utils.py` (skip_multimodal_module); the bytes of Gemma 4 in 4, 6 and 8 bits
        (exo-explore/exo, `resources/inference_model_cards`).
    """
    return ("projector",) if model.family.startswith(("gemma3n", "gemma4")) else ()


def _grouped(model: ModelSpec, tensors: tuple[Tensor, ...], base: Format, pick: Picker) -> tuple[Group, ...]:
    if not pick.asks_names:
        return _together((tensor, {pick(tensor, ()) or base: len(tensor.layers)}) for tensor in tensors)

    def by_name(tensor: Tensor, layer: int) -> Format:
        return pick(tensor, _names(tensor, layer, model)) or base

    return _by_layer(tensors, by_name)


def _names(tensor: Tensor, layer: int, model: ModelSpec) -> tuple[str, ...]:
    """The names by which a list may call a tensor: those of prediction modules follow the model's layers, or stand
    apart. The first expert speaks for all of a layer."""
    name = tensor.name.replace("{e}", "0")
    if tensor.n_experts > 1 and "{e}" not in tensor.name:
        name = name.replace("experts.", "experts.0.")
    if layer == OUTSIDE:
        return (name,)
    names = (name.replace("{i}", str(layer)),)
    if any(part.name == tensor.component for part in model.parts):
        inside = name.split(".layers.{i}.")[-1]
        names += (
            f"model.layers.{model.n_layers + layer}.{inside}",
            f"mtp.layers.{layer}.{inside}",
            f"mtp.{layer}.{inside}",
        )
    return names


def _by_layer(tensors: tuple[Tensor, ...], form_of: Callable[[Tensor, int], Format]) -> tuple[Group, ...]:
    """Every tensor in the form of its layer."""
    return _together((tensor, Counter(form_of(tensor, layer) for layer in tensor.layers)) for tensor in tensors)


def _together(found: Iterable[tuple[Tensor, Mapping[Format, int]]]) -> tuple[Group, ...]:
    """Tensors, with the number of layers that have each in which form: those of one name and one form together."""
    groups: dict[tuple[str, str, str], Group] = {}
    for tensor, layers in found:
        rows, columns = tensor.shape if len(tensor.shape) == 2 else (1, tensor.shape[0])
        name = tensor.name.replace("{i}", "*").replace("{e}", "*")
        for form, count in layers.items():
            each = count * tensor.n_experts
            key = (name, tensor.component, form.name)
            so_far = groups.get(key, Group(*key[:2], 0, 0, form.name, 0.0))
            groups[key] = replace(
                so_far,
                n_layers=so_far.n_layers + (0 if tensor.layers == (OUTSIDE,) else count),
                n_params=so_far.n_params + each * rows * columns,
                n_bytes=so_far.n_bytes + each * form.n_bytes(rows, columns),
            )
    return tuple(groups.values())
