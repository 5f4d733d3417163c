"""The last whole number for which something holds, found by halving."""

from collections.abc import Callable


def most_that(holds: Callable[[int], bool], most: int) -> int:
    """Largest number up to `most` that holds, where larger ones hold less; 0 where 1 does not.

    >>> most_that(lambda n: n * n <= 50, 1_000), most_that(lambda n: n < 10_000, 1_000), most_that(lambda n: n < 1, 9)
    (7, 1000, 0)
    """
    if holds(most):
        return most
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
