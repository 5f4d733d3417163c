r"""What of a model stands in RAM where a card is too small, in the words of llama.cpp, and how fast it is then.

Layers are counted from the end: `-ngl N` puts the last layers, the head first, on the card. Of a mixture of experts,
`--n-cpu-moe N` leaves the routed experts of the first N layers in RAM and everything else on the card, which costs less
for each byte saved, because a token visits few of them. The table of tokens stays in RAM always.

Source:
    llama.cpp, src/llama-model.cpp (`i_gpu_start = max(n_layer + 1 - n_gpu_layers, 0)`) and common/common.h
    (`LLM_FFN_EXPS_REGEX`); pull request 15077 for `--n-cpu-moe`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from llmnotes.cost import ideal_cache_bytes
from llmnotes.cost.assumptions import USABLE_SHARE, Precision
from llmnotes.cost.parallel import chip_activation_bytes
from llmnotes.registry import Chip
from llmnotes.spec import ModelSpec
from llmnotes.timing.constants import FIXED, OTHER_ENGINES
from llmnotes.timing.estimate import Setup, Timing
from llmnotes.timing.formats import is_dynamic, precision_of
from llmnotes.timing.points import DECODE
from llmnotes.timing.runtimes import find_runtime
from llmnotes.timing.work import count, step_terms

RAM_SHARE = 0.5
"""Share of the memory's bandwidth that a processor reaches with quantized weights; see `tests/test_offload.py`."""

HANDOFF_S = 60e-6
"""Seconds of going over to the processor and back, once for each layer whose experts stand in RAM."""

OFFLOAD_LOW, OFFLOAD_HIGH = 0.75, 1.4
"""Factors on the expected time between which the published tables of `tests/test_offload.py` lie, but one in five."""

EVERY_LAYER = 99
EXPERTS = r"\.ffn_(up|down|gate|gate_up)_(ch|)exps"


@dataclass(frozen=True)
class LayerBytes:
    """Bytes of one layer as stored: its routed experts, and everything else."""

    experts: float
    rest: float


@dataclass(frozen=True)
class Weighed:
    """A model's stored bytes, layer by layer, first to last.

    Attributes:
        table: Table of tokens, in RAM always.
        head: Output head and what stands before it.
    """

    layers: tuple[LayerBytes, ...]
    table: float
    head: float


@dataclass(frozen=True)
class Placement:
    """What stands where.

    Attributes:
        n_gpu_layers: Value of `-ngl`; 99: every layer.
        n_cpu_moe: Value of `--n-cpu-moe`; 0: no experts in RAM.
        card_bytes: Weights, cache and a pass on the cards.
        ram_bytes: Weights and cache in RAM.
        parts: Bytes on the cards and in RAM, by what they are.
        fits: The cards hold their part.
    """

    n_gpu_layers: int
    n_cpu_moe: int
    card_bytes: float
    ram_bytes: float
    parts: Mapping[str, tuple[float, float]]
    fits: bool

    @property
    def flags(self) -> str:
        """What a user types.

        >>> Placement(99, 2, 0, 0, {}, True).flags
        '-ngl 99 --n-cpu-moe 2'
        """
        experts = f" --n-cpu-moe {self.n_cpu_moe}" if self.n_cpu_moe else ""
        return f"-ngl {self.n_gpu_layers}{experts}"

    @property
    def override(self) -> str:
        r"""The same as a pattern of tensors, for `-ot`; empty where no experts stand in RAM.

        >>> Placement(99, 2, 0, 0, {}, True).override
        '-ot "blk\\.(0|1)\\.ffn_(up|down|gate|gate_up)_(ch|)exps=CPU"'
        """
        if not self.n_cpu_moe:
            return ""
        return rf'-ot "blk\.({"|".join(str(layer) for layer in range(self.n_cpu_moe))}){EXPERTS}=CPU"'


def weigh(model: ModelSpec, form: str | None, precision: Precision) -> Weighed:
    """The stored bytes of a model by layer: tensor by tensor in a mix of llama.cpp, else by mean bits."""
    from llmnotes.weights.gguf import gguf_tensors, layer_number, mix_named, shape_of, tensor_type
    from llmnotes.weights.tensors import OUTSIDE, tensors_of

    tensors = tuple(
        tensor for tensor in tensors_of(model) if tensor.component not in {part.name for part in model.parts}
    )
    mix = None if form is None or is_dynamic(form) else mix_named(form)
    if mix is not None:
        tensors = gguf_tensors(model, tensors)
        shape = shape_of(model, tensors)
    layers = [[0.0, 0.0] for _ in range(model.n_layers)]
    table = head = 0.0
    for tensor in tensors:
        is_expert = tensor.component == "experts_routed"
        rows, columns = tensor.shape if len(tensor.shape) == 2 else (1, tensor.shape[0])
        for layer in tensor.layers:
            if mix is not None:
                form_of = tensor_type(mix, tensor, layer_number(tensor, layer, model), shape)
                n_bytes = tensor.n_experts * form_of.n_bytes(rows, columns)
            else:
                bits = precision.expert_bits if is_expert else precision.held_bits
                n_bytes = tensor.n_experts * rows * columns * bits / 8
            if layer == OUTSIDE:
                if tensor.component.startswith("embedding"):
                    table += n_bytes
                else:
                    head += n_bytes
            else:
                layers[layer][0 if is_expert else 1] += n_bytes
    if model.embedding.tied:
        head += table  # llama.cpp keeps a second one on the card
    return Weighed(tuple(LayerBytes(*each) for each in layers), table, head)


def place(
    model: ModelSpec, weighed: Weighed, precision: Precision, *, n_past: int, room_bytes: float, micro_batch: int = 512
) -> Placement:
    """The most that cards of `room_bytes` hold: experts leave first, then whole layers.

    Args:
        model: The model.
        weighed: Its stored bytes.
        precision: Bits of the cache.
        n_past: Tokens of context.
        room_bytes: Memory of all cards that llama.cpp may fill.
        micro_batch: Tokens computed at a time.
    """
    with_experts = sum(1 for layer in weighed.layers if layer.experts)
    last_expert = max((i + 1 for i, layer in enumerate(weighed.layers) if layer.experts), default=0)
    tried = [(EVERY_LAYER, 0)]
    if with_experts:
        tried += [(EVERY_LAYER, n) for n in range(1, last_expert + 1)]
    tried += [(n, last_expert if with_experts else 0) for n in range(model.n_layers, -1, -1)]
    for n_gpu_layers, n_cpu_moe in tried:
        found = placed(
            model, weighed, precision, n_past, n_gpu_layers, n_cpu_moe, room_bytes=room_bytes, micro_batch=micro_batch
        )
        if found.fits:
            return found
    return found


def placed(
    model: ModelSpec,
    weighed: Weighed,
    precision: Precision,
    n_past: int,
    n_gpu_layers: int,
    n_cpu_moe: int,
    *,
    room_bytes: float = float("inf"),
    micro_batch: int = 512,
) -> Placement:
    """What stands where with these two flags."""
    profile = count(model).profile
    first = max(model.n_layers + 1 - n_gpu_layers, 0)
    cache = ideal_cache_bytes(profile, n_tokens=n_past, kv_bits=precision.cache, state_bits=precision.state)
    on_card, in_ram = [0.0, 0.0], [0.0, weighed.table]
    for i, layer in enumerate(weighed.layers):
        experts_away = i < first or i < n_cpu_moe
        (in_ram if experts_away else on_card)[0] += layer.experts
        (in_ram if i < first else on_card)[1] += layer.rest
    (on_card if n_gpu_layers else in_ram)[1] += weighed.head
    share = max(model.n_layers - first, 0) / model.n_layers
    scratch = (
        chip_activation_bytes(profile, n_chips=1, batch_size=1, prefill_chunk=micro_batch) if n_gpu_layers else 0.0
    )
    parts = {
        "experts": (on_card[0], in_ram[0]),
        "weights": (on_card[1], in_ram[1]),
        "cache": (share * cache, (1 - share) * cache),
        "activations": (scratch, 0.0),
    }
    card = sum(part[0] for part in parts.values())
    ram = sum(part[1] for part in parts.values())
    return Placement(min(n_gpu_layers, EVERY_LAYER), n_cpu_moe, card, ram, parts, card <= room_bytes)


def offload_timing(
    model: ModelSpec, setup: Setup, weighed: Weighed, placement: Placement, *, n_past: int, ram_bytes_per_s: float
) -> Timing:
    r"""Seconds of a decode step of one sequence: what the card reads, and after it what the processor reads.

    $$ t = t_{card} + \frac{M_{ram}}{e \, \beta_{ram}} + c \, n $$

    Experts count as far as a token visits them. Layers take turns, so times add up.

    Args:
        model: The model.
        setup: Chip and engine; its precision is that of the cache.
        weighed: Its stored bytes.
        placement: What stands where.
        n_past: Tokens of context.
        ram_bytes_per_s: Bandwidth of the memory as its data sheet has it [B/s].
    """
    counted = count(model)
    terms = step_terms(counted, setup.chip, setup.sharing, n_past=n_past, batch_size=1, precision=setup.precision)
    first = max(model.n_layers + 1 - placement.n_gpu_layers, 0)
    visited = _visited_share(counted.profile)
    dense, dense_ram = _split(placement.parts["weights"], less_ram=weighed.table)
    experts, experts_ram = _split(placement.parts["experts"])
    cache, cache_ram = _split(placement.parts["cache"])
    shares = {"weights": dense, "experts": experts, "cache": cache}
    on_card = {}
    for name, amount in terms.items():
        share = shares.get(name.partition("_")[0], 1.0)
        if name.startswith(FIXED) and name != "per_step":
            share = max(model.n_layers - first, 0) / model.n_layers
        on_card[name] = amount * share
    n_bytes = dense_ram + visited * experts_ram + cache_ram
    constants = setup.constants(DECODE)
    card_seconds = constants.seconds(on_card) if placement.n_gpu_layers else 0.0
    ram_seconds = n_bytes / (RAM_SHARE * ram_bytes_per_s)
    n_handoffs = max(placement.n_cpu_moe - first, 0) + bool(first)
    expected = card_seconds + ram_seconds + HANDOFF_S * n_handoffs
    read_on_card = sum(on_card[name] for name in on_card if name.startswith(("weights", "experts", "cache")))
    bound = read_on_card + n_bytes / ram_bytes_per_s
    return Timing(
        bound=bound,
        expected=expected,
        low=max(bound, expected * OFFLOAD_LOW),
        high=expected * OFFLOAD_HIGH,
        floor=HANDOFF_S * n_handoffs,
        collectives=0.0,
        parts={"card": card_seconds, "ram": ram_seconds, "handoffs": HANDOFF_S * n_handoffs},
        scope=OTHER_ENGINES if not n_bytes else "offload",
    )


def offloaded(
    model: ModelSpec,
    chip: Chip,
    form: str | None,
    *,
    n_past: int,
    ram_bytes_per_s: float,
    flags: tuple[int, int] | None = None,
) -> tuple[Placement, Timing]:
    """What llama.cpp leaves in RAM beside one chip, and the decode step of one sequence that follows.

    Args:
        model: The model.
        chip: The card.
        form: Form of the weights, such as Q4_K_M; None: as the checkpoint states.
        n_past: Tokens of context.
        ram_bytes_per_s: Bandwidth of the memory as its data sheet has it [B/s].
        flags: Values of `-ngl` and `--n-cpu-moe`; None: the least in RAM that makes the rest fit.

    >>> from llmnotes.registry import find_chip, load_model
    >>> model, chip = load_model("gpt-oss-120b"), find_chip("rtx-4090")
    >>> found, step = offloaded(model, chip, None, n_past=8192, ram_bytes_per_s=96e9)
    >>> found.flags, round(1 / step.expected)
    ('-ngl 99 --n-cpu-moe 25', 27)
    """
    precision = precision_of(model, form)
    weighed, room_bytes = weigh(model, form, precision), USABLE_SHARE * chip.memory_bytes
    if flags is None:
        found = place(model, weighed, precision, n_past=n_past, room_bytes=room_bytes)
    else:
        found = placed(model, weighed, precision, n_past, *flags, room_bytes=room_bytes)
    setup = Setup(chip, find_runtime("llama.cpp"), precision=precision)
    return found, offload_timing(model, setup, weighed, found, n_past=n_past, ram_bytes_per_s=ram_bytes_per_s)


def _visited_share(profile) -> float:
    """Share of the bytes of routed experts that one token reads."""
    read = whole = 0.0
    for group in profile.experts:
        read += group.n_layers * group.top_k * group.expert_params
        whole += group.n_layers * group.n_experts * group.expert_params
    return read / whole if whole else 0.0


def _split(part: tuple[float, float], less_ram: float = 0.0) -> tuple[float, float]:
    """The share of a part that stands on cards, and its bytes in RAM; what is only looked up is left out of both."""
    card, ram = part[0], part[1] - less_ram
    return (card / (card + ram) if card + ram else 1.0), ram
