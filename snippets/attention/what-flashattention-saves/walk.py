"""A tile walks over the table of scores; one processor holds that tile and three running numbers a row."""

from matplotlib.patches import Rectangle

from llmnotes.figures import INK, MUTED, SERIES, Table, label
from llmnotes.quantities import count

N_BLOCKS = 4
STEPS = (1, 6, 16)
WORDS = {
    "queries": label(zh="查询 Q", en="queries Q"),
    "keys": label(zh="键 K、值 V", en="keys K, values V"),
    "chip": label(zh="片上：这一块，每行的 m、ℓ、输出", en="on the chip: one tile, m, ℓ, output"),
    "step": label(zh="第几步", en="step"),
    "held": label(zh="这个处理器手里的块", en="tiles that this processor holds"),
    "seen": label(zh="算过就扔的块", en="tiles computed and dropped"),
}


# --8<-- [start:compute]
def compute():
    steps = [{"step": count(step), "held": count(1), "seen": count(step - 1)} for step in STEPS]
    return {"steps": steps, "tiles": count(N_BLOCKS**2)}


# --8<-- [end:compute]


def draw(result, canvas):
    fig, ax = canvas.figure(height=330 if canvas.narrow else 300)
    across = 1 if canvas.narrow else 3
    shown = STEPS[1:2] if canvas.narrow else STEPS
    for place, step in enumerate(shown):
        left = place * 6.2
        for tile in range(N_BLOCKS**2):
            row, column = divmod(tile, N_BLOCKS)
            here, done = tile == step - 1, tile < step - 1
            face = SERIES[0] if here else "none"
            ax.add_patch(
                Rectangle(
                    *((left + column, -row), 0.92, 0.92),
                    facecolor=face,
                    edgecolor=SERIES[0] if here else MUTED,
                    linewidth=2 if here else 0.8,
                    linestyle="-" if here else ":",
                )
            )
            if done:
                ax.text(left + column + 0.46, -row + 0.4, "×", ha="center", va="center", color=MUTED)
        row, column = divmod(step - 1, N_BLOCKS)
        ax.add_patch(Rectangle((left - 1.0, -row), 0.6, 0.92, facecolor=SERIES[1], edgecolor=INK))
        ax.add_patch(Rectangle((left + column, 1.3), 0.92, 0.6, facecolor=SERIES[2], edgecolor=INK, hatch="//"))
        ax.text(left + 1.9, 2.3, canvas.say(WORDS["keys"]), ha="center", va="bottom")
        ax.text(left - 1.2, -1.5, canvas.say(WORDS["queries"]), ha="right", va="center", rotation=90)
    ax.text((across * 6.2 - 2.4) / 2, -4.0, canvas.say(WORDS["chip"]), ha="center", va="top")
    ax.set(xlim=(-2.4, across * 6.2 - 1.6), ylim=(-5.0, 3.2), aspect="equal")
    ax.axis("off")
    return fig


def table(result):
    columns = [WORDS["step"], WORDS["held"], WORDS["seen"]]
    return Table(columns, [[one["step"], one["held"], one["seen"]] for one in result["steps"]])
