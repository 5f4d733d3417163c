"""For eight models, the context from which half the cache is more than half the weights: one user, and many."""

from llmnotes import load_model, registry
from llmnotes.cost import cost_profile, inverses
from llmnotes.figures import INK, SERIES, Chart, Table, label
from llmnotes.figures import name as named
from llmnotes.figures.pairs import paired_dots
from llmnotes.quantities import bytes_of, count, tokens
from llmnotes.weights.sizes import stored_weights

USERS = 32
MODELS = {
    "llama2": "llama-2-7b",
    "llama1b": "llama-3.2-1b",
    "llama8": "llama-3.1-8b",
    "qwen32": "qwen3-32b",
    "llama70": "llama-3.1-70b",
    "gemma27": "gemma-3-27b",
    "oss20": "gpt-oss-20b",
    "deepseek": "deepseek-v3",
}
ONE, MANY = label(zh="一个人", en="one user"), label(zh="32 个人，每人", en="32 users, each")
CLAIMED = label(zh="标称上下文", en="claimed context")


# --8<-- [start:compute]
def row(model_id):
    """The weights are those of the authors' own file."""
    model, entry = load_model(model_id), registry.find(model_id)
    stored, profile = stored_weights(model), cost_profile(model)

    def even(users):
        room = stored.running_bytes
        return inverses.longest_context(profile, room_bytes=room, n_chips=1, batch_size=users, kv_bits=16)

    return {
        "name": entry.name,
        "form": stored.form.replace("mxfp4", "MXFP4").replace("fp8", "FP8"),
        "weights": bytes_of(stored.running_bytes),
        "claimed": tokens(entry.context_advertised),
        "one": tokens(even(1)),
        "many": tokens(even(USERS)),
    }


def compute():
    rows = {key: row(model_id) for key, model_id in MODELS.items()}
    within = {
        case: [key for key, one in rows.items() if one[case].value <= one["claimed"].value] for case in ("one", "many")
    }
    return {
        **rows,
        "users": count(USERS),
        "within": count({case: len(keys) for case, keys in within.items()}),
    }


# --8<-- [end:compute]


def draw(result):
    rows = [result[key] for key in MODELS]

    def plot(canvas):
        fig, ax = canvas.figure(height=90 + 58 * len(rows))
        every = [one[case] for one in rows for case in ("one", "many", "claimed")]
        canvas.axis(ax.xaxis, label(zh="上下文，token", en="context, tokens"), every, log=True)
        paired_dots(
            ax,
            names=[f"{one['name']} · {one['form']}" for one in rows],
            solid=[one["one"].value for one in rows],
            hollow=[one["many"].value for one in rows],
            labels=(canvas.say(ONE), canvas.say(MANY)),
            colors=(SERIES[0], SERIES[2]),
            say=lambda value: canvas.say(tokens(value), "short"),
        )
        above = [place - 0.14 for place in range(len(rows))]  # clear of the numbers beside the dots
        look = {"color": INK, "marker": 7, "markersize": 8, "linestyle": "none", "label": canvas.say(CLAIMED)}
        ax.plot([one["claimed"].value for one in rows], above, **look)
        ax.set_xlim(150, 1.2e8)
        ax.legend()
        return fig

    columns = ["model", label(zh="权重", en="weights"), CLAIMED, ONE, MANY]
    keys = ("weights", "claimed", "one", "many")
    cells = [[named(one["name"]), *(one[part] for part in keys)] for one in rows]
    return Chart(plot, Table(columns, cells), ("y", 0, len(rows) - 1))
