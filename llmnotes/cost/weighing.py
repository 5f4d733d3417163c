"""A KV cache weighed with a stopwatch: the line of a token's time over the tokens held, and what its slope weighs.

Plain arithmetic over sums, so a page that is given a file of timings fits the same line.
"""


def depth_slope(
    *, n_points: float, sum_depth: float, sum_value: float, sum_depth_squared: float, sum_depth_value: float
) -> float:
    """What one more token of depth adds to a value, by the line of least squares through its points.

    Args:
        n_points: Points.
        sum_depth: Sum of the tokens held at each.
        sum_value: Sum of the values: seconds of a token, or bytes of cache.
        sum_depth_squared: Sum of the squares of the depths.
        sum_depth_value: Sum of each depth times its value.

    Raises:
        ValueError: If all points lie at one depth.

    >>> depth_slope(n_points=2, sum_depth=10, sum_value=7, sum_depth_squared=100, sum_depth_value=50)
    0.3
    """
    spread = n_points * sum_depth_squared - sum_depth * sum_depth
    if spread <= 0:
        raise ValueError("all points lie at one depth")
    return (n_points * sum_depth_value - sum_depth * sum_value) / spread


def value_at_zero(*, n_points: float, sum_depth: float, sum_value: float, slope: float) -> float:
    """Where that line meets depth 0: the time of a token without a cache.

    >>> value_at_zero(n_points=2, sum_depth=10, sum_value=7, slope=0.3)
    2.0
    """
    return (sum_value - slope * sum_depth) / n_points


def weighed_bytes(*, slope_s: float, bandwidth_bytes_per_s: float) -> float:
    """Most bytes of cache for each token of depth: what could have been read in the time that a token adds.

    >>> weighed_bytes(slope_s=0.5e-6, bandwidth_bytes_per_s=256e9)
    128000.0
    """
    return slope_s * bandwidth_bytes_per_s


def cache_bandwidth(*, slope_bytes: float, slope_s: float) -> float:
    """Bytes a second at which a cache of known size is read.

    >>> cache_bandwidth(slope_bytes=131_072, slope_s=0.5e-6)
    262144000000.0
    """
    return slope_bytes / slope_s
