"""Published speeds of one run over depth, and the line through them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from llmnotes.cost.weighing import depth_slope, value_at_zero
from llmnotes.timing.points import DECODE, Point, load_points


@dataclass(frozen=True)
class Line:
    """The line of least squares through values over depth.

    Attributes:
        slope: What a token of depth adds.
        start: Where it meets depth 0.
        most_off: The farthest that a value lies from it, over how much it rises between the ends.
    """

    slope: float
    start: float
    most_off: float


def line_through(depths: Sequence[float], values: Sequence[float]) -> Line:
    """The line through values, each at its depth.

    Raises:
        ValueError: If all lie at one depth.

    >>> line_through([0, 10, 20], [1.0, 6.0, 11.0])
    Line(slope=0.5, start=1.0, most_off=0.0)
    """
    n_points, sum_depth, sum_value = len(depths), sum(depths), sum(values)
    slope = depth_slope(
        n_points=n_points,
        sum_depth=sum_depth,
        sum_value=sum_value,
        sum_depth_squared=sum(depth * depth for depth in depths),
        sum_depth_value=sum(depth * value for depth, value in zip(depths, values, strict=True)),
    )
    start = value_at_zero(n_points=n_points, sum_depth=sum_depth, sum_value=sum_value, slope=slope)
    off = max(abs(value - start - slope * depth) for depth, value in zip(depths, values, strict=True))
    return Line(slope, start, off / abs(slope * (max(depths) - min(depths))) if slope else float("inf"))


def line_of(depths: Sequence[int], value: Callable[[int], float]) -> Line:
    """The line through what a function gives at the same depths: bytes compare with seconds only so."""
    return line_through(depths, [value(depth) for depth in depths])


def depth_curve(**wanted: str) -> Mapping[int, Point]:
    """Decode speeds of one run by the tokens held, the shallowest first.

    Args:
        wanted: What tells the run apart among all points: model, format, chip, version, date.

    >>> [*depth_curve(model="gpt-oss-20b", chip="gb10-128gb")]
    [0, 4096, 8192, 16384, 32768]
    """
    found: dict[int, Point] = {}
    for point in load_points():
        if point.kind != DECODE or any(getattr(point, name) != value for name, value in wanted.items()):
            continue
        if point.n_past in found:
            raise ValueError(f"{wanted} names several runs: two have a point at depth {point.n_past}")
        found[point.n_past] = point
    return dict(sorted(found.items()))
