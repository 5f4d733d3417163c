"""A published sweep of -ngl, and what two ways of drawing a line between its ends say of the settings between."""

from llmnotes.figures import SERIES, Chart, Table, label
from llmnotes.quantities import bytes_of, count, number, ratio, seconds, share
from llmnotes.registry import load_model
from llmnotes.timing.formats import precision_of
from llmnotes.timing.offload import weigh

# --8<-- [start:reported]
# Qwen2.5-Coder 14B in Q4_K_M on an RTX 5060 Ti: -ngl, tokens a second, MB of video memory.
SOURCE = "https://inventivehq.com/blog/vram-offload-cliff-gpu-layers-benchmark"
SWEEP = ((0, 2.89, 265), (8, 3.58, 2161), (16, 4.24, 3509), (24, 5.61, 4875), (32, 7.26, 6241), (40, 12.5, 7593))
ALL = 43.18  # -ngl 99: 48 layers and the head


# --8<-- [end:reported]


# --8<-- [start:compute]
def times_add(n, n_all, slow, fast):
    """Seconds of the layers on either side, one after the other."""
    return 1 / ((1 - n / n_all) / slow + n / n_all / fast)


def speeds_mix(n, n_all, slow, fast):
    """Speed in proportion to the layers on the card: what many expect."""
    return slow + n / n_all * (fast - slow)


def compute():
    model = load_model("qwen2.5-14b")
    weighed = weigh(model, "Q4_K_M", precision_of(model, "Q4_K_M"))
    n_all, slow = model.n_layers + 1, SWEEP[0][1]
    at, measured = [n for n, _, _ in SWEEP] + [n_all], [speed for _, speed, _ in SWEEP] + [ALL]
    added, mixed = ([way(n, n_all, slow, ALL) for n in at] for way in (times_add, speeds_mix))
    read = sum(layer.rest for layer in weighed.layers) + weighed.head
    between = range(1, len(at) - 1)
    grown = (SWEEP[-1][2] - SWEEP[1][2]) / (SWEEP[-1][0] - SWEEP[1][0])
    return {
        "at": count(at),
        "every": count(list(range(n_all + 1))),
        "every_added": number([times_add(n, n_all, slow, ALL) for n in range(n_all + 1)]),
        "every_mixed": number([speeds_mix(n, n_all, slow, ALL) for n in range(n_all + 1)]),
        "measured": number(measured, kind="reported", source=SOURCE),
        "added": number(added),
        "mixed": number(mixed),
        "worst": share(max(abs(added[i] / measured[i] - 1) for i in between)),
        "over": ratio(max(mixed[i] / measured[i] for i in between)),
        "reached": bytes_of(slow * read) / seconds(1),
        "layer_grown": bytes_of(1e6 * grown, kind="reported", source=SOURCE),
        "layer": bytes_of(sum(layer.rest for layer in weighed.layers[8:]) / (model.n_layers - 8)),
        "still": count(n_all - at[-2]),
        "still_share": share((1 - at[-2] / n_all) / slow * added[-2]),
        "n_layers": count(model.n_layers),
        "n_between": count(len(between)),
    }


# --8<-- [end:compute]


MEASURED = label(zh="实测", en="measured")
LINES = {"added": label(zh="时间相加", en="times added"), "mixed": label(zh="按比例", en="in proportion")}
LAYERS = label(zh="放在卡上的层（-ngl）", en="layers on the card (-ngl)")


def draw(result):
    def plot(canvas):
        figure, axes = canvas.figure(height=400)
        every = [n.value for n in result["every"]]
        for index, (key, said) in enumerate(LINES.items(), start=1):
            heights = [one.value for one in result[f"every_{key}"]]
            axes.plot(every, heights, color=SERIES[index], linestyle=("-", ":")[index - 1], label=canvas.say(said))
        measured = ([n.value for n in result["at"]], [one.value for one in result["measured"]])
        axes.plot(*measured, "o", color=SERIES[0], markersize=9, label=canvas.say(MEASURED))
        canvas.axis(axes.xaxis, LAYERS, result["every"])
        canvas.axis(axes.yaxis, label(zh="每秒 token", en="tokens a second"), result["every_mixed"])
        axes.legend()
        return figure

    rows = [list(row) for row in zip(*(result[key] for key in ("at", "measured", *LINES)), strict=True)]
    ends = (result["at"][0].value, result["at"][-1].value)
    return Chart(plot, Table([LAYERS, MEASURED, *LINES.values()], rows), ("x", *ends))
