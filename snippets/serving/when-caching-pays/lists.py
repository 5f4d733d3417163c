"""The loop of 50 requests by the price lists of several makers: what caching leaves of the bill, and when it pays."""

from llmnotes.bills import agent_loop
from llmnotes.equations.pricing import break_even_reuses
from llmnotes.figures import bars, label, name
from llmnotes.quantities import number, ratio, share, usd
from llmnotes.registry import find_price, price_ids

LISTS = (
    "deepseek-v4-pro",
    "gemini-3.1-pro-preview",
    "gpt-5.4",
    "claude-opus-4-8",
    "claude-haiku-4-5",
    "qwen3.7-plus",
    "kimi-k2.6",
    "minimax-m2.7",
    "qwen3.7-max",
    "gpt-4.1",
    "gpt-4o",
)
TURNS = agent_loop(n_steps=50, n_start=10_000, n_added=2_000, n_output=500)


# --8<-- [start:compute]
def row(price_id):
    price = find_price(price_id)
    usual = price.usd_per_million_input_tokens
    read = (price.usd_per_million_cached_tokens or usual) / usual
    write = (price.usd_per_million_cache_write_tokens or usual) / usual
    plain, kept = (sum(turn.usd(price, caching=caching) for turn in TURNS) for caching in (False, True))
    return {
        "name": price.name,
        "paid": share(kept / plain),
        **usd({"plain": plain, "kept": kept}),
        "read": share(read),
        "write": ratio(write),
        "reuses": number(break_even_reuses(write_over_input=write, read_over_input=read)),
    }


def compute():
    rows = sorted((row(price_id) for price_id in LISTS), key=lambda one: one["paid"])
    lists = [find_price(price_id) for price_id in price_ids()]
    return {
        "rows": rows,
        "least": rows[0],
        "most": rows[-1],
        "lists": number(len(lists)),
        "with_read": number(sum(one.usd_per_million_cached_tokens is not None for one in lists)),
        "with_write": number(sum(one.usd_per_million_cache_write_tokens is not None for one in lists)),
    }


# --8<-- [end:compute]


def draw(result):
    rows = {name(one["name"]): one for one in result["rows"]}
    columns = {
        "plain": label(zh="不开缓存", en="without caching"),
        "kept": label(zh="开缓存", en="with caching"),
        "read": label(zh="命中价，占输入价", en="cache read, of the input price"),
        "write": label(zh="写入价，是输入价的", en="cache write, of the input price"),
        "reuses": label(zh="复用几次回本", en="reuses to break even"),
    }
    return bars(
        {key: one["paid"] for key, one in rows.items()},
        x=label(zh="开缓存付的，占不开缓存的", en="paid with caching, of the bill without"),
        rows="model",
        form="share2",
        beside={said: {key: one[column] for key, one in rows.items()} for column, said in columns.items()},
    )
