r"""Which chips, how many, in which form of weights and with which engine meet what users need, and at what price.

A replica is some chips that share the model, with so many sequences at once that every user still gets tokens as fast
as asked. Prompts of new requests are read in between, so each user waits for a share of them:

$$ t = t_s(B) + B \, t_p / n_o $$

Source:
    The steady state of a batch that is always full; Little's law says the same of requests a second.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil

from llmnotes.registry import DATA, find_chip
from llmnotes.spec import ModelSpec
from llmnotes.timing.estimate import Setup, Timing, decode_timing, prefill_timing
from llmnotes.timing.formats import precision_of
from llmnotes.timing.runtimes import find_runtime
from llmnotes.timing.serving import sequences_at_once
from llmnotes.timing.work import Counted, count

FORMS = ("bf16", "fp8", "nvfp4", "awq")
COUNTS = (1, 2, 4, 8)
ENGINES = ("vllm", "tensorrt-llm")
MULTIPLIED_AS = {"fp8": "fp8", "nvfp4": "fp4", "mxfp4": "fp4"}
"""Forms that a chip multiplies as they are stored, and the peak that says it can; others are unpacked first."""


class NoPlan(ValueError):  # noqa: N818 - callers read it as a sentence
    """Nothing on the list meets the need; the message says what comes closest."""


@dataclass(frozen=True)
class Need:
    """What users are to get.

    Attributes:
        n_prompt: Tokens of a prompt.
        n_output: Tokens of an answer.
        n_users: Users who are served at the same moment.
        first_token_s: Longest time to the first token [s].
        tokens_per_s: Least tokens a second for each user.
    """

    n_prompt: int
    n_output: int
    n_users: int
    first_token_s: float
    tokens_per_s: float


@dataclass(frozen=True)
class Option:
    """One way to meet a need.

    Attributes:
        chip: Id of the chip.
        n_chips: Chips of a replica, which share the model.
        n_replicas: Replicas.
        form: Of the weights.
        engine: The engine.
        batch_size: Sequences of a replica.
        usd_per_hour: Rent of all chips.
        usd_per_million: Rent of a million output tokens while all users are served.
        tokens_per_s: Tokens a second of each user: expected, and the ends of its interval.
        first_token_s: Time to the first token: expected, and the ends of its interval.
        scope: Whose measurements the interval rests on.
    """

    chip: str
    n_chips: int
    n_replicas: int
    form: str
    engine: str
    batch_size: int
    usd_per_hour: float
    usd_per_million: float
    tokens_per_s: tuple[float, float, float]
    first_token_s: tuple[float, float, float]
    scope: str

    @property
    def all_chips(self) -> int:
        """Chips of all replicas."""
        return self.n_chips * self.n_replicas


def rents() -> Mapping[str, float]:
    """Dollars an hour of one chip, by its id, at the providers that the file names."""
    return dict(_rents())


def plan(
    model: ModelSpec,
    need: Need,
    *,
    prices: Mapping[str, float] | None = None,
    forms: Sequence[str] = FORMS,
    counts: Sequence[int] = COUNTS,
    engines: Sequence[str] = ENGINES,
    sure: bool = False,
) -> list[Option]:
    """Every way that meets a need, the cheapest first.

    Args:
        model: The model.
        need: What users are to get.
        prices: Dollars an hour of each chip to think of; the file's unless given.
        forms: Forms of the weights to think of.
        counts: Chips of a replica to think of.
        engines: Engines to think of.
        sure: The slow end of the interval is to meet the need, and not the middle.

    Raises:
        NoPlan: If nothing meets it.
    """
    prices = rents() if prices is None else prices
    counted, found = count(model), []
    closest: tuple[float, str] = (0.0, "no chip holds the model")
    for form in forms:
        precision = precision_of(model, form)
        for chip_id, price in prices.items():
            if not _runs(chip_id, form):
                continue
            for engine in engines:
                for n_chips in counts:
                    setup = Setup(find_chip(chip_id), find_runtime(engine), n_chips, precision)
                    replica = _replica(counted, setup, need, sure)
                    if isinstance(replica, _Replica):
                        found.append(_option(replica, need, chip_id, form, engine, price))
                    elif replica > closest[0]:
                        closest = (replica, f"{n_chips} × {chip_id} in {form} gives one user {replica:.3g} tokens/s")
    if not found:
        raise NoPlan(
            f"nothing meets {need.tokens_per_s:g} tokens/s and {need.first_token_s:g} s to the first token "
            f"with {need.n_prompt + need.n_output:,} tokens; closest: {closest[1]}"
        )
    return sorted(found, key=lambda one: (one.usd_per_hour, -one.tokens_per_s[0], one.chip, one.form, one.engine))


def pareto(options: Iterable[Option]) -> list[Option]:
    """Those that nothing else beats in price, in speed for each user and in time to the first token at once."""
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


def _runs(chip_id: str, form: str) -> bool:
    needed = MULTIPLIED_AS.get(form.lower())
    return needed is None or needed in find_chip(chip_id).peak_flops_per_s


@dataclass(frozen=True)
class _Replica:
    setup: Setup
    batch_size: int
    each: Timing
    first: Timing


def _replica(model: Counted, setup: Setup, need: Need, sure: bool) -> "_Replica | float":
    """The largest batch that meets the need; else the tokens a second that one user would get, 0 if it does not fit."""
    fits = sequences_at_once(
        model, setup.chip, setup.sharing, n_tokens=need.n_prompt + need.n_output, precision=setup.precision
    )
    if not fits:
        return 0.0
    prompt = prefill_timing(model, setup, n_new=need.n_prompt)

    def each(batch_size: int) -> Timing:
        step = decode_timing(model, setup, n_past=need.n_prompt + need.n_output // 2, batch_size=batch_size)
        share = batch_size / need.n_output
        return _sum(step, prompt, share)

    def meets(batch_size: int) -> bool:
        told = each(batch_size)
        step = decode_timing(model, setup, n_past=need.n_prompt, batch_size=batch_size)
        first = _sum(prompt, step, 1.0)
        slow, late = (told.high, first.high) if sure else (told.expected, first.expected)
        return slow * need.tokens_per_s <= 1 and late <= need.first_token_s

    low, high = 0, min(fits, need.n_users) + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if meets(middle) else (low, middle)
    if not low:
        return 1 / each(1).expected
    step = decode_timing(model, setup, n_past=need.n_prompt, batch_size=low)
    return _Replica(setup, low, each(low), _sum(prompt, step, 1.0))


def _option(replica: _Replica, need: Need, chip: str, form: str, engine: str, price: float) -> Option:
    n_replicas = ceil(need.n_users / replica.batch_size)
    usd_per_hour = n_replicas * replica.setup.n_chips * price
    speeds = tuple(1 / seconds for seconds in (replica.each.expected, replica.each.high, replica.each.low))
    per_second = need.n_users * speeds[0]
    return Option(
        chip=chip,
        n_chips=replica.setup.n_chips,
        n_replicas=n_replicas,
        form=form,
        engine=engine,
        batch_size=replica.batch_size,
        usd_per_hour=usd_per_hour,
        usd_per_million=usd_per_hour / 3600 / per_second * 1e6,
        tokens_per_s=(speeds[0], speeds[1], speeds[2]),
        first_token_s=(replica.first.expected, replica.first.low, replica.first.high),
        scope=replica.each.scope,
    )


def _sum(one: Timing, other: Timing, share: float) -> Timing:
    """One pass and a share of another; ends of intervals add up, as if both were late together."""
    parts = dict(one.parts)
    for name, seconds in other.parts.items():
        parts[name] = parts.get(name, 0.0) + share * seconds
    return Timing(
        bound=one.bound + share * other.bound,
        expected=one.expected + share * other.expected,
        low=one.low + share * other.low,
        high=one.high + share * other.high,
        floor=one.floor + share * other.floor,
        collectives=one.collectives + share * other.collectives,
        parts=parts,
        scope=one.scope,
    )


def _merits(one: Option) -> tuple[float, float, float]:
    return (-one.usd_per_hour, one.tokens_per_s[0], -one.first_token_s[0])


@cache
def _rents() -> tuple[tuple[str, float], ...]:
    with (DATA / "timing" / "rents.toml").open("rb") as file:
        read = tomllib.load(file)
    return (*read["usd_per_hour"].items(), *read["usd_per_hour_cards"].items())
