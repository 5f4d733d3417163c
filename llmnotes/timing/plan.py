r"""Which chips, how many, in which form of weights and with which engine meet what users need, and at what price.

A replica is some chips that share the model, with so many sequences at once that every user still gets tokens as fast
as asked. Prompts of new requests are read in between, so each user waits for a share of them: see
`serving.interleaved_step_seconds`. `docs/theme/assets/planner/plan.js` searches alike in the page.

Source:
    The steady state of a batch that is always full; published tables of servers in `tests/test_plan.py`.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import ceil, inf
from typing import NamedTuple

from llmnotes.cost.parallel import kv_copies
from llmnotes.equations import pricing, serving
from llmnotes.registry import DATA, find_chip
from llmnotes.spec import ModelSpec
from llmnotes.timing.constants import among_kind, steady_kind
from llmnotes.timing.estimate import Setup, Timing, decode_timing, prefill_timing, prompt_turn
from llmnotes.timing.formats import precision_of
from llmnotes.timing.points import THROUGHPUT
from llmnotes.timing.runtimes import ANY, LATENT, Runtime, find_runtime
from llmnotes.timing.serving import sequences_at_once
from llmnotes.timing.work import Counted, count
from llmnotes.weights.served import forms_of

COUNTS = (1, 2, 4, 8)
ENGINES = ("vllm", "tensorrt-llm")
MULTIPLIED_AS = {"fp8": "fp8", "nvfp4": "fp4"}
"""Forms planned only where a chip multiplies them as stored, and the peak that says it can; others may be unpacked."""


class NoPlan(ValueError):  # noqa: N818 - callers read it as a sentence
    """Nothing on the list meets the need; the message says what comes closest."""


@dataclass(frozen=True)
class Need:
    """What users are to get.

    Attributes:
        n_prompt: Tokens of a prompt.
        n_output: Tokens of an answer.
        n_users: Users who are served at the same moment.
        first_token_s: Longest time to the first token [s]; any unless given.
        tokens_per_s: Least tokens a second for each user; any unless given.
    """

    n_prompt: int
    n_output: int
    n_users: int
    first_token_s: float = inf
    tokens_per_s: float = 0


class Layout(NamedTuple):
    """How the chips of a replica divide a model among them; by default each has a part of every layer."""

    n_chips: int
    n_groups: int = 1
    n_stages: int = 1
    n_context: int = 1


@dataclass(frozen=True)
class Option:
    """One way to meet a need.

    Attributes:
        chip: Id of the chip.
        n_chips: Chips of a replica, which share the model.
        n_groups: Groups of its chips with requests of their own, which share routed experts alone: 1 where every chip
            has a part of every layer (tensor parallelism), else as many as chips of a stage (data-parallel attention).
        n_stages: Stages of a pipeline, each with as many chips.
        n_context: Chips that divide the tokens of a sequence (decode context parallelism); 1 where each holds all.
        n_replicas: Replicas.
        form: Of the weights.
        engine: The engine.
        batch_size: Sequences of a replica.
        usd_per_hour: Rent of all chips.
        usd_per_million: Rent of a million output tokens while all users are served, at the speed that is promised.
        tokens_per_s: Tokens a second of each user: expected, and the ends of its interval.
        first_token_s: Time to the first token: expected, and the ends of its interval.
        scope: Whose measurements the interval rests on.
        sure: The slow end of the interval meets the need, and not the middle alone.
    """

    chip: str
    n_chips: int
    n_groups: int
    n_stages: int
    n_context: int
    n_replicas: int
    form: str
    engine: str
    batch_size: int
    usd_per_hour: float
    usd_per_million: float
    tokens_per_s: tuple[float, float, float]
    first_token_s: tuple[float, float, float]
    scope: str
    sure: bool

    @property
    def promised(self) -> tuple[float, float]:
        """Tokens a second of each user and seconds to the first token that meet the need: slow ends, or the middles."""
        return (
            (self.tokens_per_s[1], self.first_token_s[2])
            if self.sure
            else (self.tokens_per_s[0], self.first_token_s[0])
        )

    @property
    def all_chips(self) -> int:
        """Chips of all replicas."""
        return self.n_chips * self.n_replicas

    @property
    def parallelism(self) -> str:
        """As engines call it: tensor, context or pipeline parallel, or data-parallel attention with experts divided."""
        if self.n_groups > 1:
            staged = f" × PP {self.n_stages}" if self.n_stages > 1 else ""
            return f"DP {self.n_groups}{staged} + EP {self.n_groups}"
        if self.n_context > 1:
            return f"TP {self.n_chips} + DCP {self.n_context}"
        if self.n_stages == 1:
            return f"TP {self.n_chips}"
        inner = self.n_chips // self.n_stages
        return f"TP {inner} × PP {self.n_stages}" if inner > 1 else f"PP {self.n_stages}"


def rents() -> Mapping[str, float]:
    """Dollars an hour of one chip, by its id, at the providers that the file names."""
    return dict(_rents())


def plan(
    model: ModelSpec,
    need: Need,
    *,
    prices: Mapping[str, float] | None = None,
    forms: Iterable[str] | None = None,
    counts: Sequence[int] = COUNTS,
    engines: Sequence[str] = ENGINES,
    cache_bits: float = 16,
    sure: bool = True,
) -> list[Option]:
    """Every way that meets a need, the cheapest first.

    Args:
        model: The model.
        need: What users are to get.
        prices: Dollars an hour of each chip to think of; the file's unless given.
        forms: Forms of the weights to think of; those of `forms_of` unless given.
        counts: Chips of a replica to think of.
        engines: Engines to think of.
        cache_bits: Bits of a cached number.
        sure: The slow end of the interval is to meet the need, and not the middle alone.

    Raises:
        NoPlan: If nothing meets it.
        ValueError: If no step of the model is counted, as of encoders.
    """
    if model.uncounted_flops:
        raise ValueError(f"{model.name}: {model.uncounted_flops}; nothing is planned")
    prices = rents() if prices is None else prices
    counted, found = count(model), []
    nearness, closest = 0.0, "no chip holds the model"
    stored = forms_of(model) if forms is None else {form: precision_of(model, form) for form in forms}
    for form, weights in stored.items():
        precision = replace(weights, cache=cache_bits)
        for chip_id, price in prices.items():
            if not runs(chip_id, form):
                continue
            for engine in engines:
                runtime = find_runtime(engine)
                for layout in layouts(counted, runtime, counts):
                    setup = Setup(find_chip(chip_id), runtime, precision=precision, **layout._asdict())
                    replica = replica_of(counted, setup, need, sure=sure)
                    if replica is None:
                        continue
                    if replica.batch_size:
                        found.append(_option(replica, need, chip_id, form, engine, price, sure=sure))
                    elif replica.nearness > nearness:
                        nearness = replica.nearness
                        each, first = _ends(replica, sure=sure)
                        closest = (
                            f"{layout.n_chips} × {chip_id} in {form} gives one user "
                            f"{1 / each:.3g} tokens/s, the first after {first:.3g} s"
                        )
    if not found:
        raise NoPlan(
            f"nothing meets {need.tokens_per_s:g} tokens/s and {need.first_token_s:g} s to the first token "
            f"with {need.n_prompt + need.n_output:,} tokens; closest: {closest}"
        )
    return sorted(found, key=lambda one: (one.usd_per_hour, -one.promised[0]))


def layouts(model: Counted, runtime: Runtime, counts: Sequence[int]) -> list[Layout]:
    """Layouts of so many chips; groups only where there are experts to share and an engine whose servers were measured
    so, stages where the engine has pipelines, tokens divided among chips that would hold the same heads.

    >>> from llmnotes.registry import load_model
    >>> model = count(load_model("gpt-oss-120b"))
    >>> [(one.n_groups, one.n_stages) for one in layouts(model, find_runtime("tensorrt-llm"), (2,))]
    [(1, 1), (2, 1), (1, 2)]
    >>> layouts(count(load_model("deepseek-v3")), find_runtime("vllm"), (4,))[-1]
    Layout(n_chips=4, n_groups=1, n_stages=1, n_context=4)
    """
    found = []
    for n_chips in counts:
        found.append(Layout(n_chips))
        most = min(n_chips, model.layers.n_layers) if runtime.spare else 1
        stages = [each for each in range(1, most + 1) if n_chips % each == 0]
        if model.profile.experts and steady_kind(runtime) == THROUGHPUT:
            found += [Layout(n_chips, n_groups=n_chips // each, n_stages=each) for each in stages if n_chips > each]
        found += [Layout(n_chips, n_stages=each) for each in stages if each > 1]
        found += [Layout(n_chips, n_context=among) for among in contexts(model, runtime, n_chips)]
    return found


def contexts(model: Counted, runtime: Runtime, n_chips: int) -> list[int]:
    """Numbers of chips, of so many, among which an engine can divide the tokens of a sequence: those that would hold
    the same heads.

    >>> from llmnotes.registry import load_model
    >>> contexts(count(load_model("deepseek-v3")), find_runtime("vllm"), 4)
    [2, 4]
    """
    divides = runtime.context == ANY or (runtime.context == LATENT and model.layers.n_latent > 0)
    copies = kv_copies(model.profile, n_chips=n_chips) if divides else 1
    return [among for among in range(2, copies + 1) if copies % among == 0]


def pareto(options: Iterable[Option]) -> list[Option]:
    """Those that nothing else beats in price, in promised speed of each user and in time to the first token at once."""
    kept: list[Option] = []
    every = list(options)
    for one in every:
        mine = _merits(one)
        beaten = any(
            all(a >= b for a, b in zip(_merits(other), mine, strict=True)) and _merits(other) != mine for other in every
        )
        if not beaten and all(_merits(other) != mine for other in kept):
            kept.append(one)
    return kept


def runs(chip_id: str, form: str) -> bool:
    """Whether a form is planned on a chip: if it is multiplied as stored, the chip has to have a peak for that."""
    needed = MULTIPLIED_AS.get(form.lower())
    return needed is None or needed in find_chip(chip_id).peak_flops_per_s


@dataclass(frozen=True)
class Replica:
    """Chips that share the model, and the sequences that they serve at once.

    Attributes:
        batch_size: The sequences; 0 where even one misses the need, and times are those of one.
        nearness: The smaller of speed over the speed needed, and of the time needed over that to the first token.
        step: A step in the middle of an answer.
        prompt: Reading a prompt, one in each group.
        turn: Share of its time for which it keeps others waiting: all of it, unless it is in a pipeline.
        each: Between two tokens of a sequence.
        first: To the first token: the prompt, and the step after it.
    """

    setup: Setup
    batch_size: int
    nearness: float
    step: Timing
    prompt: Timing
    turn: float
    each: Timing
    first: Timing


def replica_of(model: Counted, setup: Setup, need: Need, *, sure: bool = True) -> Replica | None:
    """The largest batch that meets the need; `None` where not one sequence fits."""
    fits = sequences_at_once(
        model,
        setup.chip,
        setup.sharing,
        n_tokens=need.n_prompt + need.n_output,
        precision=setup.precision,
        spare=setup.runtime.spare,
    )
    if not fits:
        return None
    prompt = prefill_timing(model, setup, n_new=need.n_prompt, kind=among_kind(setup.runtime))
    kind = steady_kind(setup.runtime)

    def replica(batch_size: int) -> Replica:
        n_past = need.n_prompt + need.n_output // 2
        step = decode_timing(model, setup, n_past=n_past, batch_size=batch_size, kind=kind)
        after = decode_timing(model, setup, n_past=need.n_prompt, batch_size=batch_size, kind=kind)
        turn = prompt_turn(model, setup, n_new=need.n_prompt, batch_size=batch_size)
        each = _sum(step, prompt, n_sequences=turn * batch_size / setup.n_groups, n_output=need.n_output)
        first = _sum(after, prompt, n_sequences=1, n_output=1)
        made = Replica(setup, batch_size, 0, step, prompt, turn, each, first)
        slow, late = _ends(made, sure=sure)
        faster = 1 / (slow * need.tokens_per_s) if need.tokens_per_s else inf
        return replace(made, nearness=min(faster, need.first_token_s / late))

    found = replica(1)
    if found.nearness < 1:
        return replace(found, batch_size=0)
    low, high = 1, min(fits, need.n_users) + 1
    while high - low > 1:
        middle = (low + high) // 2
        tried = replica(middle)
        if tried.nearness >= 1:
            low, found = middle, tried
        else:
            high = middle
    return found


def _ends(replica: Replica, *, sure: bool) -> tuple[float, float]:
    """Seconds between two tokens and to the first that have to meet the need."""
    each, first = replica.each, replica.first
    return (each.high, first.high) if sure else (each.expected, first.expected)


def _option(replica: Replica, need: Need, chip: str, form: str, engine: str, price: float, *, sure: bool) -> Option:
    n_replicas = ceil(need.n_users / replica.batch_size)
    usd_per_hour = n_replicas * replica.setup.n_chips * price
    speeds = tuple(1 / seconds for seconds in (replica.each.expected, replica.each.high, replica.each.low))
    return Option(
        chip=chip,
        n_chips=replica.setup.n_chips,
        n_groups=replica.setup.n_groups,
        n_stages=replica.setup.n_stages,
        n_context=replica.setup.n_context,
        n_replicas=n_replicas,
        form=form,
        engine=engine,
        batch_size=replica.batch_size,
        usd_per_hour=usd_per_hour,
        usd_per_million=pricing.usd_per_million_tokens(
            n_chips=n_replicas * replica.setup.n_chips,
            usd_per_chip_hour=price,
            tokens_per_s=need.n_users / _ends(replica, sure=sure)[0],
        ),
        tokens_per_s=(speeds[0], speeds[1], speeds[2]),
        first_token_s=(replica.first.expected, replica.first.low, replica.first.high),
        scope=replica.each.scope,
        sure=sure,
    )


def _sum(step: Timing, prompt: Timing, *, n_sequences: float, n_output: int) -> Timing:
    """A step, and a share of prompts in between; ends of intervals add up, as if both were late together."""

    def both(step_seconds: float, prompt_seconds: float) -> float:
        return serving.interleaved_step_seconds(
            step_seconds=step_seconds, prompt_seconds=prompt_seconds, n_sequences=n_sequences, n_output=n_output
        )

    parts = {
        name: both(step.parts.get(name, 0.0), prompt.parts.get(name, 0.0)) for name in {**step.parts, **prompt.parts}
    }
    return Timing(
        bound=both(step.bound, prompt.bound),
        expected=both(step.expected, prompt.expected),
        low=both(step.low, prompt.low),
        high=both(step.high, prompt.high),
        floor=both(step.floor, prompt.floor),
        collectives=both(step.collectives, prompt.collectives),
        parts=parts,
        scope=step.scope,
    )


def _merits(one: Option) -> tuple[float, float, float]:
    speed, first = one.promised
    return (-one.usd_per_hour, speed, -first)


@cache
def _rents() -> tuple[tuple[str, float], ...]:
    with (DATA / "timing" / "rents.toml").open("rb") as file:
        read = tomllib.load(file)
    return (*read["usd_per_hour"].items(), *read["usd_per_hour_cards"].items())
