"""How fast a model is on chips with an engine: a bound that nothing beats, what is expected, and an interval."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from llmnotes.cost.assumptions import Precision
from llmnotes.equations import pipeline
from llmnotes.registry import Chip
from llmnotes.spec import ModelSpec
from llmnotes.timing.constants import FIXED, Constants, constants_of
from llmnotes.timing.points import DECODE, PREFILL
from llmnotes.timing.runtimes import Runtime, backend_of, multiplied_as
from llmnotes.timing.terms import context_bytes, exchanged_bytes
from llmnotes.timing.work import Counted, Sharing, count, head_terms, prompt_terms, step_terms

WAIT = "wait"
"""Name of the part in which a sequence waits for its turn at the slowest stage of a pipeline."""

COLLECTIVES = ("per_sum", "per_sent_gb", "link")
READS = ("weights_", "experts_", "cache", "reads")
PRODUCTS = ("products_", "expert_products_", "attention", "compute", "pairs")
"""How names of parts begin that wait for memory, and that wait for arithmetic."""

SIXTEEN = Precision()


@dataclass(frozen=True)
class Setup:
    """What runs a model.

    Attributes:
        backend: Library that drives the chip; the usual one of its vendor where it is `None`.
        precision: Bits of what is stored.
        n_groups: Groups of chips with requests of their own, which share routed experts alone.
        n_stages: Stages of a pipeline, each of which has as many of the chips.
        n_context: Chips that divide the tokens of a sequence, among those that would hold the same heads.
    """

    chip: Chip
    runtime: Runtime
    n_chips: int = 1
    precision: Precision = SIXTEEN
    backend: str | None = None
    n_groups: int = 1
    n_stages: int = 1
    n_context: int = 1

    @property
    def sharing(self) -> Sharing:
        """How its chips share the model."""
        backend = backend_of(self.runtime, self.chip, self.backend)
        multiplied = multiplied_as(self.runtime, backend)
        return Sharing(
            self.n_chips, self.runtime.sharing, self.n_groups, multiplied, self.n_stages, n_context=self.n_context
        )

    def stage_layers(self, n_layers: int) -> list[int]:
        """Layers of each stage, as the engine deals them out."""
        return [
            pipeline.stage_layers(n_layers=n_layers, n_stages=self.n_stages, stage=stage, spare=self.runtime.spare)
            for stage in range(self.n_stages)
        ]

    def constants(self, kind: str) -> Constants:
        """What this engine needs of this chip."""
        return constants_of(kind, self.runtime, self.chip, backend_of(self.runtime, self.chip, self.backend))


@dataclass(frozen=True)
class Timing:
    """Seconds of one pass.

    Attributes:
        bound: Least time: reading at full bandwidth or computing at the full peak, whichever is longer.
        expected: What the engine is expected to take.
        low, high: Between which four of five measurements lie.
        floor: Part of the expected time that does not depend on how much is read or computed.
        collectives: Part of it in which chips add up their results.
        parts: Expected seconds of each part.
        scope: Whose measurements say so.
    """

    bound: float
    expected: float
    low: float
    high: float
    floor: float
    collectives: float
    parts: Mapping[str, float]
    scope: str

    def stretched(self, factor: float) -> "Timing":
        """The same pass, so many times as long: what is added is waiting, what is saved is saved of every part."""
        waits = {WAIT: self.expected * (factor - 1)} if factor > 1 else {}
        return replace(
            self,
            bound=self.bound * factor,
            expected=self.expected * factor,
            low=self.low * factor,
            high=self.high * factor,
            parts={name: seconds * min(1, factor) for name, seconds in self.parts.items()} | waits,
        )


def decode_timing(
    model: ModelSpec | Counted, setup: Setup, *, n_past: int, batch_size: int = 1, kind: str = DECODE
) -> Timing:
    """Seconds of a step that gives each of `batch_size` sequences one token after `n_past`.

    Args:
        model: The model.
        setup: What runs it.
        n_past: Tokens that each sequence holds.
        batch_size: Sequences.
        kind: Whose measurements say so: of steps alone, or of a server never idle; see `constants.steady_kind`.

    In a pipeline the batch is cut into as many parts as stages, and a sequence is served again when all had their turn.

    >>> from llmnotes.registry import find_chip, load_model
    >>> from llmnotes.timing.runtimes import find_runtime
    >>> setup = Setup(find_chip("rtx-4090"), find_runtime("llama.cpp"), precision=Precision(weights=4.5))
    >>> step = decode_timing(load_model("llama-3.1-8b"), setup, n_past=4096)
    >>> step.bound < step.low < step.expected < step.high
    True
    """
    counted, chip, sharing, constants = _counted(model), setup.chip, setup.sharing, setup.constants(kind)
    n_flying = flying(setup, batch_size)
    each = batch_size / n_flying
    terms = step_terms(counted, chip, sharing, n_past=n_past, batch_size=each, precision=setup.precision)
    through = _timing(terms, constants)
    if setup.n_stages == 1:
        return through
    held = setup.stage_layers(counted.layers.n_layers)
    head = constants.seconds(head_terms(counted, chip, sharing, n_sequences=each, precision=setup.precision))
    slowest = pipeline.slowest_stage_seconds(
        through_seconds=through.expected,
        head_seconds=head,
        n_layers=counted.layers.n_layers,
        most_layers=max(held),
        last_layers=held[-1],
    )
    turn = pipeline.pipeline_seconds(through_seconds=through.expected, slowest_seconds=slowest, n_flying=n_flying)
    return through.stretched(turn / through.expected)


def flying(setup: Setup, batch_size: float) -> float:
    """Parts of a batch that are under way at once: one for each stage, if there are so many sequences."""
    return min(setup.n_stages, batch_size)


def prefill_timing(
    model: ModelSpec | Counted,
    setup: Setup,
    *,
    n_new: int,
    n_past: int = 0,
    micro_batch: int | None = None,
    kind: str = PREFILL,
) -> Timing:
    """Seconds of reading `n_new` tokens of a prompt after `n_past`: with nothing before, the time to the first token.

    Where groups of chips have requests of their own, each reads a prompt in that time. It is alone, unless `kind` says
    whose measurements it is among; see `constants.among_kind`. In a pipeline it is read in passes that follow each
    other from stage to stage.

    Raises:
        UnknownPeak: If nobody publishes the peak of the chip.
    """
    counted, passed = _counted(model), micro_batch or setup.runtime.micro_batch
    terms = prompt_terms(
        counted,
        setup.chip,
        setup.sharing,
        n_new=n_new,
        n_past=n_past,
        micro_batch=passed,
        precision=setup.precision,
        absorbed=setup.runtime.absorbed,
        n_prompts=setup.n_groups,
    )
    through = _timing(terms, setup.constants(kind))
    if setup.n_stages == 1:
        return through
    n_layers = counted.layers.n_layers
    seconds = pipeline.pipeline_prompt_seconds(
        through_seconds=through.expected,
        n_passes=max(1.0, n_new / passed),
        largest_share=max(setup.stage_layers(n_layers)) / n_layers,
    )
    return through.stretched(seconds / through.expected)


def prompt_turn(model: Counted, setup: Setup, *, n_new: int, batch_size: float) -> float:
    """Share of a prompt's time for which it keeps the other sequences waiting: 1 without a pipeline."""
    return pipeline.prompt_turn_share(
        n_passes=max(1.0, n_new / setup.runtime.micro_batch),
        largest_share=max(setup.stage_layers(model.layers.n_layers)) / model.layers.n_layers,
        n_flying=flying(setup, batch_size),
    )


def exchanged(model: ModelSpec | Counted, setup: Setup, *, n_tokens: int) -> float:
    """Bytes that one chip sends while so many tokens pass: sums of a group, and of all chips that share experts, in the
    layers of its stage, and what it gives to the next one.

    With as many groups as chips, only tokens on their way to experts and back are sent, gathered by all and summed as
    vLLM does unless told (`allgather_reducescatter`).

    >>> from llmnotes.registry import find_chip, load_model
    >>> from llmnotes.timing.runtimes import find_runtime
    >>> setup = Setup(find_chip("h200-sxm-141gb"), find_runtime("vllm"), n_chips=8, n_groups=8)
    >>> exchanged(load_model("deepseek-v3"), setup, n_tokens=8) == 58 * 2 * 8 * 7168 * 2 * 7 / 8
    True
    """
    counted, sharing = _counted(model), setup.sharing
    added = exchanged_bytes(
        counted.profile, counted.layers, n_tokens=n_tokens, n_chips=sharing.n_at_once, n_groups=sharing.n_groups
    )
    added += context_bytes(counted.profile, n_tokens=n_tokens, n_chips=sharing.n_at_once, n_context=sharing.n_context)
    if sharing.n_stages == 1:
        return added
    each = n_tokens / sharing.n_groups
    return added / sharing.n_stages + pipeline.hop_bytes(n_tokens=each, d_model=counted.profile.d_model)


def _counted(model: ModelSpec | Counted) -> Counted:
    return model if isinstance(model, Counted) else count(model)


def _timing(terms: Mapping[str, float], constants: Constants) -> Timing:
    parts = {name: constants.part_seconds(name, amount) for name, amount in terms.items() if amount}
    expected = sum(parts.values())
    reads = sum(amount for name, amount in terms.items() if name.startswith(READS))
    products = sum(amount for name, amount in terms.items() if name.startswith(PRODUCTS))
    bound = max(reads, products)
    expected = max(bound, expected)
    # An interval ends at what nothing beats, and is as wide about a bound as elsewhere.
    return Timing(
        bound=bound,
        expected=expected,
        low=max(bound, expected * constants.low),
        high=expected * constants.high,
        floor=sum(seconds for name, seconds in parts.items() if name.startswith(FIXED)),
        collectives=sum(parts.get(name, 0.0) for name in COLLECTIVES),
        parts=parts,
        scope=constants.scope,
    )
