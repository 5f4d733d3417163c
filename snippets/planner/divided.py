"""What eight cards did with the tokens of each request divided among them, beside what the planner expects."""

import tomllib

from llmnotes import load_model
from llmnotes.figures import dumbbells, label
from llmnotes.quantities import count, number, seconds, share
from llmnotes.registry import DATA, find_chip
from llmnotes.timing.estimate import Setup, decode_timing
from llmnotes.timing.formats import precision_of
from llmnotes.timing.plan import Need, replica_of
from llmnotes.timing.runtimes import find_runtime
from llmnotes.timing.work import count as counted

SOME_TOKENS = 32_768


def planned(of, n_context):
    """Tokens a second of a server whose batch is as large as fits."""
    model = load_model(of["model"])
    setup = setup_of(of, n_context)
    told = replica_of(counted(model), setup, Need(of["n_prompt"], of["n_output"], of["n_requests"]))
    assert told is not None
    return told.batch_size / told.each.expected


def setup_of(of, n_context):
    precision = precision_of(load_model(of["model"]), None)
    return Setup(find_chip(of["chip"]), find_runtime(of["engine"]), of["n_chips"], precision, n_context=n_context)


# --8<-- [start:compute]
def compute():
    table = tomllib.loads((DATA / "timing" / "contexts.toml").read_text(encoding="utf-8"))
    of, alone, tokens = table["setup"], table["alone"], table["tokens"]
    published = table["tokens_per_s"]
    told = {among: planned(of, int(among)) for among in published}
    most, middle = str(of["n_chips"]), str(of["n_chips"] // 2)
    one, divided = (
        decode_timing(load_model(alone["model"]), setup_of(alone, among), n_past=SOME_TOKENS).expected
        for among in (1, alone["n_context"])
    )
    return {
        "model": load_model(of["model"]).name,
        "chip": find_chip(of["chip"]).name,
        "n_chips": count(of["n_chips"]),
        "middle": count(int(middle)),
        "n_requests": count(of["n_requests"]),
        "n_prompt": count(of["n_prompt"]),
        "n_output": count(of["n_output"]),
        "measured": {among: number(published[among]) for among in told},
        "planned": {among: number(told[among]) for among in told},
        "gain": {
            "measured": share(published[most] / published["1"] - 1),
            "planned": share(told[most] / told["1"] - 1),
        },
        "error": {
            "ends": share(max(told[among] / published[among] - 1 for among in ("1", most))),
            "middle": share(told[middle] / published[middle] - 1),
        },
        "tokens": {"whole": count(tokens["whole"][0]), "divided": count(tokens["divided"][0])},
        "alone": {"model": load_model(alone["model"]).name, "chip": find_chip(alone["chip"]).name},
        "added": seconds({"published": alone["most_s"], "planned": divided - one}),
    }


# --8<-- [end:compute]


def draw(result):
    whole = f"TP {max(map(int, result['measured']))}"
    rows = {whole if among == "1" else f"{whole} + DCP {among}": among for among in result["measured"]}
    return dumbbells(
        {name: (result["measured"][among], result["planned"][among]) for name, among in rows.items()},
        x=label(zh="全部请求合计 token/s", en="tokens/s of all requests"),
        solid=label(zh="公开的实测（token/s）", en="published (tokens/s)"),
        hollow=label(zh="规划器预计（token/s）", en="planned (tokens/s)"),
        rows=label(zh="并行方式", en="parallelism"),
    )
