"""Low-rank adapters (LoRA, DoRA) on the matrices of a model.

A module of $m$ outputs and $n$ inputs takes two matrices of rank $r$, $r (m + n)$ parameters; DoRA adds $m$ magnitudes.
Source: LoRA (arXiv:2106.09685), section 4.1; DoRA (arXiv:2402.09353), section 4; names match as in PEFT.
"""

import re
from dataclasses import replace

from llmnotes.config.keys import ConfigError
from llmnotes.config.kinds.adapter import ALL_LINEAR, Adapter
from llmnotes.report import count_params
from llmnotes.spec import ModelSpec, Part
from llmnotes.weights.tensors import OUTSIDE, Tensor, tensors_of

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
    part, trained, unmatched = _part(base, adapter, name)
    counted = count_params(base)
    warnings = [f"{adapter.told()}, counted beside {base.name}: {trained:,} modules"]
    if unmatched:
        warnings.append(f"no module of {base.name} is named {', '.join(unmatched)}; nothing is counted for it")
    return replace(
        base,
        parts=(*base.parts, part),
        borrowed_params=counted.checkpoint,
        warnings=(*warnings, *base.warnings),
    )


def _part(base: ModelSpec, adapter: Adapter, name: str) -> tuple[Part, int, list[str]]:
    shapes: dict[tuple[int, int], int] = {}
    vectors = trained = 0
    seen: set[str] = set()
    tensors = [tensor for tensor in tensors_of(base) if len(tensor.shape) == 2]
    for tensor in tensors:
        target = _target(adapter, tensor)
        if any(_ends(tensor.name, saved) for saved in adapter.saved):
            vectors += tensor.n_params
            seen.update(saved for saved in adapter.saved if _ends(tensor.name, saved))
        elif target is not None:
            seen.add(target)
            n = _n_modules(tensor, adapter)
            rank = _rank(adapter, tensor.name)
            rows, columns = tensor.shape
            for shape in ((rank, columns), (rows, rank)):
                shapes[shape] = shapes.get(shape, 0) + n
            vectors += n * rows if adapter.magnitudes else 0
            trained += n
    if not trained and not vectors:
        known = sorted({tensor.name.rsplit(".", 1)[-1] for tensor in tensors})
        raise ConfigError(f"{name}: no module of {base.name} is named {_wanted(adapter)}; it has {', '.join(known)}")
    unmatched = [target for target in (*adapter.targets, *adapter.saved) if target not in seen | {ALL_LINEAR}]
    matrices = tuple((rows, columns, n) for (rows, columns), n in shapes.items() if n)
    return Part("adapter", matrices, vectors), trained, unmatched


def _wanted(adapter: Adapter) -> str:
    return adapter.pattern or ", ".join(adapter.targets)


def _ends(name: str, target: str) -> bool:
    return name == target or name.endswith(f".{target}")


def _target(adapter: Adapter, tensor: Tensor) -> str | None:
    """The target that means this tensor; `None` if none does."""
    inside = tensor.layers != (OUTSIDE,)
    if ALL_LINEAR in adapter.targets:
        return ALL_LINEAR if inside and tensor.is_matrix else None
    if adapter.pattern:
        example = tensor.name.replace("{i}", "0").replace("{e}", "0")
        return adapter.pattern if _matches(adapter.pattern, example) else None
    return next((target for target in adapter.targets if _ends(tensor.name, target)), None)


def _matches(pattern: str, name: str) -> bool:
    if len(pattern) > 200 or any(re.search(slow, pattern) for slow in SLOW):
        raise ConfigError(f"the pattern {pattern[:60]!r} is not understood; name the modules in a list")
    try:
        return re.fullmatch(pattern, name) is not None
    except re.error:
        raise ConfigError(
            f"the pattern {pattern[:60]!r} is no regular expression; name the modules in a list"
        ) from None


def _n_modules(tensor: Tensor, adapter: Adapter) -> int:
    layers = set(tensor.layers)
    if adapter.layers and tensor.layers != (OUTSIDE,):
        layers &= set(adapter.layers)
    return len(layers) * tensor.n_experts


def _rank(adapter: Adapter, name: str) -> int:
    plain = name.replace("{i}", "0").replace("{e}", "0")
    for key, rank in adapter.ranks:
        if _ends(plain, key):
            return rank
    return adapter.rank
