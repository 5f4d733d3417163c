"""What a conversation sends over all its requests, how much of that a prefix cache spares, and what makers charge."""

from llmnotes.figures import label, lines
from llmnotes.quantities import count, ratio, share
from llmnotes.registry import find_price

START, EXCHANGE, N_EXCHANGES = 800, 500, 40
SHOWN = [1, 2, 4, 7, 10, 15, 20, 25, 30, 35, 40]
PRICES = {
    "opus": "claude-opus-4-8",
    "gpt": "gpt-5.5",
    "gemini": "gemini-3.1-pro-preview",
    "deepseek": "deepseek-v4-pro",
}


# --8<-- [start:compute]
def window(n):
    return START + n * EXCHANGE


def sent(n):
    """Input of all requests, one an exchange: each sends the start and every exchange up to its own."""
    return sum(window(at) for at in range(1, n + 1))


def maker(price_id):
    price = find_price(price_id)
    usual = price.usd_per_million_input_tokens
    write = price.usd_per_million_cache_write_tokens
    found = price.usd_per_million_cached_tokens or usual
    return {"name": price.name, "found": share(found / usual), "write": ratio((write or usual) / usual)}


def compute():
    makers = {name: maker(price_id) for name, price_id in PRICES.items()}
    whole, new = sent(N_EXCHANGES), window(N_EXCHANGES)
    opus = makers["opus"]
    paid = new * opus["write"].value + (whole - new) * opus["found"].value
    return {
        **makers,
        "start": count(START),
        "exchange": count(EXCHANGE),
        **count({"first": window(1), "second": window(2), "third": window(3), "three": sent(3)}),
        **count({"again": whole - new, "charged": paid}),
        "n": count(N_EXCHANGES),
        "window": count(new),
        "sent": count(whole),
        "times": ratio(whole / new),
        "paid": share(paid / whole),
        "over": count(SHOWN),
        "curves": {
            "sent": count([sent(n) for n in SHOWN]),
            "window": count([window(n) for n in SHOWN]),
        },
    }


# --8<-- [end:compute]


def draw(result):
    curves = {
        label(zh="各次请求一共发", en="sent in all requests"): result["curves"]["sent"],
        label(zh="窗口里；也是要新算的", en="in the window; computed"): result["curves"]["window"],
    }
    x = label(zh="聊了几轮", en="exchanges")
    return lines(result["over"], curves, x=x, y="tokens", key=True)
