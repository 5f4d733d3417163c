"""What an agent's loop costs over its steps: without a cache, with one, and with one that is never read."""

from llmnotes.bills import Turn, agent_loop
from llmnotes.figures import label, lines
from llmnotes.figures.play import Number, Play, choice, curves, slider
from llmnotes.quantities import count, ratio, share, usd
from llmnotes.registry import find_price

PRICE = find_price("claude-opus-4-8")
INPUT, OUTPUT = PRICE.usd_per_million_input_tokens, PRICE.usd_per_million_output_tokens
LOOP = {"n_start": 10_000, "n_added": 2_000, "n_output": 500}
STEPS, HERE = [1, *range(5, 101, 5)], 50


# --8<-- [start:compute]
def compute():
    turns = agent_loop(n_steps=STEPS[-1], **LOOP)
    plain = [sum(turn.usd(PRICE, caching=False) for turn in turns[:n]) for n in STEPS]
    kept = [sum(turn.usd(PRICE) for turn in turns[:n]) for n in STEPS]
    lost = [sum(Turn(t.n_prompt, 0, t.n_output).usd(PRICE) for t in turns[:n]) for n in STEPS]
    at = STEPS.index(HERE)
    return {
        "over": count(STEPS),
        "here": count(HERE),
        **{key: usd(curve) for key, curve in {"plain": plain, "kept": kept, "lost": lost}.items()},
        "plain_here": usd(plain[at]),
        "kept_here": usd(kept[at]),
        "paid": share(kept[at] / plain[at]),
        "lost_over": ratio(lost[at] / plain[at]),
    }


# --8<-- [end:compute]


def draw(result):
    kept = label(zh="开缓存", en="with caching")
    curves = {
        label(zh="不开缓存", en="without caching", id="plain"): result["plain"],
        label(zh="写入了，从没命中", en="written, never read", id="lost"): result["lost"],
        kept: result["kept"],
    }
    x = label(zh="步数", en="steps")
    y = label(zh="一共多少钱", en="paid in all")
    return lines(result["over"], curves, x=x, y=y, own=kept, here=result["here"])


# --8<-- [start:formulas]
def sent_tokens(*, n_steps: float, n_start: float, n_added: float) -> float:
    """Tokens of all prompts: each sends the start and all that was added before it."""
    return n_steps * n_start + n_added * n_steps * (n_steps - 1) / 2


def new_tokens(*, n_steps: float, n_start: float, n_added: float) -> float:
    """Those of them that no request has sent before."""
    return n_start + (n_steps - 1) * n_added


def answers_usd(*, n_steps: float, n_output: float) -> float:
    return n_steps * n_output * OUTPUT / 1000000


def plain_usd(*, sent: float, answers: float) -> float:
    return sent * INPUT / 1000000 + answers


def lost_usd(*, sent: float, write: float, answers: float) -> float:
    return sent * write * INPUT / 1000000 + answers


def kept_usd(*, sent: float, fresh: float, write: float, read: float, answers: float) -> float:
    return (fresh * write + (sent - fresh) * read) * INPUT / 1000000 + answers


def paid_share(*, kept: float, plain: float) -> float:
    return kept / plain


# --8<-- [end:formulas]


def play(result):
    return Play(
        controls=[
            slider("n_steps", HERE, low=1, high=100, label=label(zh="步数", en="steps")),
            slider(
                "n_start",
                LOOP["n_start"],
                low=1000,
                high=50_000,
                step=1000,
                label=label(zh="开头的 token", en="tokens at the start"),
            ),
            slider(
                "n_added",
                LOOP["n_added"],
                low=500,
                high=10_000,
                step=500,
                label=label(zh="每步多出的 token", en="tokens added a step"),
            ),
            slider(
                "n_output",
                LOOP["n_output"],
                low=100,
                high=2000,
                step=100,
                label=label(zh="其中回答", en="answer among them"),
            ),
            choice(
                "write",
                1.25,
                options=(1, 1.25, 2),
                label=label(zh="写入价，是输入价的几倍", en="cache write, times the input price"),
            ),
            choice(
                "read",
                0.1,
                options=(0.01, 0.05, 0.1, 0.2, 0.5),
                label=label(zh="命中价，是输入价的几倍", en="cache read, times the input price"),
            ),
        ],
        values={
            "sent": sent_tokens,
            "fresh": new_tokens,
            "answers": answers_usd,
            "plain": plain_usd,
            "kept": kept_usd,
        },
        marks=curves("n_steps", own=kept_usd, plain=plain_usd, lost=lost_usd),
        numbers={
            "plain_here": Number(plain_usd, "usd"),
            "kept_here": Number(kept_usd, "usd"),
            "paid": Number(paid_share, "percent"),
            "sent": Number(sent_tokens, "exact"),
        },
        sentence=label(
            zh="{{n_steps}} 步一共发出 {{sent}} 个 token 的输入。不开缓存 {{plain_here}}，开缓存 {{kept_here}}，是前者的 "
            "{{paid}}（输入和输出按 Claude Opus 4.8 的价）。",
            en="Steps: {{n_steps}}, input sent in all: {{sent}} tokens. Without caching {{plain_here}}, with it "
            "{{kept_here}}, which is {{paid}} of that (input and output at the prices of Claude Opus 4.8).",
        ),
    )
