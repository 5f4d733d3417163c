"""What room a prompt leaves for the reply, by window and output limit of an interface for programs."""

from llmnotes.figures import SERIES, Table, label
from llmnotes.figures.play import Bar, Number, Play, choice, slider
from llmnotes.quantities import count, share
from llmnotes.registry import find_price

MODELS = {"gpt35": "gpt-3.5-turbo", "turbo": "gpt-4-turbo", "opus": "claude-opus-4-8", "gpt55": "gpt-5.5"}
N_INPUT, MINE = 100_000, 15_000


# --8<-- [start:formulas]
def reply_room(*, window: int, output_limit: int, n_input: int) -> int:
    """Tokens that a reply may have: what the window leaves, and never more than the limit."""
    return max(0, min(output_limit, window - n_input))


# --8<-- [end:formulas]


# --8<-- [start:compute]
def limits(price_id):
    found = find_price(price_id)
    window, output = found.context_advertised or 0, found.output_limit or 0
    return {"name": found.name, "window": count(window), "output": count(output), "share": share(output / window)}


def room(limit, n_input):
    return count(
        reply_room(window=int(limit["window"].value), output_limit=int(limit["output"].value), n_input=n_input)
    )


def compute():
    rows = {name: limits(price_id) for name, price_id in MODELS.items()}
    return {
        **rows,
        "n": count(N_INPUT),
        "room": room(rows["turbo"], N_INPUT),
        "left": rows["turbo"]["window"] - count(N_INPUT),
        "mine": count(MINE),
        "mine_room": room(rows["gpt35"], MINE),
    }


# --8<-- [end:compute]

INPUT, REPLY = label(zh="输入", en="input"), label(zh="回复的余地", en="room for the reply")


def draw(result, canvas):
    fig, ax = canvas.figure(height=170)
    taken = result["n"].value
    ax.barh([0], [taken], 0.5, color=SERIES[0], label=canvas.say(INPUT))[0].set_gid("input")
    reply = ax.barh([0], [result["room"].value], 0.5, [taken], color=SERIES[1], label=canvas.say(REPLY), hatch="//")
    reply[0].set_gid("reply")
    canvas.rows(ax, [label(zh="一次请求", en="one request")])
    canvas.axis(ax.xaxis, label(zh="token", en="tokens"), [result["n"]])
    ax.set_xlim(0, 260_000)
    ax.legend()
    return fig


def table(result):
    return Table([label(zh="部分", en="part"), "tokens"], [[INPUT, result["n"]], [REPLY, result["room"]]])


def input_end(*, n_input: int) -> float:
    return n_input


def reply_end(*, window: int, output_limit: int, n_input: int) -> float:
    return n_input + reply_room(window=window, output_limit=output_limit, n_input=n_input)


def play(result):
    turbo = result["turbo"]
    window, output = int(turbo["window"].value), int(turbo["output"].value)
    windows, caps = (16_385, 32_000, window, 200_000), (output, 16_384, 64_000)
    return Play(
        controls=[
            choice("window", window, options=windows, label=label(zh="窗口", en="window")),
            choice("output_limit", output, options=caps, label=label(zh="输出上限", en="output limit")),
            slider("n_input", N_INPUT, low=0, high=200_000, step=1_000, label=INPUT),
        ],
        marks={"input": Bar(input_end), "reply": Bar(reply_end, start=input_end)},
        numbers={"room": Number(reply_room, "exact")},
        sentence=label(
            zh="窗口 {{window}}，输出上限 {{output_limit}}：输入 {{n_input}} 个，回复最多 {{room}} 个。",
            en="Window {{window}}, output limit {{output_limit}}: after {{n_input}} tokens of input the reply has "
            "{{room}} at most.",
        ),
    )
