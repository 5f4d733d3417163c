"""The window of the agent of `turn.py` as the conversation grows, with past reasoning dropped and with it kept."""

import math
import runpy
from pathlib import Path

from llmnotes.figures import INK, MUTED, SERIES, label_lines, log2_axis, new_figure
from llmnotes.figures.play import Curve, Dot, Number, Play, Words, choice, doublings, slider
from llmnotes.units import format_exact, format_ratio

TEXT = {
    "zh": {
        "title": "思考 {{reasoning}} 个 token：丢掉旧的思考，{{window}} 能装 {{fit_past}} 轮历史；全留着只有 {{fit_kept}} 轮",
        "caption": "开头、一轮历史和这一轮的大小取自上面数过的对话，思考的长度由你选。竖轴是对数的。",
        "description": "两条上升的曲线和一条水平的虚线。保留思考的那条先碰到窗口，丢掉思考的那条晚得多。",
        "x": "已经聊过几轮",
        "y": "窗口里的 token",
        "dropped": "丢掉旧思考",
        "kept": "留着旧思考",
        "limit": "窗口",
        "n_past": "已经聊过几轮",
        "reasoning": "每轮思考（token）",
        "window": "窗口（token）",
        "fits": "装得下",
        "lacks": "装不下",
        "says": "聊过 {{n_past}} 轮，这一轮思考 {{reasoning}}：窗口里有 {{used}} 个 token，{{window}} 的窗口{{verdict}}；"
        "旧思考都留着就是 {{kept}} 个。最多 {{most}} 轮。",
    },
    "en": {
        "title": "With {{reasoning}} tokens of reasoning, {{window}} hold {{fit_past}} past exchanges if old reasoning "
        "goes, {{fit_kept}} if it stays",
        "caption": "Start, past exchange and present turn have the sizes counted above; how long the reasoning is, you choose. "
        "The upright axis is logarithmic.",
        "description": "Two rising curves and a level broken line. The curve that keeps old reasoning meets the window early, "
        "the one that drops it much later.",
        "x": "past exchanges",
        "y": "tokens in the window",
        "dropped": "old reasoning dropped",
        "kept": "old reasoning kept",
        "limit": "window",
        "n_past": "past exchanges",
        "reasoning": "reasoning of a turn (tokens)",
        "window": "window (tokens)",
        "fits": "fits",
        "lacks": "does not fit",
        "says": "{{n_past}} past exchanges, {{reasoning}} of reasoning in a turn: {{used}} tokens in the window, which "
        "{{verdict}} in {{window}}; {{kept}} if all old reasoning stays. At most {{most}} past exchanges.",
    },
}

BUILT = {"n_past": 40, "reasoning": 4096, "window": 128_000}
WINDOWS = (16_385, 32_000, 128_000, 400_000)
PAST = list(range(0, 201, 4))
PLUS, RESERVE = 32_000, 25_000
CLAUDE, CLAUDE_TOOLS = 200_000, 67_300


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


# --8<-- [end:compute]


def fits(*, n_past: float, reasoning: float, window: float, start: float, exchange: float, turn: float) -> float:
    used = used_tokens(n_past=n_past, reasoning=reasoning, start=start, exchange=exchange, turn=turn)
    return 1 if used <= window else 0


def limit(*, n_past: float, window: float) -> float:
    return window + 0 * n_past


def compute() -> dict:
    turn = runpy.run_path(str(Path(__file__).with_name("turn.py")))["compute"]()
    tokens = turn["tokens"]
    sizes = {
        "start": tokens["system"] + tokens["tools"],
        "exchange": tokens["history"] / turn["n_exchanges"],
        "turn": sum(tokens[part] for part in ("question", "call", "result", "answer")),
    }
    reasoning, window = BUILT["reasoning"], BUILT["window"]
    kept = sizes | {"exchange": sizes["exchange"] + reasoning}
    heavy = sizes | {"start": sizes["start"] + CLAUDE_TOOLS}
    return {
        "given": BUILT | {"reserve": RESERVE, "claude": CLAUDE, "claude_tools": CLAUDE_TOOLS},
        "sizes": sizes,
        "past": PAST,
        "dropped": [used_tokens(n_past=n, reasoning=reasoning, **sizes) for n in PAST],
        "kept": [kept_tokens(n_past=n, reasoning=reasoning, **sizes) for n in PAST],
        "here": used_tokens(n_past=BUILT["n_past"], reasoning=reasoning, **sizes),
        "here_kept": kept_tokens(n_past=BUILT["n_past"], reasoning=reasoning, **sizes),
        "fit_past": most_past(reasoning=reasoning, window=window, **sizes),
        "fit_kept": most_past(reasoning=reasoning, window=window, **kept),
        "fit_plus": most_past(reasoning=reasoning, window=PLUS, **sizes),
        "fit_plus_reserved": most_past(reasoning=RESERVE, window=PLUS, **sizes),
        "fit_reserved": most_past(reasoning=RESERVE, window=window, **sizes),
        "fit_claude": most_past(reasoning=reasoning, window=CLAUDE, **sizes),
        "fit_claude_tools": most_past(reasoning=reasoning, window=CLAUDE, **heavy),
    }


def claims(result, lang) -> dict[str, str]:
    counts = ("fit_past", "fit_kept", "fit_plus", "fit_plus_reserved", "fit_reserved", "fit_claude", "fit_claude_tools")
    sizes = result["sizes"]
    found = {name: format_exact(int(result[name]), lang) for name in counts}
    found |= {name: format_exact(value, lang) for name, value in result["given"].items()}
    return found | {
        "start": format_exact(sizes["start"], lang),
        "exchange": format_exact(math.ceil(sizes["exchange"]), lang),
        "used": format_exact(round(result["here"]), lang),
        "kept": format_exact(round(result["here_kept"]), lang),
        "plus_wrong": format_ratio(result["fit_past"] / result["fit_plus"], lang),
    }


def draw(result, text, width):
    fig, ax = new_figure(width, height=440)
    ax.plot(result["past"], result["dropped"], color=SERIES[0], label=text["dropped"], gid="dropped")
    ax.plot(result["past"], result["kept"], color=SERIES[1], label=text["kept"], gid="kept")
    ax.plot(
        result["past"], [BUILT["window"]] * len(result["past"]), "--", color=MUTED, label=text["limit"], gid="limit"
    )
    ax.plot([BUILT["n_past"]], [result["here"]], "o", color=INK, markersize=9, gid="here")
    log2_axis(ax.yaxis)
    ax.set(xlabel=text["x"], ylabel=text["y"], xlim=(0, PAST[-1]), ylim=(2**11, 2**20))
    label_lines(ax)
    return fig


def table(result, text):
    rows = zip(result["past"], result["dropped"], result["kept"], strict=True)
    columns = [text["x"], text["dropped"], text["kept"]]
    return {"columns": columns, "rows": [[n, round(a), round(b)] for n, a, b in rows], "unit": text["y"]}


def play(result, text):
    sizes = result["sizes"]
    return Play(
        controls=[
            slider("n_past", BUILT["n_past"], low=0, high=PAST[-1], step=1, label=text["n_past"]),
            doublings("reasoning", BUILT["reasoning"], low=256, high=65_536, label=text["reasoning"]),
            choice("window", BUILT["window"], options=WINDOWS, label=text["window"]),
        ],
        marks={
            "dropped": Curve(used_tokens, over="n_past", fixed=sizes),
            "kept": Curve(kept_tokens, over="n_past", fixed=sizes),
            "limit": Curve(limit, over="n_past"),
            "here": Dot("n_past", used_tokens, sizes),
        },
        numbers={
            "used": Number(used_tokens, "exact", sizes),
            "kept": Number(kept_tokens, "exact", sizes),
            "most": Number(most_past, "exact", sizes),
            "verdict": Words(fits, yes=text["fits"], no=text["lacks"], fixed=sizes),
        },
        sentence=text["says"],
    )


if __name__ == "__main__":
    print(compute())
