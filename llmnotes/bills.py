"""What a request costs by a dated price list of the registry."""

from llmnotes.equations import pricing
from llmnotes.registry import Price


def bill(price: Price, *, n_prompt: int, n_output: int, n_cached: int = 0) -> float:
    """Price of one request [USD]; a prompt above the list's limit is billed whole at the dearer prices.

    Args:
        price: The list, which holds for `price.priced`.
        n_prompt: Tokens of the prompt.
        n_output: Tokens of the answer, reasoning included.
        n_cached: Tokens of the prompt found in the provider's cache; billed as input where the list has no price.
    """
    read, again, written = (
        price.usd_per_million_input_tokens,
        price.usd_per_million_cached_tokens,
        price.usd_per_million_output_tokens,
    )
    if price.long_prompt_tokens is not None and n_prompt > price.long_prompt_tokens:
        read = price.usd_per_million_input_tokens_long or read
        again = price.usd_per_million_cached_tokens_long or again
        written = price.usd_per_million_output_tokens_long or written
    return pricing.request_usd(
        n_prompt=n_prompt,
        n_cached=n_cached,
        n_output=n_output,
        usd_per_million_input=read,
        usd_per_million_cached=read if again is None else again,
        usd_per_million_output=written,
    )
