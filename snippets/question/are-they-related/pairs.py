"""Models with exactly the same number of parameters: the context each claims, and how far RULER could follow."""

from llmnotes import count_params, registry
from llmnotes.figures import SERIES, Table, label, log2_axis
from llmnotes.quantities import count, tokens

PAIRS = {
    "llama2": ("llama-2-7b", "llama-2-7b-32k"),
    "llama3": ("llama-3-8b", "llama-3.1-8b"),
    "phi3": ("phi-3-mini-4k", "phi-3-mini-128k"),
    "llama70": ("llama-3-70b", "llama-3.1-70b"),
    "kimi": ("kimi-k2", "kimi-k2.5"),
}
CLAIMED = label(zh="标称上下文", en="claimed context")
EFFECTIVE = label(zh="有效长度（RULER）", en="effective length (RULER)")


# --8<-- [start:compute]
def pair(ids):
    entries = [registry.find(model_id) for model_id in ids]
    counts = {count_params(entry.spec).total for entry in entries}
    claimed = [tokens(entry.context_advertised) for entry in entries]
    if len(counts) != 1:
        raise ValueError(f"{ids} have the counts {counts}")
    effective = entries[1].context_effective
    return {
        "names": [entry.name for entry in entries],
        "params": count(counts.pop()),
        "claimed": claimed,
        "short": claimed[0],
        "long": claimed[1],
        "ratio": claimed[1] / claimed[0],
        "effective": tokens(effective) if effective else None,
    }


def compute():
    pairs = {name: pair(ids) for name, ids in PAIRS.items()}
    # The home page and the audit ask for these three by name.
    first = pairs["llama3"]
    return {**pairs, "params": first["params"], "ratio": first["ratio"], "phi_ratio": pairs["phi3"]["ratio"]}


# --8<-- [end:compute]


def draw(result, canvas):
    figure, axes = canvas.figure(height=430)
    for row, one in enumerate(result[name] for name in PAIRS):
        claimed, effective = (canvas.say(title) if row == 0 else None for title in (CLAIMED, EFFECTIVE))
        axes.plot([end.value for end in one["claimed"]], [row, row], "o-", color=SERIES[0], label=claimed)
        if one["effective"] is not None:
            look = {"color": SERIES[1], "markersize": 12, "fillstyle": "none", "markeredgewidth": 2.5}
            axes.plot(one["effective"].value, row, "s", label=effective, **look)
        names = one["names"][1] if canvas.narrow else " → ".join(one["names"])
        said = f"{names} · {canvas.say(one['params'])}"
        axes.text(0, row - 0.36, said, transform=axes.get_yaxis_transform(), va="center")
    log2_axis(axes.xaxis)
    axes.set(xlabel=canvas.say("tokens"), xlim=(2**11.5, 2**18.2), ylim=(len(PAIRS) - 0.7, -0.7), yticks=[])
    axes.legend()
    return figure


def table(result):
    rows = [
        [name, one["params"], claimed, effective]
        for one in (result[name] for name in PAIRS)
        for name, claimed, effective in zip(one["names"], one["claimed"], (None, one["effective"]), strict=True)
    ]
    return Table(["model", "parameter-count", CLAIMED, EFFECTIVE], rows)
