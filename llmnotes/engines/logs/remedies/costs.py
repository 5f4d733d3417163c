"""What a change costs, and sizes as they are written in it."""

from llmnotes.units import GIB, MIB

FREE, SOME_SPEED, SOME_QUALITY, HARDWARE = 0, 1, 2, 3
MOST_SHARE = 0.95
"""The largest share of a card that is advised: some stays for what no engine counts."""


def mib(value: float) -> str:
    """A size in whole MiB."""
    return f"{value / MIB:,.0f} MiB"


def gib(value: float) -> str:
    """A size in GiB."""
    return f"{value / GIB:,.2f} GiB"
