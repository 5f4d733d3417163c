"""How fast a model is on chips with an engine: a bound that nothing beats, what is expected, and an interval."""

from collections.abc import Mapping
from dataclasses import dataclass

from llmnotes.cost.assumptions import Precision
from llmnotes.registry import Chip
from llmnotes.spec import ModelSpec
from llmnotes.timing.constants import FIXED, Constants, constants_of
from llmnotes.timing.points import DECODE, PREFILL
from llmnotes.timing.runtimes import Runtime, backend_of, multiplied_as
from llmnotes.timing.terms import exchanged_bytes
from llmnotes.timing.work import Counted, Sharing, count, prompt_terms, step_terms

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
    """

    chip: Chip
    runtime: Runtime
    n_chips: int = 1
    precision: Precision = SIXTEEN
    backend: str | None = None
    n_groups: int = 1

    @property
    def sharing(self) -> Sharing:
        """How its chips share the model."""
        backend = backend_of(self.runtime, self.chip, self.backend)
        return Sharing(self.n_chips, self.runtime.sharing, self.n_groups, multiplied_as(self.runtime, backend))

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

    >>> from llmnotes.registry import find_chip, load_model
    >>> from llmnotes.timing.runtimes import find_runtime
    >>> setup = Setup(find_chip("rtx-4090"), find_runtime("llama.cpp"), precision=Precision(weights=4.5))
    >>> step = decode_timing(load_model("llama-3.1-8b"), setup, n_past=4096)
    >>> step.bound < step.low < step.expected < step.high
    True
    """
    terms = step_terms(
        _counted(model), setup.chip, setup.sharing, n_past=n_past, batch_size=batch_size, precision=setup.precision
    )
    return _timing(terms, setup.constants(kind))


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
    whose measurements it is among; see `constants.among_kind`.

    Raises:
        UnknownPeak: If nobody publishes the peak of the chip.
    """
    terms = prompt_terms(
        _counted(model),
        setup.chip,
        setup.sharing,
        n_new=n_new,
        n_past=n_past,
        micro_batch=micro_batch or setup.runtime.micro_batch,
        precision=setup.precision,
        absorbed=setup.runtime.absorbed,
        n_prompts=setup.n_groups,
    )
    return _timing(terms, setup.constants(kind))


def exchanged(model: ModelSpec | Counted, setup: Setup, *, n_tokens: int) -> float:
    """Bytes that one chip sends while so many tokens pass: sums of a group, and of all chips that share experts.

    With as many groups as chips, only tokens on their way to experts and back are sent, gathered by all and summed as
    vLLM does unless told (`allgather_reducescatter`).

    >>> from llmnotes.registry import find_chip, load_model
    >>> from llmnotes.timing.runtimes import find_runtime
    >>> setup = Setup(find_chip("h200-sxm-141gb"), find_runtime("vllm"), n_chips=8, n_groups=8)
    >>> exchanged(load_model("deepseek-v3"), setup, n_tokens=8) == 58 * 2 * 8 * 7168 * 2 * 7 / 8
    True
    """
    counted, sharing = _counted(model), setup.sharing
    return exchanged_bytes(
        counted.profile, counted.layers, n_tokens=n_tokens, n_chips=sharing.n_at_once, n_groups=sharing.n_groups
    )


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
