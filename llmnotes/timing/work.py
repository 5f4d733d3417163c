"""What a step and a prompt ask of a chip of the registry: `terms` with a model, a chip and a way of sharing."""

from dataclasses import dataclass

from llmnotes.cost import CostProfile, cost_profile
from llmnotes.cost.assumptions import Precision
from llmnotes.cost.layers import Layers, count_layers
from llmnotes.equations import pipeline
from llmnotes.registry import Chip
from llmnotes.spec import ModelSpec
from llmnotes.timing import terms

LAYERS, TENSORS = "layers", "tensors"
AS_STORED, IN_BLOCKS, UNPACKED, HALF_SUMS = "as stored", "in blocks", "unpacked", "unpacked, half sums"
PCIE_BYTES_PER_S = 16e9 * 16 * 128 / 130 / 8
"""One direction of PCI Express 4.0 with 16 lanes, 16 GT/s each in blocks of 130: the way where chips have no other."""

TWICE = 2
"""Peak of NVIDIA's matrix units in 8 bits over that in 16, since Turing; of AMD's RDNA 3 both are one (data sheets)."""

GEFORCE = "GeForce"
"""How names of NVIDIA's cards for games begin: they add products of 16 bits up in 32 bits half as fast as in 16 (the
notes of `data/chips`, RTX 3090 and 4090), which workstation's cards do not; their peak in 8 bits is twice that in 16
with sums in 16."""

NO_PEAKS = {"flops_per_s": 0.0, "dense_flops_per_s": 0.0, "expert_flops_per_s": 0.0}


class UnknownPeak(ValueError):  # noqa: N818 - as the registry's UnknownChip
    """A chip whose matrix peak nobody publishes."""


@dataclass(frozen=True)
class Sharing:
    """How chips share a model.

    Attributes:
        n_chips: Chips.
        by: `"tensors"`: every chip has a part of every layer, and they add up their results twice a layer; `"layers"`:
            each chip has whole layers and waits for the one before it, so that a step reads as long as on one chip.
        n_groups: Groups of chips with requests of their own, which share routed experts alone.
        n_stages: Stages of a pipeline, among which layers and chips divide evenly.
        multiplied: `"as stored"`: quantized weights at the peak of their width; `"in blocks"`: in blocks of 8 bits
            whatever their width; `"unpacked"`: in 16 bits; `"unpacked, half sums"`: in 16 bits, added up in 16.
        n_context: Chips that divide the tokens of a sequence, among those that would hold the same heads.
    """

    n_chips: int = 1
    by: str = TENSORS
    n_groups: int = 1
    multiplied: str = AS_STORED
    n_stages: int = 1
    n_context: int = 1

    @property
    def masked(self) -> bool:
        """Attention that an indexer narrows is computed whole, as by llama.cpp, which alone shares layers."""
        return self.by == LAYERS

    @property
    def n_at_once(self) -> int:
        """Chips that work on one layer at the same time."""
        return self.n_chips // self.n_stages if self.by == TENSORS else 1


@dataclass(frozen=True)
class Counted:
    """A model as far as its speed depends on it: counted once, asked often."""

    name: str
    profile: CostProfile
    layers: Layers


def count(model: ModelSpec) -> Counted:
    """A model's coefficients and its layers by kind."""
    return Counted(model.name, cost_profile(model), count_layers(model))


def step_terms(
    model: Counted, chip: Chip, sharing: Sharing, *, n_past: int, batch_size: float, precision: Precision
) -> dict[str, float]:
    """Ideal seconds of a decode step by part, and the counts of its fixed costs; see `terms.step_terms`."""
    return terms.step_terms(
        model.profile,
        model.layers,
        n_past=n_past,
        batch_size=batch_size,
        n_chips=sharing.n_at_once,
        n_groups=sharing.n_groups,
        weight_bits=precision.weights,
        expert_bits=precision.expert_bits,
        kv_bits=precision.cache,
        state_bits=precision.state,
        masked=sharing.masked,
        bytes_per_s=chip.bandwidth_bytes_per_s,
        **(_peaks(chip, sharing, precision) if chip.peak_flops_per_s else NO_PEAKS),
        link_bytes_per_s=link_of(chip),
        n_stages=sharing.n_stages,
        n_context=sharing.n_context,
    )


def head_terms(
    model: Counted, chip: Chip, sharing: Sharing, *, n_sequences: float, precision: Precision
) -> dict[str, float]:
    """Ideal seconds of the output head in a decode step; see `terms.head_terms`."""
    peaks = _peaks(chip, sharing, precision) if chip.peak_flops_per_s else NO_PEAKS
    return terms.head_terms(
        model.profile,
        n_sequences=n_sequences,
        n_chips=sharing.n_at_once,
        n_groups=sharing.n_groups,
        weight_bits=precision.weights,
        bytes_per_s=chip.bandwidth_bytes_per_s,
        dense_flops_per_s=peaks["dense_flops_per_s"],
    )


def prompt_terms(
    model: Counted,
    chip: Chip,
    sharing: Sharing,
    *,
    n_new: int,
    n_past: int,
    micro_batch: int,
    precision: Precision,
    absorbed: bool = False,
    n_prompts: int = 1,
) -> dict[str, float]:
    """Ideal seconds of reading prompts by part, and the counts of its fixed costs; see `terms.prompt_terms`.

    Where chips have whole layers, the pieces of a prompt follow each other from chip to chip: the first is on its way
    alone, every later one adds the time of one chip's layers. So llama.cpp reads a prompt on several cards ("pipeline
    parallelism enabled" in its log; `src/llama-context.cpp`, since pull request 6017 of March 2024).

    Raises:
        UnknownPeak: If nobody publishes the peak of the chip.
    """
    found = terms.prompt_terms(
        model.profile,
        model.layers,
        n_new=n_new,
        n_past=n_past,
        n_prompts=n_prompts,
        micro_batch=micro_batch,
        absorbed=absorbed,
        masked=sharing.masked,
        n_chips=sharing.n_at_once,
        n_groups=sharing.n_groups,
        weight_bits=precision.weights,
        expert_bits=precision.expert_bits,
        bytes_per_s=chip.bandwidth_bytes_per_s,
        **_peaks(chip, sharing, precision),
        link_bytes_per_s=link_of(chip),
        n_stages=sharing.n_stages,
        n_context=sharing.n_context,
    )
    if sharing.by != LAYERS or sharing.n_chips == 1:
        return found
    share = pipeline.pipeline_prompt_seconds(
        through_seconds=1, n_passes=max(1.0, n_new / micro_batch), largest_share=1 / sharing.n_chips
    )
    return {name: amount * share for name, amount in found.items()}


def peak_of(chip: Chip) -> float:
    """Dense peak in 16 bits [FLOP/s].

    Raises:
        UnknownPeak: If nobody publishes one.
    """
    for name in ("bf16", "fp16"):
        if name in chip.peak_flops_per_s:
            return chip.peak_flops_per_s[name]
    raise UnknownPeak(f"{chip.name} has no published matrix peak: how long a prompt takes cannot be said for it")


def half_sums_peak_of(chip: Chip) -> float:
    """Dense peak in 16 bits where products are added up in 16 bits too [FLOP/s].

    Raises:
        UnknownPeak: If nobody publishes one.
    """
    return peak_of(chip) * (TWICE if chip.name.startswith(GEFORCE) else 1)


@dataclass(frozen=True)
class Peaks:
    """Peaks at which an engine multiplies on a chip [FLOP/s].

    Attributes:
        wide: In 16 bits.
        eight: Weights of 8 bits.
        four: Weights of 4 bits.
        in_blocks: Whatever is quantized is multiplied in 8 bits.
    """

    wide: float
    eight: float
    four: float
    in_blocks: bool

    def of(self, bits: float) -> float:
        """Peak for weights of so many bits on average."""
        return terms.products_flops_per_s(
            bits=bits, peak_16=self.wide, peak_8=self.eight, peak_4=self.four, in_blocks=self.in_blocks
        )


def peaks_of(chip: Chip, multiplied: str) -> Peaks:
    """The peaks of a chip for an engine that multiplies quantized weights in that way.

    Raises:
        UnknownPeak: If nobody publishes the peak of the chip.
    """
    wide, published = peak_of(chip), chip.peak_flops_per_s
    if multiplied == UNPACKED:
        return Peaks(wide, wide, wide, False)
    if multiplied == HALF_SUMS:
        wide = half_sums_peak_of(chip)
        return Peaks(wide, wide, wide, False)
    if multiplied == IN_BLOCKS:
        wide = half_sums_peak_of(chip)
        eight = published.get("int8", wide * (TWICE if chip.vendor == "NVIDIA" else 1))
        return Peaks(wide, eight, eight, True)
    eight = published.get("fp8", wide)
    # Four bits are multiplied with activations of four or of eight: the slower of both is sure.
    return Peaks(wide, eight, eight if "fp4" in published else wide, False)


def _peaks(chip: Chip, sharing: Sharing, precision: Precision) -> dict[str, float]:
    """Peaks as `terms` takes them."""
    found = peaks_of(chip, sharing.multiplied)
    return {
        "flops_per_s": found.wide,
        "dense_flops_per_s": found.of(precision.weights),
        "expert_flops_per_s": found.of(precision.expert_bits),
    }


def link_of(chip: Chip) -> float:
    """Bytes a second to other chips: of the link, or of the bus where there is none."""
    return chip.link_bytes_per_s or PCIE_BYTES_PER_S
