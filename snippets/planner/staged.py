"""What two cards did as parts of every layer and as stages of a pipeline, beside what the planner expects."""

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

FEW, MANY = 1, 32


def cards_case(of, chip, row):
    """What stages add to the tokens of each card, published and planned, and what share of the published is planned."""
    n_prompt, n_output, n_requests, alone, staged = row
    model, runtime = load_model(of["model"]), find_runtime(of["engine"])

    def planned(n_stages):
        setup = Setup(chip, runtime, n_stages, precision_of(model, of["form"]), n_stages=n_stages)
        told = replica_of(counted(model), setup, Need(n_prompt, n_output, n_requests))
        assert told is not None
        return told.batch_size / told.each.expected / n_stages

    one, two = planned(1), planned(of["n_stages"])
    return (staged / alone, two / one), two / staged


# --8<-- [start:compute]
def compute():
    table = tomllib.loads((DATA / "timing" / "staged.toml").read_text(encoding="utf-8"))
    of = table["setup"]
    n_chips, model = of["n_chips"], load_model(of["model"])

    def planned(n_users, n_stages):
        chip, runtime = find_chip(of["chip"]), find_runtime(of["engine"])
        setup = Setup(chip, runtime, n_chips, precision_of(model, None), n_stages=n_stages)
        return replica_of(counted(model), setup, Need(of["n_prompt"], of["n_output"], n_users))

    gains, shares = zip(
        *(cards_case(table["cards"], find_chip(of["chip"]), row) for row in table["cards"]["rows"]), strict=True
    )
    ways = {"tensor": 1, "pipeline": n_chips}
    told = {(way, n): planned(n, stages) for way, stages in ways.items() for n in (FEW, MANY)}
    published = {(way, n): table[way][str(n)] for way, n in told}
    errors = [abs(n / told[way, n].each.expected / published[way, n][2] - 1) for way, n in told]
    return {
        "model": model.name,
        "chip": find_chip(of["chip"]).name,
        "n_chips": count(n_chips),
        "n_prompt": count(of["n_prompt"]),
        "n_output": count(of["n_output"]),
        "many": count(MANY),
        "measured": {f"{way} {n}": number(published[way, n][2]) for way, n in told},
        "planned": {f"{way} {n}": number(n / told[way, n].each.expected) for way, n in told},
        "worst": share(max(errors)),
        "gain": {
            "measured": share(min(one for one, _ in gains) - 1),
            "planned": share(min(two for _, two in gains) - 1),
        },
        "absolute": {"least": share(min(shares)), "most": share(max(shares))},
        "less_room": share(1 - of["tokens"][1] / of["tokens"][0]),
        "first": seconds({"measured": published["pipeline", FEW][0], "planned": told["pipeline", FEW].first.expected}),
    }


# --8<-- [end:compute]


def draw(result):
    names = {"tensor": "TP 2", "pipeline": "PP 2"}
    rows = {
        label(
            zh=f"{names[way]}，{n} 个请求",
            en=f"{names[way]}, {n} request{'' if int(n) == 1 else 's'}",
        ): f"{way} {n}"
        for n in (str(FEW), str(MANY))
        for way in names
    }
    return dumbbells(
        {name: (result["measured"][key], result["planned"][key]) for name, key in rows.items()},
        x=label(zh="全部请求合计 token/s", en="tokens/s of all requests"),
        solid=label(zh="公开的实测（token/s）", en="published (tokens/s)"),
        hollow=label(zh="规划器预计（token/s）", en="planned (tokens/s)"),
        rows=label(zh="并行方式", en="parallelism"),
    )
