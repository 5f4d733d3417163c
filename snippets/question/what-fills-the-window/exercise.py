"""An exercise: how many past exchanges a window holds beside its start and what is reserved."""

from llmnotes.figures import label
from llmnotes.figures.ask import Ask
from llmnotes.quantities import count, tokens

# Windows of GPT-4 Turbo, Claude, GPT-5 and the longest of today; a start, an exchange and a reserve as in the article.
WINDOWS, STARTS, EXCHANGES, RESERVES = [128_000, 200_000, 400_000], [2_000, 15_000], [700, 1_500], [25_000, 10_000]


def ask():
    return Ask(
        draws={
            "window": tokens(WINDOWS),
            "start": tokens(STARTS),
            "exchange": tokens(EXCHANGES),
            "reserve": tokens(RESERVES),
        },
        solve=solve,
        hints={
            "no_reserve": label(
                zh="思考和输出也在窗口里，要先留出 {{reserve}}。",
                en="Reasoning and output are in the window too: leave {{reserve}} for them.",
            ),
            "no_start": label(
                zh="系统提示和工具定义每次都要重发，先扣掉 {{start}}。",
                en="System prompt and tool definitions are sent every time: take off {{start}} first.",
            ),
        },
        tolerance=0.004,
    )


def solve(*, window, start, exchange, reserve):
    fits = {
        "answer": (window - start - reserve) // exchange,
        "no_reserve": (window - start) // exchange,
        "no_start": (window - reserve) // exchange,
    }
    return count(fits)
