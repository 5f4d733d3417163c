"""Published measurements beside what is expected of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from math import exp, log
from statistics import median

from llmnotes.cost.assumptions import Precision
from llmnotes.registry import Chip, find_chip, load_model
from llmnotes.timing.constants import constants_of
from llmnotes.timing.formats import is_dynamic, precision_of, precision_of_file
from llmnotes.timing.points import PREFILL, THROUGHPUT, Point, load_points
from llmnotes.timing.runtimes import backend_of, find_runtime, multiplied_as
from llmnotes.timing.serving import serving_terms
from llmnotes.timing.work import Counted, Sharing, UnknownPeak, count, prompt_terms, step_terms


@dataclass(frozen=True)
class Comparison:
    """One measurement and what is expected of it, in seconds.

    Attributes:
        expected: What the constants give.
        low, high: Between which four of five are expected to lie.
    """

    point: Point
    expected: float
    low: float
    high: float

    @property
    def ratio(self) -> float:
        """Expected speed over the measured one."""
        return self.point.seconds / self.expected

    @property
    def is_covered(self) -> bool:
        """The measurement lies in the interval."""
        return self.low <= self.point.seconds <= self.high


@dataclass(frozen=True)
class Summary:
    """How well a set is met.

    Attributes:
        n: Measurements.
        median_error: Median of the relative errors of the speed.
        within_10, within_25: Shares of them with an error of at most that many percent.
        covered: Share of them that lie in their interval.
    """

    n: int
    median_error: float
    within_10: float
    within_25: float
    covered: float


def compare_all() -> tuple[Comparison, ...]:
    """Every measurement of which something can be expected."""
    return tuple(_compared())


def compare(point: Point) -> Comparison:
    """One measurement beside its expectation.

    Raises:
        UnknownPeak: If it is a prompt and nobody publishes the peak of its chip.
    """
    chip, runtime = chip_of(point.chip), find_runtime(point.engine)
    constants = constants_of(point.kind, runtime, chip, backend_of(runtime, chip, point.backend))
    expected = constants.seconds(terms_of(point))
    return Comparison(point, expected, expected * constants.low, expected * constants.high)


def terms_of(point: Point) -> dict[str, float]:
    """What a measurement asks of its chip; of a throughput, for one output token of one chip."""
    model, chip, runtime = _model(point.model), chip_of(point.chip), find_runtime(point.engine)
    multiplied = multiplied_as(runtime, backend_of(runtime, chip, point.backend))
    sharing = Sharing(point.n_chips, runtime.sharing, point.n_groups, multiplied)
    precision = precision_of_point(point)
    if point.kind == THROUGHPUT:
        return serving_terms(
            model,
            chip,
            sharing,
            n_prompt=point.n_past,
            n_output=point.n_output,
            precision=precision,
            runtime=runtime,
            n_requests=point.n_requests,
        )
    if point.kind == PREFILL:
        return prompt_terms(
            model,
            chip,
            sharing,
            n_new=point.n_new,
            n_past=point.n_past,
            micro_batch=point.micro_batch,
            precision=precision,
            absorbed=runtime.absorbed,
        )
    batch = max(1, round(point.batch_size))
    return step_terms(model, chip, sharing, n_past=point.n_past, batch_size=batch, precision=precision)


def precision_of_point(point: Point) -> Precision:
    """Bits of the weights of a measurement: in a mix without a rule by the size of its file, where that is stated."""
    found = _precision(point.model, point.format, point.file_bytes if is_dynamic(point.format) else 0)
    return replace(found, cache=point.cache_bits)


def summarize(compared: Iterable[Comparison]) -> Summary:
    """Median error and shares of a set that is not empty."""
    rows = list(compared)
    errors = [abs(row.ratio - 1) for row in rows]
    return Summary(
        n=len(rows),
        median_error=median(errors),
        within_10=sum(error <= 0.10 for error in errors) / len(rows),
        within_25=sum(error <= 0.25 for error in errors) / len(rows),
        covered=sum(row.is_covered for row in rows) / len(rows),
    )


def is_fitted(point: Point) -> bool:
    """Rows that set the constants: those that state everything, on chips whose peak is known where they need it."""
    return point.source.inferred is None and has_terms(point)


def has_terms(point: Point) -> bool:
    """Rows of which something can be expected at all."""
    try:
        terms_of(point)
    except UnknownPeak:
        return False
    return True


def bias(compared: Iterable[Comparison]) -> float:
    """Geometric middle of expected speed over measured speed: above 1, too fast is promised."""
    return exp(median(log(row.ratio) for row in compared))


@cache
def chip_of(chip_id: str) -> Chip:
    """A chip of the registry, read once."""
    return find_chip(chip_id)


@cache
def _model(model_id: str) -> Counted:
    return count(load_model(model_id))


@cache
def _precision(model_id: str, form: str, file_bytes: int) -> Precision:
    model = load_model(model_id)
    return precision_of_file(model, form, file_bytes) if file_bytes else precision_of(model, form)


@cache
def _compared() -> list[Comparison]:
    return [compare(point) for point in load_points() if has_terms(point)]
