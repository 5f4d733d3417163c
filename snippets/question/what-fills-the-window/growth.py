"""The window of a conversation as it grows, with past reasoning dropped and with it kept; round sizes, near the counted."""

import math

from llmnotes.figures import label, lines
from llmnotes.figures.play import Number, Play, Words, choice, curves, doublings, slider
from llmnotes.quantities import count, ratio, tokens

# The start of every request, a past exchange, and the turn that is going on, its reasoning left out.
SIZES = {"start": 800, "exchange": 500, "turn": 900}
BUILT = {"n_past": 40, "reasoning": 4_096, "window": 128_000}
WINDOWS = (16_385, 32_000, 128_000, 400_000)
PAST = list(range(0, 201, 8))
PLUS, RESERVE, CLAUDE, CLAUDE_TOOLS = 32_000, 25_000, 200_000, 67_300


# --8<-- [start:compute]
def used_tokens(*, n_past: float, reasoning: float, start: float, exchange: float, turn: float) -> float:
    """What the window holds when a turn ends and the reasoning of earlier turns is gone."""
    return start + n_past * exchange + turn + reasoning


def kept_tokens(*, n_past: float, reasoning: float, start: float, exchange: float, turn: float) -> float:
    """The same with the reasoning of every earlier turn still there."""
    return start + n_past * (exchange + reasoning) + turn + reasoning


def most_past(*, reasoning: float, window: float, start: float, exchange: float, turn: float) -> float:
    """How many past exchanges fit."""
    return max(0, math.floor((window - start - turn - reasoning) / exchange))


def compute():
    n_past, reasoning, window = BUILT["n_past"], BUILT["reasoning"], BUILT["window"]
    kept = SIZES | {"exchange": SIZES["exchange"] + reasoning}
    heavy = SIZES | {"start": SIZES["start"] + CLAUDE_TOOLS}
    fits = {
        "dropped": most_past(reasoning=reasoning, window=window, **SIZES),
        "kept": most_past(reasoning=reasoning, window=window, **kept),
        "plus": most_past(reasoning=reasoning, window=PLUS, **SIZES),
        "claude": most_past(reasoning=reasoning, window=CLAUDE, **SIZES),
        "claude_kept": most_past(reasoning=reasoning, window=CLAUDE, **kept),
        "claude_tools": most_past(reasoning=reasoning, window=CLAUDE, **heavy),
    }
    return {
        **count(SIZES | BUILT),
        "given": count({"plus": PLUS, "reserve": RESERVE, "claude": CLAUDE, "claude_tools": CLAUDE_TOOLS}),
        "fits": count(fits),
        "used": count(used_tokens(n_past=n_past, reasoning=reasoning, **SIZES)),
        "kept": count(kept_tokens(n_past=n_past, reasoning=reasoning, **SIZES)),
        "plus_wrong": ratio(fits["dropped"] / fits["plus"]),
        "past": count(PAST),
        "curves": {
            "dropped": tokens([used_tokens(n_past=n, reasoning=reasoning, **SIZES) for n in PAST]),
            "kept": tokens([kept_tokens(n_past=n, reasoning=reasoning, **SIZES) for n in PAST]),
            "limit": tokens([window] * len(PAST)),
        },
    }


# --8<-- [end:compute]


def draw(result):
    dropped = label(zh="丢掉旧思考", en="old reasoning dropped")
    curves = {
        dropped: result["curves"]["dropped"],
        label(zh="留着旧思考", en="old reasoning kept", id="kept"): result["curves"]["kept"],
        label(zh="窗口", en="window", id="limit"): result["curves"]["limit"],
    }
    past = label(zh="已经聊过几轮", en="past exchanges")
    here = next(at for at in result["past"] if at == result["n_past"])
    y = label(zh="窗口里", en="in the window")
    return lines(result["past"], curves, x=past, y=y, log="y", key=False, own=dropped, here=here, span=(2**10, 2**20))


def fits(*, n_past: float, reasoning: float, window: float, start: float, exchange: float, turn: float) -> float:
    used = used_tokens(n_past=n_past, reasoning=reasoning, start=start, exchange=exchange, turn=turn)
    return 1 if used <= window else 0


def limit(*, n_past: float, window: float) -> float:
    return window + 0 * n_past


def play(result):
    return Play(
        controls=[
            slider(
                "n_past", BUILT["n_past"], low=0, high=PAST[-1], label=label(zh="已经聊过几轮", en="past exchanges")
            ),
            doublings(
                "reasoning",
                BUILT["reasoning"],
                low=256,
                high=65_536,
                label=label(zh="每轮思考（token）", en="reasoning of a turn (tokens)"),
            ),
            choice("window", BUILT["window"], options=WINDOWS, label=label(zh="窗口（token）", en="window (tokens)")),
        ],
        marks=curves("n_past", own=(used_tokens, SIZES), kept=(kept_tokens, SIZES), limit=limit),
        numbers={
            "used": Number(used_tokens, "exact", SIZES),
            "kept": Number(kept_tokens, "exact", SIZES),
            "most": Number(most_past, "exact", SIZES),
            "verdict": Words(
                fits, yes=label(zh="装得下", en="fits"), no=label(zh="装不下", en="does not fit"), fixed=SIZES
            ),
        },
        sentence=label(
            zh="聊过 {{n_past}} 轮，这一轮思考 {{reasoning}} 个：窗口里有 {{used}} 个 token，{{window}} 的窗口{{verdict}}；"
            "旧思考都留着就是 {{kept}} 个。丢掉旧思考，最多装 {{most}} 轮。",
            en="{{n_past}} past exchanges, {{reasoning}} tokens of reasoning in a turn: {{used}} tokens in the window, "
            "which {{verdict}} in {{window}}; {{kept}} if all old reasoning stays. With it dropped, at most {{most}} fit.",
        ),
    )
