"""Models with exactly the same number of parameters: the context each claims, and how far RULER could follow."""

from llmnotes import count_params, registry
from llmnotes.figures import SERIES, log2_axis, new_figure
from llmnotes.units import format_exact, format_ratio, format_tokens

PAIRS = (
    ("llama-2-7b", "llama-2-7b-32k"),
    ("llama-3-8b", "llama-3.1-8b"),
    ("phi-3-mini-4k", "phi-3-mini-128k"),
    ("llama-3-70b", "llama-3.1-70b"),
    ("kimi-k2", "kimi-k2.5"),
)

TEXT = {
    "zh": {
        "title": "参数一个不差，标称上下文最多差 {{phi_ratio}}；有效长度又是另一回事",
        "caption": "每行两个模型，参数个数完全相同。圆点是作者标称的上下文，方框是 RULER 测出的有效长度"
        "（测的是指令版），RULER 的表里没有的没有方框。",
        "description": "五行，每行两个圆点，是两个参数相同的模型的标称上下文。"
        "方框是右边那个模型的有效长度，都落在它的标称左边。",
        "x": "上下文长度（token）",
        "model": "模型",
        "params": "参数（个）",
        "claimed": "标称上下文",
        "effective": "有效长度（RULER）",
        "untested": "表里没有",
    },
    "en": {
        "title": "Not one parameter apart, one context {{phi_ratio}} the other; the effective length is another matter",
        "caption": "Two models a row with exactly the same number of parameters. Dots are claimed contexts; squares "
        "are effective lengths in RULER (instruct models), missing where its table has none.",
        "description": "Five rows of two dots: the claimed contexts of two models of equal size. A square marks the "
        "effective length of the longer one, always to the left of its claim.",
        "x": "tokens",
        "model": "model",
        "params": "parameters",
        "claimed": "claimed context",
        "effective": "effective length (RULER)",
        "untested": "not in its table",
    },
}


# --8<-- [start:compute]
def compute() -> dict:
    pairs = []
    for ids in PAIRS:
        entries = [registry.find(model_id) for model_id in ids]
        counts = {count_params(entry.spec).total for entry in entries}
        claimed = [entry.context_advertised or 0 for entry in entries]
        if len(counts) != 1 or 0 in claimed:
            raise ValueError(f"{ids}: counts {counts}, claimed contexts {claimed}")
        pairs.append(
            {
                "names": [entry.name for entry in entries],
                "params": counts.pop(),
                "claimed": claimed,
                "effective": [entry.context_effective for entry in entries],
                "ratio": claimed[1] / claimed[0],
            }
        )
    return {"pairs": pairs}


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    llama2, llama3, phi3 = result["pairs"][:3]
    return {
        "params": format_exact(llama3["params"], lang),
        "short": format_tokens(llama3["claimed"][0], lang),
        "long": format_tokens(llama3["claimed"][1], lang),
        "ratio": format_ratio(llama3["ratio"], lang),
        "effective": format_tokens(llama3["effective"][1], lang),
        "phi_ratio": format_ratio(phi3["ratio"], lang),
        "together_claimed": format_tokens(llama2["claimed"][1], lang),
        "together_effective": format_tokens(llama2["effective"][1], lang),
    }


def draw(result, text, width):
    fig, ax = new_figure(width, height=430)
    for row, pair in enumerate(result["pairs"]):
        first = row == 0
        effective = pair["effective"][1]
        ax.plot(pair["claimed"], [row, row], "o-", color=SERIES[0], label=text["claimed"] if first else None)
        if effective:
            (square,) = ax.plot(effective, row, "s", color=SERIES[1], markersize=12, fillstyle="none")
            square.set(markeredgewidth=2.5, label=text["effective"] if first else None)
        names = " → ".join(pair["names"]) if width == "wide" else pair["names"][1]
        label = ax.annotate(f"{names} · {pair['params']:,}", (0, row), xytext=(0, 13), textcoords="offset points")
        label.xycoords = ax.get_yaxis_transform()
    log2_axis(ax.xaxis)
    ax.set(xlabel=text["x"], xlim=(2**11.5, 2**18.2), ylim=(len(result["pairs"]) - 0.7, -0.7), yticks=[])
    ax.legend()
    return fig


def table(result, text):
    rows = []
    for pair in result["pairs"]:
        for name, claimed, effective in zip(pair["names"], pair["claimed"], pair["effective"], strict=True):
            rows.append([name, pair["params"], claimed, effective or text["untested"]])
    columns = [text[key] for key in ("model", "params", "claimed", "effective")]
    return {"columns": columns, "rows": rows, "unit": text["x"]}


if __name__ == "__main__":
    print(compute())
