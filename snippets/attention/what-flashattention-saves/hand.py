"""One row of four scores, taken in two tiles: the running maximum and sum after each."""

import math

from llmnotes.figures import MUTED, SERIES, Table, label
from llmnotes.quantities import number

TILES = ((2.0, 1.0), (4.0, 3.0))
VALUES = ((10.0, 20.0), (30.0, 40.0))


# --8<-- [start:compute]
def compute():
    largest, total, output, steps = -math.inf, 0.0, 0.0, []
    for scores, values in zip(TILES, VALUES, strict=True):
        larger = max(largest, *scores)
        shrink = math.exp(largest - larger)
        raised = [math.exp(score - larger) for score in scores]
        total = shrink * total + sum(raised)
        output = shrink * output + sum(weight * value for weight, value in zip(raised, values, strict=True))
        steps.append({"largest": larger, "shrink": shrink, "total": total, "output": output, "answer": output / total})
        largest = larger
    flat = [score for tile in TILES for score in tile]
    weights = [math.exp(score - max(flat)) for score in flat]
    whole = sum(w * value for w, value in zip(weights, [v for tile in VALUES for v in tile], strict=True)) / sum(
        weights
    )
    shown = [
        [math.exp(score - step["largest"]) for score in flat[:seen]] for step, seen in zip(steps, (2, 4), strict=True)
    ]
    return {
        "scores": number(flat),
        "shown": number(shown),
        "one": number(steps[0]),
        "two": number(steps[1]),
        "whole": number(whole),
    }


# --8<-- [end:compute]


def draw(result, canvas):
    fig, ax = canvas.figure(height=260)
    titles = (label(zh="看完第一块", en="after tile 1"), label(zh="看完第二块", en="after tile 2"))
    places = []
    for panel, (heights, title) in enumerate(zip(result["shown"], titles, strict=True)):
        for place, height in enumerate(heights):
            x = 5.5 * panel + place
            old = panel == 1 and place < 2
            ax.bar([x], [height.value], 0.8, color=MUTED if old else SERIES[0], hatch="//" if old else "")
            ax.text(x, height.value + 0.03, canvas.say(height, "number2"), ha="center")
            places.append((x, canvas.say(result["scores"][place])))
        ax.text(5.5 * panel + (0.5 if panel == 0 else 1.5), 1.25, canvas.say(title), ha="center")
    ax.set_xticks([x for x, _ in places], [score for _, score in places])
    ax.set_yticks([])
    ax.set(
        ylim=(0, 1.4),
        xlabel=canvas.say(
            label(zh="分数 s；柱高是 e 的 s − 最大值 次方", en="score; height is e to the score minus the maximum")
        ),
    )
    return fig


def table(result):
    columns = [
        label(zh="看完", en="after"),
        label(zh="最大值 m", en="maximum m"),
        label(zh="旧的乘上", en="old times"),
        label(zh="总和 ℓ", en="sum ℓ"),
        label(zh="输出之和", en="weighted sum"),
        label(zh="相除", en="divided"),
    ]
    names = (label(zh="第一块", en="first tile"), label(zh="第二块", en="second tile"))
    keys = ("largest", "shrink", "total", "output", "answer")
    rows = [[name, *(result[step][key] for key in keys)] for name, step in zip(names, ("one", "two"), strict=True)]
    return Table(columns, rows)
