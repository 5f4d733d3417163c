"""Adapters beside a model: low-rank ones (LoRA, DoRA), PEFT's other methods, learned tokens.

A module of $m$ outputs and $n$ inputs takes two matrices of rank $r$, $r (m + n)$ parameters; DoRA adds $m$ magnitudes.
Source: LoRA (arXiv:2106.09685), section 4.1; DoRA (arXiv:2402.09353), section 4; names match as in PEFT.
"""

import re
from dataclasses import replace

from llmnotes.blocks.attention import Attention
from llmnotes.config import MODULES
from llmnotes.config.keys import ConfigError
from llmnotes.config.kinds.adapter import ALL_LINEAR, SECOND, STACKED, Adapter, prompt_params
from llmnotes.config.kinds.peft import BY_MODULE, BY_TOKEN, Stored
from llmnotes.report import count_params
from llmnotes.spec import ModelSpec, Part
from llmnotes.weights.tensors import OUTSIDE, Tensor, tensors_of

# Families whose experts every version of transformers holds as stacked parameters, and whose routers are parameters
# too: PEFT finds modules there by `target_parameters` alone.
STACKED_ALWAYS = frozenset(
    """
    aria_text dbrx gpt_oss granitemoe granitemoehybrid granitemoeshared llama4_text qwen3_5_moe_text qwen3_vl_moe_text
    """.split()  # noqa: SIM905 - so many words read better as a paragraph
)
ROUTERS = re.compile(r"(?<!feed_forward)\.(gate|router|router\.layer)$")  # that of Llama 4 is a module
# What PEFT 0.21 takes where a file names no modules (`utils/constants.py`, by `model_type`).
USUAL = {
    **dict.fromkeys(
        (
            *("gemma", "gemma2", "gemma3_text", "gptj", "gpt_neo", "llama", "llama4_text", "mistral", "mixtral", "opt"),
            *("qwen2", "qwen3", "stablelm"),
        ),
        ("q_proj", "v_proj"),
    ),
    **dict.fromkeys(("bloom", "chatglm", "falcon", "gpt_neox"), ("query_key_value",)),
    "gpt2": ("c_attn",),
    "gpt_bigcode": ("c_attn",),
    "mpt": ("Wqkv",),
    "phi": ("fc1", "fc2", "q_proj", "v_proj"),
}
# Repeated repetitions and repeated choices, which can take for ever.
SLOW = (r"[*+}]\)*[*+{]", r"\|[^()]*\)+[*+{]")


def with_adapter(base: ModelSpec, adapter: Adapter, name: str) -> ModelSpec:
    """The model with the adapter beside it; its file holds the adapter alone.

    Args:
        base: The model it was trained on.
        adapter: What its file says.
        name: What to call it in messages.

    Raises:
        ConfigError: If no module of the model is meant.
    """
    if adapter.method in BY_TOKEN:
        return _with_tokens(base, adapter)
    if not adapter.targets and not adapter.pattern and not adapter.parameters:
        if adapter.method or base.family not in USUAL:
            raise ConfigError(f"{name}: target_modules is missing, and PEFT has none for {base.family}; name them")
        adapter = replace(adapter, targets=USUAL[base.family])
    part, trained, told = _part(base, adapter, name)
    counted = count_params(base)
    warnings = [f"{adapter.told()}, counted beside {base.name}: {trained:,} modules", *told]
    return replace(
        base,
        parts=(*base.parts, part),
        borrowed_params=counted.checkpoint,
        warnings=(*warnings, *base.warnings),
    )


def _with_tokens(base: ModelSpec, adapter: Adapter) -> ModelSpec:
    """The model with the tokens that were learned, or the keys and values in their place."""
    numbers = dict(adapter.numbers)
    numbers["num_hidden_layers"] = numbers["num_hidden_layers"] or base.n_layers
    if not numbers["token_dim"]:
        numbers["token_dim"] = base.embedding.d_model
        first = next((block for block in base.layers[0].blocks if isinstance(block, Attention)), None)
        if numbers["is_prefix"] and first is not None:
            numbers["token_dim"] = first.n_kv_heads * first.head_dim
    n_params = prompt_params(numbers)
    told = f"{adapter.told()}, counted beside {base.name}: {n_params:,} parameters, and so many positions of its cache"
    return replace(
        base,
        parts=(*base.parts, Part("adapter", (), n_params)),
        borrowed_params=count_params(base).checkpoint,
        warnings=(told, *base.warnings),
    )


def _beside(adapter: Adapter, name: str, rows: int, columns: int) -> Stored:
    """What an adapter stores beside one module."""
    if adapter.method == "IA3":
        return [], columns if any(_ends(name, one) for one in adapter.feed_forward) else rows
    if adapter.method:
        return BY_MODULE[adapter.method][1](dict(adapter.numbers), rows, columns)
    rank = _rank(adapter, name)
    more = rows * (adapter.magnitudes + adapter.biased) + rank * adapter.singular
    return [(rank, columns), (rows, rank)], more


def _once(adapter: Adapter, modules: list[tuple[int, int]], d_model: int) -> Stored:
    """What an adapter stores beside all modules together: VeRA's random matrices, rows of tables that are trained."""
    rows = adapter.tokens * d_model
    if not dict(adapter.numbers).get("save_projection"):
        return [], rows
    rank = adapter.rank
    return [(rank, max(columns for _, columns in modules)), (max(rows for rows, _ in modules), rank)], 0


def _part(base: ModelSpec, adapter: Adapter, name: str) -> tuple[Part, int, list[str]]:
    shapes: dict[tuple[int, int], int] = {}
    modules: list[tuple[int, int]] = []
    vectors = trained = apart = 0
    seen: set[str] = set()
    tensors = [tensor for tensor in tensors_of(base) if len(tensor.shape) == 2]
    for tensor in tensors:
        rows, columns = tensor.shape
        for layer in _layers(tensor, adapter):
            name = tensor.name.replace("{i}", str(layer)).replace("{e}", "0")
            saved = [one for one in adapter.saved if _ends(tensor.name, one)]
            stacked = next((one for one in adapter.parameters if _is_stack(one, tensor, layer)), None)
            bare = base.family in STACKED_ALWAYS and _is_bare(tensor)
            spared = bare or any(_ends(name, one) or _ends(tensor.name, one) for one in adapter.excluded)
            target = None if saved or stacked or spared else _target(adapter, tensor, name)
            apart += tensor.n_experts if target and tensor.n_experts > 1 else 0
            seen.update(saved, [one for one in (stacked, target) if one])
            if saved:
                vectors += tensor.n_experts * tensor.shape[0] * tensor.shape[1]
            elif stacked or target:
                found, more = _beside(adapter, name, rows, columns)
                if stacked and tensor.name.rsplit(".", 1)[-1] in SECOND:
                    found = found[1:]
                for shape in found:
                    shapes[shape] = shapes.get(shape, 0) + tensor.n_experts
                vectors += tensor.n_experts * (more + (rows if adapter.biases == "only" and tensor.biased else 0))
                trained += tensor.n_experts
                modules.append((rows, columns))
    if trained and adapter.biases == "all":
        vectors += _biases(base)
    if not trained and not vectors:
        known = sorted({tensor.name.rsplit(".", 1)[-1] for tensor in tensors})
        raise ConfigError(f"{name}: no module of {base.name} is named {_wanted(adapter)}; it has {', '.join(known)}")
    if modules:
        found, more = _once(adapter, modules, base.embedding.d_model)
        vectors += more
        for shape in found:
            shapes[shape] = shapes.get(shape, 0) + 1
    wanted = (*adapter.targets, *adapter.parameters, *adapter.saved)
    unmatched = [target for target in wanted if target not in seen | {ALL_LINEAR}]
    matrices = tuple((rows, columns, n) for (rows, columns), n in shapes.items() if n)
    told = [] if not apart else [APART.format(apart)]
    return Part("adapter", matrices, vectors), trained, [*_unmatched(base, unmatched), *told]


def _biases(base: ModelSpec) -> int:
    """Every bias of a model: of its matrices, its head, and its norms where they have some."""
    d_model, ends = base.embedding.d_model, base.embedding
    found = sum(
        tensor.shape[0] * tensor.n_experts * len(tensor.layers)
        for tensor in tensors_of(base)
        if tensor.biased or tensor.name.endswith(".bias")
    )
    if base.family in MODULES["layernorm"].split() and ends.norm_params % (2 * d_model) == 0:
        found += (ends.norm_params + sum(run.count * run.layer.norm_params for run in base.runs)) // 2
    return found


APART = (
    "{:,} matrices of experts have a module each, as transformers 4 builds them; transformers 5 stacks them, and what "
    "is trained there differs"
)


def _unmatched(base: ModelSpec, unmatched: list[str]) -> list[str]:
    named = ", ".join(unmatched)
    return [f"no module of {base.name} is named {named}; nothing is counted for it"] if unmatched else []


def _is_bare(tensor: Tensor) -> bool:
    """Whether it is a matrix of an expert or of a router."""
    return tensor.n_experts > 1 or ROUTERS.search(tensor.name) is not None


def _wanted(adapter: Adapter) -> str:
    return adapter.pattern or ", ".join(adapter.targets + adapter.parameters)


def _ends(name: str, target: str) -> bool:
    return name == target or name.endswith(f".{target}")


def _layers(tensor: Tensor, adapter: Adapter) -> list[int]:
    """The layers of a tensor that an adapter is not kept from."""
    limited = adapter.layers and tensor.layers != (OUTSIDE,)
    return [layer for layer in tensor.layers if not limited or layer in adapter.layers]


def _is_stack(parameter: str, tensor: Tensor, layer: int) -> bool:
    """Whether this matrix is, or is a part of, the stack of experts that a name means in this layer."""
    place, _, stack = parameter.rpartition("experts.")
    _, inside, last = tensor.name.rpartition(".experts.")
    numbers = re.findall(r"(?<![^.])\d+(?=\.)", place)
    return bool(inside) and last.split(".")[-1] in STACKED[stack] and (not numbers or int(numbers[-1]) == layer)


def _target(adapter: Adapter, tensor: Tensor, name: str) -> str | None:
    """The target that means this tensor of one layer; `None` if none does."""
    if ALL_LINEAR in adapter.targets:
        return ALL_LINEAR if tensor.layers != (OUTSIDE,) and tensor.is_matrix else None
    if adapter.pattern:
        return adapter.pattern if _matches(adapter.pattern, name) else None
    return next((target for target in adapter.targets if _ends(name, target)), None)


def _matches(pattern: str, name: str) -> bool:
    if len(pattern) > 200 or any(re.search(slow, pattern) for slow in SLOW):
        raise ConfigError(f"the pattern {pattern[:60]!r} is not understood; name the modules in a list")
    try:
        return re.fullmatch(pattern, name) is not None
    except re.error:
        raise ConfigError(
            f"the pattern {pattern[:60]!r} is no regular expression; name the modules in a list"
        ) from None


def _rank(adapter: Adapter, name: str) -> int:
    return next((rank for key, rank in adapter.ranks if _ends(name, key)), adapter.rank)
