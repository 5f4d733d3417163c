"""Attention of one head worked on three tokens, then on a fourth that finds the first three cached."""

import math

from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import count, number

# A head of width 4. Of each value one number is followed; the others are treated alike.
KEYS = ((2, 0, 0, 0), (0, 3, 0, 0), (0, 1, 0, 2), (0, 0, 2, 0))
VALUES = (10, 20, 40, 30)
QUERIES = {3: (1, 0, 1, 2), 4: (0, 0, 1, 2)}


# --8<-- [start:compute]
def look_back(token):
    """What the query of a token finds among the tokens up to its own."""
    query, seen = QUERIES[token], range(token)
    products = [sum(a * b for a, b in zip(query, KEYS[at], strict=True)) for at in seen]
    scores = [product / math.sqrt(len(query)) for product in products]
    total = sum(math.exp(score) for score in scores)
    weights = [math.exp(score) / total for score in scores]
    parts = [weight * VALUES[at] for at, weight in enumerate(weights)]
    rows = zip(products, scores, weights, parts, strict=True)
    keys = ("product", "score", "weight", "part")
    found = {str(at): dict(zip(keys, row, strict=True)) for at, row in enumerate(rows, 1)}
    return found | {"total": total, "output": sum(parts)}


def compute():
    return {
        "third": number(look_back(3)),
        "fourth": number(look_back(4)),
        "value": number({str(at): value for at, value in enumerate(VALUES, 1)}),
        "width": count(len(KEYS[0])),
    }


# --8<-- [end:compute]

COLUMNS = {
    "product": label(zh="q·k", en="q·k"),
    "score": label(zh="除以 2", en="÷ 2"),
    "weight": label(zh="权重", en="weight"),
    "part": label(zh="× v", en="× v"),
}


def draw(result, canvas):
    narrow = canvas.narrow
    drawing = Mechanism(canvas, height=300)
    width = 60 if narrow else 104
    left = {"key": 14, "value": 90, "product": 134, "score": 172, "weight": 218, "part": 282}
    if not narrow:
        left = {"key": 90, "value": 236, "product": 318, "score": 400, "weight": 490, "part": 600}
    heads = {"key": "key", "value": "value", **COLUMNS}
    for column, words in heads.items():
        at = {"product": (), "score": (2, 3, 4), "weight": (2, 3, 4), "part": (3, 4)}.get(column, ())
        drawing.words(left[column], 66, words, muted=True, steps=at)
    for token, where in ((3, (1, 2, 3)), (4, 4)):
        query = f"q{token} = ({', '.join(map(str, QUERIES[token]))})"
        drawing.box(left["key"], 8, 150 if narrow else 180, 34, query, color=0, steps=where)
        looked = result["third" if token == 3 else "fourth"]
        for at in range(1, token + 1):
            y = 82 + 40 * (at - 1)
            key, value = " ".join(map(str, KEYS[at - 1])), result["value"][str(at)]
            # What a step works with is filled; what the fourth token finds in the cache is dashed.
            looks = ((1, 0, None), (2, None, None), (3, None, 1)) if token == 3 else ((4, None, None),)
            for step, of_key, of_value in looks:
                kept = step == 4 and at < token
                drawing.box(left["key"], y, width + 12, 32, key, color=of_key, dashed=kept, steps=step)
                drawing.box(left["value"], y, 36, 32, value, color=of_value, dashed=kept, steps=step)
            row = str(at) if narrow else label(zh=f"token {at}", en=f"token {at}")
            drawing.words(0, y + 16, row, steps=where)
            for column in COLUMNS:
                since = {"product": 1, "score": 2, "weight": 2, "part": 3}[column]
                shown = [step for step in ((1, 2, 3) if token == 3 else (4,)) if step >= since]
                drawing.words(left[column], y + 16, looked[str(at)][column], steps=shown)
        last = (3,) if token == 3 else (4,)
        y = 262
        drawing.words(left["weight"], y, label(zh="输出", en="output"), muted=True, steps=last)
        drawing.box(left["part"], y - 16, 54, 32, looked["output"], color=1, steps=last)
    kept = label(zh="虚线：缓存里的，没有重算", en="dashed: cached, not computed again")
    drawing.words(left["key"], 290, kept, muted=True, steps=4)
    return drawing


def table(result):
    columns = [label(zh="第三个 token 看", en="token 3 looks at"), *COLUMNS.values()]
    rows = [
        [label(zh=f"token {at}", en=f"token {at}"), *(result["third"][str(at)][column] for column in COLUMNS)]
        for at in (1, 2, 3)
    ]
    return Table(columns, rows)


def steps(result):
    return [
        label(zh="用 q 和每个 k 比", en="compare q with each k"),
        label(zh="softmax 变成权重", en="softmax makes weights"),
        label(zh="按权重把 v 加起来", en="add the v by weight"),
        label(zh="下一个 token", en="the next token"),
    ]
