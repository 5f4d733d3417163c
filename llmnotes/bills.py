"""What a request costs, and a loop of them, by a dated price list of the registry."""

from dataclasses import dataclass

from llmnotes.equations import pricing
from llmnotes.registry import Price

KINDS = ("input", "output", "cached", "cache_write")


def rates(price: Price, tier: str = "") -> dict[str, float]:
    """Prices of a list by what they are for, of those that it has [USD a million tokens].

    Args:
        price: The list.
        tier: "long", "batch" or "fast"; the usual prices where it is empty.

    >>> from llmnotes.registry import find_price
    >>> [*rates(find_price("claude-opus-4-8"), "batch")]
    ['input', 'output']
    """
    end = f"_tokens_{tier}" if tier else "_tokens"
    listed = {kind: getattr(price, f"usd_per_million_{kind}{end}", None) for kind in KINDS}
    return {kind: rate for kind, rate in listed.items() if rate is not None}


def bill(price: Price, *, n_prompt: int, n_output: int, n_cached: int = 0, n_written: int = 0) -> float:
    """Price of one request [USD]; a prompt above the list's limit is billed whole at the dearer prices.

    Args:
        price: The list, which holds for `price.priced`.
        n_prompt: Tokens of the prompt.
        n_output: Tokens of the answer, reasoning included.
        n_cached: Tokens of the prompt found in the provider's cache; billed as input where the list has no price.
        n_written: Tokens of the prompt that are kept in that cache; billed as input where the list has no price.

    Raises:
        ValueError: If more is found and kept than the prompt holds.
    """
    if n_cached + n_written > n_prompt:
        raise ValueError(f"n_cached + n_written is {n_cached + n_written:,}; give at most n_prompt, {n_prompt:,}")
    asked = rates(price)
    if price.long_prompt_tokens is not None and n_prompt > price.long_prompt_tokens:
        asked |= rates(price, "long")
    plain = pricing.request_usd(
        n_prompt=n_prompt,
        n_cached=n_cached,
        n_output=n_output,
        usd_per_million_input=asked["input"],
        usd_per_million_cached=asked.get("cached", asked["input"]),
        usd_per_million_output=asked["output"],
    )
    more = asked.get("cache_write", asked["input"]) - asked["input"]
    return plain + pricing.tokens_usd(n_tokens=n_written, usd_per_million=more)


@dataclass(frozen=True)
class Turn:
    """One request of a loop, in tokens.

    Attributes:
        n_prompt: The whole prompt: start, and all that was said before.
        n_cached: What of it the request before has left in the cache.
        n_output: The answer.
    """

    n_prompt: int
    n_cached: int
    n_output: int

    @property
    def n_new(self) -> int:
        """What of the prompt no request has sent before."""
        return self.n_prompt - self.n_cached

    def usd(self, price: Price, *, caching: bool = True) -> float:
        """Its price by a list, with what is new kept for the next request; or sent in full."""
        found, kept = (self.n_cached, self.n_new) if caching else (0, 0)
        return bill(price, n_prompt=self.n_prompt, n_output=self.n_output, n_cached=found, n_written=kept)


def agent_loop(*, n_steps: int, n_start: int, n_added: int, n_output: int) -> list[Turn]:
    """The requests of an agent that sends everything so far at each step and changes none of it.

    Args:
        n_steps: Requests.
        n_start: Tokens of the first prompt: instructions, tools, task.
        n_added: Tokens by which the prompt grows from one request to the next: the answer, and what a tool returned.
        n_output: Tokens of each answer.
    """
    prompts = [n_start + step * n_added for step in range(n_steps)]
    return [Turn(prompt, found, n_output) for prompt, found in zip(prompts, [0, *prompts[:-1]], strict=True)]
