"""What a published server did at several loads, beside what the planner expects of the same one."""

import tomllib

from llmnotes import load_model
from llmnotes.figures import dumbbells, label
from llmnotes.quantities import count, number, seconds, share
from llmnotes.registry import DATA, find_chip
from llmnotes.timing.estimate import Setup
from llmnotes.timing.formats import precision_of
from llmnotes.timing.plan import Need, replica_of
from llmnotes.timing.runtimes import find_runtime
from llmnotes.timing.work import count as counted

BUSY = 50


# --8<-- [start:compute]
def compute():
    table = tomllib.loads((DATA / "timing" / "served.toml").read_text(encoding="utf-8"))
    of, rows = table["setup"], {int(at_once): row for at_once, row in table["at_once"].items()}
    model = load_model(of["model"])
    precision = precision_of(model, of["form"], cache_bits=of["cache_bits"])
    setup = Setup(find_chip(of["chip"]), find_runtime(of["engine"]), of["n_chips"], precision)

    def planned(n_users):
        return replica_of(counted(model), setup, Need(of["n_prompt"], of["n_output"], n_users))

    told = {at_once: planned(at_once) for at_once in rows}
    most = max(rows)
    errors = sorted(abs(rows[n][1] / told[n].each.expected - 1) for n in rows)
    return {
        "model": model.name,
        "chip": setup.chip.name,
        "n_chips": count(of["n_chips"]),
        "n_prompt": count(of["n_prompt"]),
        "n_output": count(of["n_output"]),
        "at_once": count(BUSY),
        "measured": {str(n): number(1 / rows[n][1]) for n in rows},
        "planned": {str(n): number(1 / told[n].each.expected) for n in rows},
        "worst": share(errors[-1]),
        "first": seconds({"measured": rows[1][0], "planned": told[1].first.expected}),
        "busy": seconds({"measured": rows[BUSY][0], "planned": told[BUSY].first.expected}),
        "most": count(most),
        "between": seconds(rows[most][1]),
        "through": number(rows[most][2]),
        "ran": count(round(rows[most][1] * rows[most][2])),
        "fits": count(planned(10 * most).batch_size),
    }


# --8<-- [end:compute]


def draw(result):
    at_once = {label(zh=f"{n} 个请求", en=f"{n} at once"): n for n in result["measured"]}
    return dumbbells(
        {name: (result["measured"][n], result["planned"][n]) for name, n in at_once.items()},
        x=label(zh="每人 token/s", en="tokens/s for each user"),
        solid=label(zh="公开的实测（token/s）", en="published (tokens/s)"),
        hollow=label(zh="规划器预计（token/s）", en="planned (tokens/s)"),
        rows=label(zh="同时的请求", en="requests"),
    )
