"""Prices against a published day of a large service, and the registry's lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmnotes.bills import agent_loop, bill
from llmnotes.equations import pricing
from llmnotes.registry import find_price, price_ids

# DeepSeek, "DeepSeek-V3/R1 Inference System Overview", 24 hours from 2025-02-27 12:00 (UTC+8): 226.75 nodes of 8 H800
# on average at $2 an hour; 608 B tokens read, 342 B of them from a cache, 168 B written; at the prices of R1.
R1 = {"usd_per_million_input": 0.55, "usd_per_million_cached": 0.14, "usd_per_million_output": 2.19}


def test_a_day_of_chips_costs_what_deepseek_printed():
    assert pricing.chips_usd(n_chips=226.75 * 8, hours=24, usd_per_chip_hour=2) == 87_072


def test_a_day_of_tokens_is_worth_what_deepseek_printed():
    # Printed: $562,027, from token counts rounded to a billion.
    worth = pricing.request_usd(n_prompt=608e9, n_cached=342e9, n_output=168e9, **R1)
    assert worth == pytest.approx(562_027, rel=0.0005)
    assert worth / 87_072 - 1 == pytest.approx(5.45, abs=0.01)  # "545 %"


def test_a_million_tokens_at_that_rate_cost_what_the_day_cost():
    per_second = (608e9 + 168e9) / 86_400
    price = pricing.usd_per_million_tokens(n_chips=226.75 * 8, usd_per_chip_hour=2, tokens_per_s=per_second)
    assert price * (608e9 + 168e9) / 1e6 == pytest.approx(87_072)


def test_nodes_that_read_and_write_are_the_nodes_deepseek_counted():
    # A node reads 73.7 K tokens a second or writes 14.8 K; 226.75 nodes were in use.
    day = 8 * 2 * 24 / 1e6
    costs = [
        pricing.usd_per_million_tokens(n_chips=8, usd_per_chip_hour=2, tokens_per_s=speed) for speed in (73_700, 14_800)
    ]
    nodes = (608e9 * costs[0] / 1e6 + 168e9 * costs[1] / 1e6) / (day * 1e6)
    assert nodes == pytest.approx(226.75, rel=0.001)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**5))
def test_requests_add_up_and_a_cache_never_makes_them_dearer(n_prompt, n_more, n_output):
    def price(prompt, cached, output):
        return pricing.request_usd(n_prompt=prompt, n_cached=cached, n_output=output, **R1)

    both = price(n_prompt + n_more, n_more, 2 * n_output)
    assert both == pytest.approx(price(n_prompt, 0, n_output) + price(n_more, n_more, n_output))
    assert both <= price(n_prompt + n_more, 0, 2 * n_output)


def test_more_cached_than_asked_is_refused():
    with pytest.raises(ValueError, match="n_cached must not be more"):
        pricing.request_usd(n_prompt=1, n_cached=2, n_output=0, **R1)


@pytest.mark.parametrize("price_id", price_ids())
def test_a_long_prompt_is_billed_whole_at_its_tier(price_id):
    price = find_price(price_id)
    edge = price.long_prompt_tokens or 1000
    below, above = bill(price, n_prompt=edge, n_output=10), bill(price, n_prompt=edge + 1, n_output=10)
    token = price.usd_per_million_input_tokens / 1e6
    if price.long_prompt_tokens is None:
        assert above - below == pytest.approx(token)
    else:
        assert above - below > 100 * token


def test_a_list_without_a_price_for_cached_tokens_bills_them_as_input():
    price = next(find_price(i) for i in price_ids() if find_price(i).usd_per_million_cached_tokens is None)
    assert bill(price, n_prompt=1000, n_cached=900, n_output=5) == bill(price, n_prompt=1000, n_output=5)


def test_gemini_bills_a_long_prompt_by_its_second_row():
    # Gemini 2.5 Pro: $1.25 and $10 a million up to 200,000 tokens of prompt, $2.50 and $15 above.
    price = find_price("gemini-2.5-pro")
    assert bill(price, n_prompt=200_000, n_output=1000) == pytest.approx(0.26)
    assert bill(price, n_prompt=400_000, n_output=1000) == pytest.approx(1.015)


def test_what_is_kept_costs_more_where_the_list_says_so():
    # Anthropic's page on prompt caching: writes for five minutes cost 1.25 times the price of input.
    price = find_price("claude-haiku-4-5")
    assert bill(price, n_prompt=1_000_000, n_output=0, n_written=1_000_000) == pytest.approx(1.25)
    free = find_price("gpt-5.4")
    assert bill(free, n_prompt=1000, n_output=0, n_written=1000) == bill(free, n_prompt=1000, n_output=0)


def test_more_found_and_kept_than_asked_is_refused():
    with pytest.raises(ValueError, match=r"n_cached \+ n_written is 12; give at most n_prompt, 10"):
        bill(find_price("gpt-5.4"), n_prompt=10, n_output=0, n_cached=6, n_written=6)


# The worked example of rohitg00/ai-engineering-from-scratch, pull request 53, as its review has it: one write and one
# read at 1.25 and 0.1 average 0.675 of the plain price a request, one write and ten reads 0.205.
@pytest.mark.parametrize(("reads", "average"), [(1, 0.675), (10, 0.205)])
def test_reads_save_what_a_published_example_says(reads, average):
    price, prefix = find_price("claude-haiku-4-5"), 1_000_000
    kept = bill(price, n_prompt=prefix, n_output=0, n_written=prefix)
    found = reads * bill(price, n_prompt=prefix, n_output=0, n_cached=prefix)
    plain = (1 + reads) * bill(price, n_prompt=prefix, n_output=0)
    assert (kept + found) / plain == pytest.approx(average, abs=0.0006)


@given(st.floats(0.5, 3), st.floats(0, 0.95), st.integers(1, 40))
def test_reuses_pay_from_the_break_even_on(write, read, reuses):
    enough = pricing.break_even_reuses(write_over_input=write, read_over_input=read)
    kept, sent = write + reuses * read, 1 + reuses
    assert (kept <= sent + 1e-9) == (reuses >= enough - 1e-9)


def test_no_reuse_pays_where_finding_costs_as_much():
    with pytest.raises(ValueError, match="read_over_input must be less than 1"):
        pricing.break_even_reuses(write_over_input=1.25, read_over_input=1)


class Prefixes:
    """A cache as the makers describe it: prefixes that were sent, looked up from the longest down."""

    def __init__(self):
        self.kept = set()

    def found(self, prompt):
        ends = range(len(prompt), 0, -1)
        length = next((end for end in ends if hash(tuple(prompt[:end])) in self.kept), 0)
        self.kept.add(hash(tuple(prompt)))
        return length


def test_a_loop_finds_what_a_cache_of_real_prompts_finds():
    loop = agent_loop(n_steps=9, n_start=41, n_added=13, n_output=5)
    prompt, cache = list(range(41)), Prefixes()
    for turn in loop:
        assert (turn.n_prompt, turn.n_cached) == (len(prompt), cache.found(prompt))
        prompt = prompt + [1000 + len(prompt) + place for place in range(13)]


# openclaw/openclaw, pull request 124300: a session of Claude Haiku 4.5, resumed twice. Tokens kept and found.
def test_a_published_session_finds_all_that_was_kept_before():
    kept, found = [59_474, 514, 224], [0, 59_474, 59_988]
    assert [sum(kept[:step]) for step in range(3)] == found
