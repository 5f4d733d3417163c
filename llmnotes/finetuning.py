"""Memory of fine-tuning on one chip: every parameter, an adapter beside frozen weights (LoRA), or beside quantized ones
(QLoRA)."""

from dataclasses import dataclass

from llmnotes.adapters import with_adapter
from llmnotes.config.kinds.adapter import ALL_LINEAR, Adapter
from llmnotes.engines.parts import Part
from llmnotes.equations import memory, training
from llmnotes.report import count_params
from llmnotes.spec import Layer, ModelSpec
from llmnotes.weights.sizes import stored_weights

FULL, LORA, QLORA = METHODS = ("full", "lora", "qlora")
FROZEN = {LORA: "bf16", QLORA: "bnb-nf4"}
"""Form of the frozen weights unless said."""

RANK = 16
LOGIT_BYTES = 12
"""A logit, its logarithm and its gradient, 32 bits each."""


@dataclass(frozen=True)
class Optimizer:
    """What an optimizer keeps for a parameter.

    Attributes:
        copy_bits: Of a copy of the weight; 0: none.
        n_moments: Running averages.
        moment_bits: Of each, scales included.
    """

    copy_bits: float
    n_moments: int
    moment_bits: float

    @property
    def bits(self) -> float:
        """Bits for a parameter."""
        return self.copy_bits + self.n_moments * self.moment_bits


OPTIMIZERS = {
    "adamw": Optimizer(32, 2, 32),
    "adamw-bf16": Optimizer(0, 2, 16),
    # bitsandbytes, optim/optimizer.py at 06029dd (read 2026-12-01): blocks of 2,048 numbers share a float32.
    "adamw-8bit": Optimizer(0, 2, memory.bits_with_scales(bits=8, group_size=2048, scale_bits=32)),
    "sgd": Optimizer(32, 0, 0),
}


@dataclass(frozen=True)
class FineTuning:
    """Memory of one step of fine-tuning at its worst moment, on one chip.

    Attributes:
        method: `full`, `lora` or `qlora`.
        n_params: Parameters that are trained.
        parts: Weights, adapter, gradients, optimizer, activations that the layers keep, and what stands beside them at
            the worst moment: the logits, or one layer that is computed again. Each with its formula.
        state_bytes: The parts that do not grow with the text.
        bytes_per_token: What every token of the batch adds.
    """

    method: str
    n_tokens: int
    batch_size: int
    n_params: int
    parts: tuple[Part, ...]
    state_bytes: float
    bytes_per_token: float

    @property
    def total_bytes(self) -> float:
        """All parts together."""
        return sum(part.bytes for part in self.parts)

    def longest_context(self, memory_bytes: float) -> int:
        """Tokens of each sequence of this batch that so much memory holds; 0 where the rest alone does not fit."""
        return max(0, int((memory_bytes - self.state_bytes) // (self.batch_size * self.bytes_per_token)))


def fine_tuning(
    model: ModelSpec,
    method: str = LORA,
    *,
    n_tokens: int,
    batch_size: int = 1,
    rank: int = RANK,
    targets: tuple[str, ...] = (ALL_LINEAR,),
    optimizer: str = "adamw",
    weights: str | None = None,
    checkpointing: bool = True,
    fused_loss: bool = False,
) -> FineTuning:
    """Memory that fine-tuning takes on one chip, part by part.

    Attention is taken to be fused, activations to be of 16 bits. What is trained takes 2 bytes for a weight and 2 for
    its gradient; a library that trains an adapter in 32 bits takes 4 and 4, and keeps no copy: with AdamW the same 16.
    Left out are the framework itself, fragments, and copies that it makes on the way.

    Args:
        model: The model.
        method: `full` trains every parameter, `lora` an adapter beside weights of 16 bits, `qlora` beside 4 bits.
        n_tokens: Tokens of one sequence.
        batch_size: Sequences of one pass.
        rank: Rank of the adapter.
        targets: Ends of the names of modules that get one; `all-linear` for all in the layers.
        optimizer: A name of `OPTIMIZERS`.
        weights: Form of the frozen weights, where it is another one.
        checkpointing: Layers keep their input alone and are computed again in the backward pass.
        fused_loss: The loss is computed piece by piece, and the logits of a text never stand together.

    Raises:
        ValueError: If an argument is impossible, or no module of the model is meant.

    >>> from llmnotes.registry import load_model
    >>> found = fine_tuning(load_model("llama-2-7b"), "lora", n_tokens=512, rank=8, targets=("q_proj", "v_proj"))
    >>> found.n_params
    4194304
    """
    _check(model, method, optimizer, weights, n_tokens=n_tokens, batch_size=batch_size, rank=rank)
    counted = count_params(model)
    if method == FULL:
        n_params = counted.whole
        state = [_of_params("weights", n_params, 16)]
    else:
        adapted = with_adapter(model, Adapter(rank, targets), model.name)
        n_params = count_params(adapted).parts["adapter"]
        frozen = stored_weights(model, weights or FROZEN[method]).running_bytes
        bits = 8 * frozen / counted.whole
        state = [Part("weights", frozen, f"{counted.whole:,} × {bits:.4g} / 8 B"), _of_params("adapter", n_params, 16)]
    kept = OPTIMIZERS[optimizer]
    state_of_optimizer = training.optimizer_bytes(
        n_params=n_params, copy_bits=kept.copy_bits, n_moments=kept.n_moments, moment_bits=kept.moment_bits
    )
    state.append(_of_params("gradients", n_params, 16))
    state.append(Part("optimizer", state_of_optimizer, f"{n_params:,} × {kept.bits / 8:.4g} B"))
    passing = _pass(model, n_tokens * batch_size, 0 if fused_loss else LOGIT_BYTES, checkpointing=checkpointing)
    return FineTuning(
        method=method,
        n_tokens=n_tokens,
        batch_size=batch_size,
        n_params=n_params,
        parts=(*state, *passing),
        state_bytes=sum(part.bytes for part in state),
        bytes_per_token=sum(part.bytes for part in passing) / (n_tokens * batch_size),
    )


def layer_elements(model: ModelSpec) -> tuple[tuple[int, int], ...]:
    """Numbers that a token leaves in a layer for the backward pass, and how many such layers there are."""
    return tuple((_layer_elements(run.layer, model.d_model), run.count) for run in model.census)


def _layer_elements(layer: Layer, d_model: int) -> int:
    n_blocks = sum(block is not None for block in (layer.mixer, layer.feed_forward))
    width = sum(block.width() for block in layer.blocks)
    return training.layer_backward_elements(d_model=d_model, n_blocks=n_blocks, width=width)


def _of_params(name: str, n_params: int, bits: float) -> Part:
    n_bytes = memory.weight_bytes(n_params=n_params, weight_bits=bits)
    return Part(name, n_bytes, f"{n_params:,} × {bits / 8:.4g} B")


def _pass(model: ModelSpec, n_tokens: int, logit_bytes: float, *, checkpointing: bool) -> list[Part]:
    """What the layers keep for the backward pass, then the larger of what may stand beside it."""
    layers = layer_elements(model)
    logits = Part(
        "logits", n_tokens * logit_bytes * model.vocab_size, f"{n_tokens:,} × {model.vocab_size:,} × {logit_bytes} B"
    )
    if not checkpointing:
        kept = sum(count * elements for elements, count in layers)
        return [Part("activations", 2 * n_tokens * kept, f"{n_tokens:,} × {kept:,} × 2 B"), logits]
    largest = max(elements for elements, _ in layers)
    shape = {"n_tokens": n_tokens, "batch_size": 1, "d_model": model.d_model}
    inputs = model.n_layers * training.layer_activation_bytes_full(**shape)
    worst = training.training_pass_bytes(
        **shape,
        n_layers=model.n_layers,
        layer_elements=largest,
        vocab_size=model.vocab_size,
        logit_bytes=logit_bytes,
    )
    again = Part("one_layer", worst - inputs, f"{n_tokens:,} × {largest:,} × 2 B")
    formula = f"{n_tokens:,} × {model.n_layers} × {model.d_model:,} × 2 B"
    return [Part("activations", inputs, formula), again if again.bytes > logits.bytes else logits]


def _check(model: ModelSpec, method: str, optimizer: str, weights: str | None, **sizes: int) -> None:
    for name, value in sizes.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be a whole number above 0, not {value!r}")
    if method not in METHODS:
        raise ValueError(f"method {method!r} is not known; choose one of {', '.join(METHODS)}")
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"optimizer {optimizer!r} is not known; choose one of {', '.join(OPTIMIZERS)}")
    if method == FULL and weights is not None:
        raise ValueError(f"weights {weights!r} is a form of frozen weights; full fine-tuning has none, leave it out")
    if model.borrowed_params:
        raise ValueError(
            f"{model.name} is an adapter or a head beside another model; name that model, rank and targets"
        )
