r"""What tokens cost: by a price list, and from first principles. Plain numbers in, plain numbers out."""


def tokens_usd(*, n_tokens: float, usd_per_million: float) -> float:
    r"""Price of tokens of one kind.

    $$ p = n \, P / 10^6 $$

    Args:
        n_tokens: Tokens, $n$.
        usd_per_million: Price of a million of them, $P$ [USD].

    >>> tokens_usd(n_tokens=128_000, usd_per_million=2.5)
    0.32
    """
    return n_tokens * usd_per_million / 1_000_000


def request_usd(
    *,
    n_prompt: float,
    n_cached: float,
    n_output: float,
    usd_per_million_input: float,
    usd_per_million_cached: float,
    usd_per_million_output: float,
) -> float:
    r"""Price of one request.

    $$ p = \left( (n_p - n_c) P_i + n_c P_c + n_o P_o \right) / 10^6 $$

    Reasoning is output: it is billed and rarely shown. Valid for one tier of prices; lists that charge long prompts
    more charge *all* their tokens more. Left out are writing to a cache, storage, tools, and discounts for batches.

    Args:
        n_prompt: Tokens of the prompt, history and tools included, $n_p$.
        n_cached: Those of them found in the provider's cache, $n_c$.
        n_output: Tokens of the answer, reasoning included, $n_o$.
        usd_per_million_input: Price of input, $P_i$ [USD per million].
        usd_per_million_cached: Price of input found in the cache, $P_c$.
        usd_per_million_output: Price of output, $P_o$.

    Raises:
        ValueError: If more is cached than the prompt holds.

    Source:
        Counting; a published day of it is in `tests/test_pricing.py`.

    >>> request_usd(
    ...     n_prompt=100_000,
    ...     n_cached=80_000,
    ...     n_output=2_000,
    ...     usd_per_million_input=2,
    ...     usd_per_million_cached=0.5,
    ...     usd_per_million_output=8,
    ... )
    0.096
    """
    if n_cached > n_prompt:
        raise ValueError("n_cached must not be more than n_prompt")
    read = tokens_usd(n_tokens=n_prompt - n_cached, usd_per_million=usd_per_million_input)
    again = tokens_usd(n_tokens=n_cached, usd_per_million=usd_per_million_cached)
    return read + again + tokens_usd(n_tokens=n_output, usd_per_million=usd_per_million_output)


def break_even_reuses(*, write_over_input: float, read_over_input: float) -> float:
    r"""Reuses of a kept prefix from which keeping it costs no more than sending it in full each time.

    $$ k = \frac{w - 1}{1 - r} $$

    The first sending costs $w$ where it would cost 1, each further one $r$ where it would cost 1. Below 0 where keeping
    costs less than sending. Storage by the hour is left out.

    Args:
        write_over_input: Price of input that is kept over that of plain input, $w$.
        read_over_input: Price of input that is found over that of plain input, $r$.

    Raises:
        ValueError: If what is found costs no less than what is sent.

    Source:
        Counting; a published run is in `tests/test_pricing.py`.

    >>> break_even_reuses(write_over_input=2, read_over_input=0.5)
    2.0
    """
    if read_over_input >= 1:
        raise ValueError("read_over_input must be less than 1, or no reuse pays")
    return (write_over_input - 1) / (1 - read_over_input)


def chips_usd(*, n_chips: float, hours: float, usd_per_chip_hour: float) -> float:
    r"""Rent of chips.

    $$ p = n \, T \, P $$

    Idle hours cost as much as busy ones: divide by the tokens that were really served.

    Args:
        n_chips: Chips, $n$.
        hours: Hours, $T$ [h].
        usd_per_chip_hour: Rent of one chip, $P$ [USD per hour].

    >>> chips_usd(n_chips=8, hours=24, usd_per_chip_hour=2)
    384
    """
    return n_chips * hours * usd_per_chip_hour


def usd_per_million_tokens(*, n_chips: float, usd_per_chip_hour: float, tokens_per_s: float) -> float:
    r"""What a million tokens cost on chips that make so many in a second.

    $$ P = \frac{n \, P_h}{3600 \, r} \, 10^6 $$

    A lower bound where $r$ is a roofline; staff, power apart from the rent, and chips kept for the peak of the day are
    left out.

    Args:
        n_chips: Chips, $n$.
        usd_per_chip_hour: Rent of one, $P_h$ [USD per hour].
        tokens_per_s: Tokens all of them make in a second, $r$.

    Source:
        Counting; DeepSeek's published day in `tests/test_pricing.py`.

    >>> usd_per_million_tokens(n_chips=8, usd_per_chip_hour=2.25, tokens_per_s=5000)
    1.0
    """
    return n_chips * usd_per_chip_hour / (3600 * tokens_per_s) * 1_000_000
