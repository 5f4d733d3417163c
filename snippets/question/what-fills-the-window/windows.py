"""What room a prompt leaves for the reply, by window and output limit of an interface for programs."""

from typing import Any

from llmnotes.figures import SERIES, new_figure
from llmnotes.figures.play import Bar, Number, Play, choice, slider
from llmnotes.registry import find_price
from llmnotes.units import format_exact, format_percent

TEXT = {
    "zh": {
        "title": "{{gpt4turbo}} 的窗口，输入 {{n_input}} 个之后，回复最多 {{room}} 个",
        "caption": "窗口和输出上限按 GPT-4 Turbo；拨一拨，换成别的接口。回复里包括思考。",
        "description": "一根横条：输入很长，后面接一小段回复的余地。",
        "input": "输入",
        "reply": "回复的余地",
        "window": "窗口",
        "limit": "输出上限",
        "x": "token（千）",
        "part": "部分",
        "tokens": "token 数",
        "row": "一次请求",
        "says": "窗口 {{window}}，输出上限 {{output_limit}}：输入 {{n_input}} 个，回复最多 {{room}} 个。",
    },
    "en": {
        "title": "In a window of {{gpt4turbo}}, after {{n_input}} tokens of input, the reply has {{room}} at most",
        "caption": "Window and output limit of GPT-4 Turbo; change them for another interface. A reply includes reasoning.",
        "description": "One bar: a long input, then a short stretch that is left for the reply.",
        "input": "input",
        "reply": "room for the reply",
        "window": "window",
        "limit": "output limit",
        "x": "tokens (thousands)",
        "part": "part",
        "tokens": "tokens",
        "row": "one request",
        "says": "Window {{window}}, output limit {{output_limit}}: after {{n_input}} tokens of input the reply has "
        "{{room}} at most.",
    },
}
MODELS = {
    "gpt35": "gpt-3.5-turbo",
    "gpt4turbo": "gpt-4-turbo",
    "opus": "claude-opus-4-8",
    "gpt55": "gpt-5.5",
}
N_INPUT = 100_000


# --8<-- [start:formulas]
def reply_room(*, window: int, output_limit: int, n_input: int) -> int:
    """Tokens that a reply may have: what the window leaves, and never more than the limit."""
    return max(0, min(output_limit, window - n_input))


# --8<-- [end:formulas]


# --8<-- [start:compute]
def compute() -> dict:
    limits: dict[str, dict[str, Any]] = {}
    for name, price_id in MODELS.items():
        found = find_price(price_id)
        window, output = found.context_advertised or 0, found.output_limit or 0
        limits[name] = {"name": found.name, "window": window, "output": output, "share": output / window}
    turbo = limits["gpt4turbo"]
    return {
        "limits": limits,
        "n_input": N_INPUT,
        "room": reply_room(window=turbo["window"], output_limit=turbo["output"], n_input=N_INPUT),
        "left_over": turbo["window"] - N_INPUT,
        "mine_input": 15_000,
        "mine_room": reply_room(
            window=limits["gpt35"]["window"], output_limit=limits["gpt35"]["output"], n_input=15_000
        ),
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    found = {
        key: format_exact(result[key], lang) for key in ("n_input", "room", "left_over", "mine_input", "mine_room")
    }
    for name, limit in result["limits"].items():
        found |= {
            name: format_exact(limit["window"], lang),
            f"{name}_name": limit["name"],
            f"{name}_out": format_exact(limit["output"], lang),
            f"{name}_share": format_percent(limit["share"], lang),
        }
    return found


def draw(result, text, width):
    fig, ax = new_figure(width, height=170)
    taken = result["n_input"] / 1000
    ax.barh([0], [taken], 0.5, color=SERIES[0], label=text["input"])[0].set_gid("input")
    ax.barh([0], [result["room"] / 1000], 0.5, [taken], color=SERIES[1], label=text["reply"])[0].set_gid("reply")
    ax.set_yticks([0], [text["row"]])
    ax.set(xlabel=text["x"], xlim=(0, 260))
    ax.legend()
    return fig


def table(result, text):
    rows = [[text["input"], result["n_input"]], [text["reply"], result["room"]]]
    return {"columns": [text["part"], text["tokens"]], "rows": rows, "unit": ""}


def input_end(*, n_input: int) -> float:
    return n_input / 1000


def reply_end(*, window: int, output_limit: int, n_input: int) -> float:
    return (n_input + reply_room(window=window, output_limit=output_limit, n_input=n_input)) / 1000


def play(result, text):
    turbo = result["limits"]["gpt4turbo"]
    return Play(
        controls=[
            choice("window", turbo["window"], options=(16_385, 32_000, turbo["window"], 200_000), label=text["window"]),
            choice("output_limit", turbo["output"], options=(turbo["output"], 16_384, 64_000), label=text["limit"]),
            slider("n_input", result["n_input"], low=0, high=200_000, step=1_000, label=text["input"]),
        ],
        marks={"input": Bar(input_end), "reply": Bar(reply_end, start=input_end)},
        numbers={"room": Number(reply_room, "exact")},
        sentence=text["says"],
    )


if __name__ == "__main__":
    print(compute())
