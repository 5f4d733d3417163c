"""Rent of one request on eight B200 of one's own over the users who share them, against the maker's list price."""

from llmnotes import load_model
from llmnotes.bills import bill
from llmnotes.figures import label, lines, name
from llmnotes.quantities import count, number, ratio, usd
from llmnotes.registry import find_price
from llmnotes.timing.plan import Need, NoPlan, plan, rents

MODELS = ("minimax-m2.7", "glm-5.1", "kimi-k2.6")
CHIP, N_CHIPS, N_PROMPT, N_OUTPUT, SPEED, WAIT = "b200-sxm-180gb", 8, 4_096, 1_024, 20, 10
USERS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
CROWD = 128  # the last point that all three reach


# --8<-- [start:compute]
def option(model, n_users):
    """The cheapest way on these chips, or None where no batch of so many gets its tokens as fast as asked."""
    need = Need(N_PROMPT, N_OUTPUT, n_users, first_token_s=WAIT, tokens_per_s=SPEED)
    prices, forms, counts = {CHIP: rents()[CHIP]}, ("nvfp4",), (N_CHIPS,)
    try:
        found = plan(model, need, prices=prices, forms=forms, counts=counts, engines=("vllm",), sure=False)
    except NoPlan:
        return None
    return found[0] if found[0].n_replicas == 1 else None


def row(model_id):
    model, price = load_model(model_id), find_price(model_id)
    asked = bill(price, n_prompt=N_PROMPT, n_output=N_OUTPUT)
    found = {n: option(model, n) for n in USERS}
    own = {n: one.usd_per_million * N_OUTPUT / 1e6 for n, one in found.items() if one}
    last = found[max(own)]
    return {
        "name": price.name,
        "list": usd(asked),
        "priced": str(price.priced),
        "input": usd(price.usd_per_million_input_tokens),
        "output": usd(price.usd_per_million_output_tokens),
        "alone": usd(own[1]),
        "alone_over": ratio(own[1] / asked),
        "crowd_over": ratio(own[CROWD] / asked),
        "full": usd(own[max(own)]),
        "full_over": ratio(own[max(own)] / asked),
        "full_users": count(max(own)),
        "speed": number(last.tokens_per_s[0]),
        "slow": number(last.tokens_per_s[1]),
        "fast": number(last.tokens_per_s[2]),
        "curve": [ratio(own[n] / asked) if n in own else None for n in USERS],
    }


def compute():
    rows = {key: row(model_id) for key, model_id in zip(("minimax", "glm", "kimi"), MODELS, strict=True)}
    return {
        **rows,
        "users": count(USERS),
        "crowd": count(CROWD),
        "prompt": count(N_PROMPT),
        "answer": count(N_OUTPUT),
        "asked": count(SPEED),
        "rent": usd(N_CHIPS * rents()[CHIP]),
        "one": ratio([1.0] * len(USERS)),
    }


# --8<-- [end:compute]


def draw(result):
    curves = {name(result[key]["name"]): result[key]["curve"] for key in ("minimax", "glm", "kimi")}
    return lines(
        result["users"],
        curves | {label(zh="标价", en="list price"): result["one"]},
        x=label(zh="一直有几个人在用", en="users who are always there"),
        y=label(zh="租金 ÷ 标价", en="rent over list price"),
        log="xy",
        key=True,
    )
