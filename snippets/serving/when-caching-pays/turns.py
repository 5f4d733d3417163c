"""The same loop turn by turn: what each request costs without caching, with it, and with a pause before one of them."""

from llmnotes.bills import Turn, agent_loop
from llmnotes.figures import Table, label, lines
from llmnotes.quantities import count, ratio, usd
from llmnotes.registry import find_price

PRICE, PAUSED_AT = find_price("claude-opus-4-8"), 40
LOOP = {"n_steps": 50, "n_start": 10_000, "n_added": 2_000, "n_output": 500}


# --8<-- [start:compute]
def compute():
    turns = agent_loop(**LOOP)
    paused = [Turn(t.n_prompt, t.n_cached * (n != PAUSED_AT), t.n_output) for n, t in enumerate(turns, start=1)]
    plain = [turn.usd(PRICE, caching=False) for turn in turns]
    kept = [turn.usd(PRICE) for turn in turns]
    return {
        "turns": count([*range(1, len(turns) + 1)]),
        "prompt": count([turn.n_prompt for turn in turns]),
        "found": count([turn.n_cached for turn in turns]),
        "plain": usd(plain),
        "kept": usd(kept),
        "paused": usd([turn.usd(PRICE) for turn in paused]),
        "first": usd({"plain": plain[0], "kept": kept[0]}),
        "last": usd({"plain": plain[-1], "kept": kept[-1]}),
        "last_over": ratio(plain[-1] / kept[-1]),
        "at": count(PAUSED_AT),
        "pause_at": usd(paused[PAUSED_AT - 1].usd(PRICE)),
    }


# --8<-- [end:compute]

PLAIN = label(zh="不开缓存", en="without caching")
KEPT = label(zh="开缓存", en="with caching")
PAUSED = label(zh="开缓存，过期一次", en="with caching, expired once")


def draw(result):
    curves = {PLAIN: result["plain"], PAUSED: result["paused"], KEPT: result["kept"]}
    x = label(zh="第几步", en="step")
    y = label(zh="这一步多少钱", en="price of the step")
    return lines(result["turns"], curves, x=x, y=y, key=True, points=False)


def table(result):
    columns = [
        label(zh="第几步", en="step"),
        label(zh="提示词", en="prompt"),
        label(zh="其中命中", en="cache read"),
        PLAIN,
        KEPT,
        PAUSED,
    ]
    return Table(
        columns, [*zip(*(result[k] for k in ("turns", "prompt", "found", "plain", "kept", "paused")), strict=True)]
    )
