r"""Time of a prompt and of a decode step, and what that gives each user: plain numbers in, plain numbers out.

All of it is a bound: the time that a chip cannot beat. What engines are expected to take is `llmnotes.timing`'s.
"""


def roofline_seconds(*, n_flops: float, n_bytes: float, flops_per_s: float, bytes_per_s: float) -> float:
    r"""Least time of work that computes and reads at once.

    $$ t = \max(F / \pi, \; B / \beta) $$

    The peak is the *dense* one of the data type; a data sheet's headline is often twice that. Valid where computing and
    reading overlap; left out are launches, communication between chips, and everything that is neither a matrix
    product nor a read of weights and cache.

    Args:
        n_flops: Floating-point operations, $F$.
        n_bytes: Bytes read from and written to memory, $B$.
        flops_per_s: Dense peak, $\pi$ [FLOP/s].
        bytes_per_s: Memory bandwidth, $\beta$ [B/s].

    Source:
        Williams, Waterman & Patterson 2009, Roofline, doi:10.1145/1498765.1498785; for decoding Pope et al. 2022,
        arXiv:2211.05102, section 2.

    >>> roofline_seconds(n_flops=16e9, n_bytes=16e9, flops_per_s=1000e12, bytes_per_s=4e12)
    0.004
    """
    return max(n_flops / flops_per_s, n_bytes / bytes_per_s)


def balanced_batch(*, flops_per_s: float, bytes_per_s: float, weight_bits: float) -> float:
    r"""Tokens of one pass at which reading dense weights takes as long as computing with them.

    $$ B = \frac{\pi}{\beta} \cdot \frac{s}{16} $$

    Below it a pass waits for memory and more sequences are free; above it for arithmetic. Holds for dense matrices at a
    short context: the cache is read by one sequence alone and never shared. A mixture of experts needs $E / k$ times as
    many.

    Args:
        flops_per_s: Dense peak, $\pi$ [FLOP/s].
        bytes_per_s: Memory bandwidth, $\beta$ [B/s].
        weight_bits: Bits of a stored weight, $s$.

    Source:
        Austin et al. 2025, How to Scale Your Model, chapter 7 (240 tokens for TPU v5e in bf16).

    >>> balanced_batch(flops_per_s=200e12, bytes_per_s=800e9, weight_bits=16)
    250.0
    """
    return flops_per_s / bytes_per_s * weight_bits / 16


def tokens_per_second(*, n_sequences: int, step_seconds: float) -> float:
    r"""Tokens that all sequences of a batch get in a second; divided by their number, what each user sees.

    $$ r = B / t $$

    Prompts that are read in between stretch the steps and are left out.

    Args:
        n_sequences: Sequences that share a step, $B$.
        step_seconds: Time of a decode step of the whole batch, $t_s$ [s].

    >>> tokens_per_second(n_sequences=64, step_seconds=0.02)
    3200.0
    """
    return n_sequences / step_seconds


def interleaved_step_seconds(*, step_seconds: float, prompt_seconds: float, n_sequences: float, n_output: int) -> float:
    r"""Seconds between two tokens of a sequence where every answer that ends makes room for a new prompt.

    $$ t = t_s + B \, t_p / n_o $$

    Of $B$ answers of $n_o$ tokens, $B / n_o$ end in each step, and that many prompts have to be read.

    Args:
        step_seconds: A decode step of the whole batch, $t_s$ [s].
        prompt_seconds: Reading one prompt, $t_p$ [s].
        n_sequences: Sequences that share a step, $B$.
        n_output: Tokens of an answer, $n_o$.

    Source:
        Counting; a published server at five loads is in `llmnotes/data/timing/served.toml`.

    >>> interleaved_step_seconds(step_seconds=0.02, prompt_seconds=0.1, n_sequences=64, n_output=256)
    0.045
    """
    return step_seconds + n_sequences / n_output * prompt_seconds


def sequences_in_flight(*, requests_per_s: float, seconds_each: float) -> float:
    r"""Sequences that are being served at any moment.

    $$ L = \lambda \, W $$

    Holds on average for any order of arrival, as long as the queue does not grow for ever.

    Args:
        requests_per_s: Requests that arrive in a second, $\lambda$.
        seconds_each: Seconds from the arrival of one to its last token, $W$.

    Source:
        Little 1961, doi:10.1287/opre.9.3.383.

    >>> sequences_in_flight(requests_per_s=2.5, seconds_each=8)
    20.0
    """
    return requests_per_s * seconds_each


def request_hours(*, prompt_seconds: float, step_seconds: float, n_output: int, n_sequences: int) -> float:
    r"""Hours for which one request occupies its chips: its prompt alone, then its share of every step of its batch.

    $$ T = (t_p + n_o \, t_s / B) / 3600 $$

    Valid while the batch is full all the time; idle chips cost as much.

    Args:
        prompt_seconds: Time to read the prompt, $t_p$ [s].
        step_seconds: Time of a decode step of the whole batch, $t_s$ [s].
        n_output: Tokens of the answer, $n_o$.
        n_sequences: Sequences that share a step, $B$.

    >>> request_hours(prompt_seconds=2, step_seconds=0.05, n_output=1000, n_sequences=10)
    0.0019444444444444444
    """
    return (prompt_seconds + n_output * step_seconds / n_sequences) / 3600
