"""One prefix kept and found, a loop of 50 requests, and what goes wrong with it, at the prices of Claude Opus 4.8."""

from llmnotes.bills import Turn, agent_loop, bill, rates
from llmnotes.equations.pricing import break_even_reuses, tokens_usd
from llmnotes.quantities import count, number, ratio, share, tokens, usd
from llmnotes.registry import find_price

PRICE, PREFIX = find_price("claude-opus-4-8"), 10_000
LOOP = {"n_start": 10_000, "n_added": 2_000, "n_output": 500}
N_STEPS, HOUR, PAUSED_AT = 50, 2.0, 40
INPUT, OUTPUT, FOUND, KEPT = (rates(PRICE)[kind] for kind in ("input", "output", "cached", "cache_write"))
READ, WRITE = FOUND / INPUT, KEPT / INPUT
TURNS = agent_loop(n_steps=N_STEPS, **LOOP)
LOG = "https://github.com/anthropics/claude-code/issues/91865"
LOGGED = ((894_582, 0), (43_876, 722_972))
FORENSICS = "https://github.com/anthropics/claude-code/issues/94177"
LUMER, PAPER = "https://arxiv.org/abs/2601.06007v1", (0.45, 0.80)
# Found, kept and other tokens of each prompt of a session of openclaw's.
SESSION = ((0, 59_474, 0), (59_474, 514, 10), (59_988, 224, 10))


# --8<-- [start:compute]
def costs(turns, **how):
    return sum(turn.usd(PRICE, **how) for turn in turns)


def compute():
    sent = tokens_usd(n_tokens=PREFIX, usd_per_million=INPUT)
    plain, cached = costs(TURNS, caching=False), costs(TURNS)
    return {
        "model": PRICE.name,
        "priced": str(PRICE.priced),
        **usd({"input": INPUT, "output": OUTPUT, "found": FOUND, "kept": KEPT}),
        "write": ratio(WRITE),
        "read": share(READ),
        "prefix": count(PREFIX),
        **usd({"send": sent, "keep": WRITE * sent, "find": READ * sent}),
        **usd({"send_two": 2 * sent, "keep_two": (WRITE + READ) * sent}),
        **usd({"send_three": 3 * sent, "keep_three": (WRITE + 2 * READ) * sent}),
        "lost": share(WRITE - 1),
        **usd({"extra": (WRITE - 1) * sent, "each_saves": (1 - READ) * sent}),
        "break_even": number(break_even_reuses(write_over_input=WRITE, read_over_input=READ)),
        "chance": share(break_even_reuses(write_over_input=WRITE, read_over_input=READ)),
        "break_even_hour": number(break_even_reuses(write_over_input=HOUR, read_over_input=READ)),
        **usd({"plain": plain, "cached": cached}),
        "paid": share(cached / plain),
        **loop(cached),
        **wrong(plain),
        **questions(),
        **pauses(cached),
        **published(),
    }


def loop(cached):
    """What the tokens of the loop are, and which of them cost what once they are kept."""
    prompts, news = sum(turn.n_prompt for turn in TURNS), sum(turn.n_new for turn in TURNS)
    found, written = prompts - news, N_STEPS * LOOP["n_output"]
    parts = {"reads": found * FOUND, "writes": news * KEPT, "answers": written * OUTPUT}
    whole = {"plain_new": news * INPUT, "plain_again": found * INPUT}
    return {
        **count({"steps": N_STEPS, **LOOP, "n_result": LOOP["n_added"] - LOOP["n_output"], "last": TURNS[-1].n_prompt}),
        **count({"sent": prompts, "new": news, "again": found, "written": written}),
        "times": ratio(prompts / news),
        "sent_over_written": number(prompts / written),
        **count({f"prompt_{n}": TURNS[n - 1].n_prompt for n in (2, 3)}),
        **{key: usd(part / 1e6) for key, part in {**parts, **whole}.items()},
        **{f"{key}_share": share(part / 1e6 / cached) for key, part in parts.items()},
    }


# --8<-- [end:compute]


def wrong(plain):
    """A word at the top that changes each time; only the system prompt kept; old results cut out of the middle."""
    stamped = sum(bill(PRICE, n_prompt=t.n_prompt, n_output=t.n_output, n_written=t.n_prompt) for t in TURNS)
    start = LOOP["n_start"]
    only = sum(
        bill(PRICE, n_prompt=t.n_prompt, n_output=t.n_output, n_cached=start * (i > 0), n_written=start * (i == 0))
        for i, t in enumerate(TURNS)
    )
    return {
        "stamped": usd(stamped),
        "stamped_over": ratio(stamped / plain),
        "only_start": usd(only),
        "only_saved": share(1 - only / plain),
        **cut(n_cut=83_000, n_after=620_000),
    }


def cut(n_cut, n_after):
    """What a cut in the middle costs at once and saves at each later request (anthropics/claude-code issue 94177)."""
    extra, saved = n_after * (KEPT - FOUND), n_cut * FOUND
    return {
        **usd({"cut_extra": extra / 1e6, "cut_saved": saved / 1e6}),
        "cut_factor": number((WRITE - READ) / READ),
        "cut_calls": count(round(extra / saved)),
    }


def questions():
    """Ten questions about one document, with the mark behind each question and with it behind the document."""
    n, n_asked, whole = 10, 200, PREFIX + 200
    marked = [bill(PRICE, n_prompt=whole, n_output=0, n_cached=PREFIX) for _ in range(n - 1)]
    return {
        "asked": count(n_asked),
        "ten_plain": usd(n * bill(PRICE, n_prompt=whole, n_output=0)),
        "ten_end": usd(n * bill(PRICE, n_prompt=whole, n_output=0, n_written=whole)),
        "ten_marked": usd(bill(PRICE, n_prompt=whole, n_output=0, n_written=PREFIX) + sum(marked)),
    }


def pauses(cached):
    """Steps after a pause longer than the cache lasts, and the hour that costs more to keep."""
    turn = TURNS[PAUSED_AT - 1]
    pause = Turn(turn.n_prompt, 0, turn.n_output).usd(PRICE) - turn.usd(PRICE)
    hour = sum(t.n_new for t in TURNS) * (HOUR - WRITE) * INPUT / 1e6
    losses = [t.n_cached * (KEPT - FOUND) / 1e6 for t in TURNS]
    return {
        **count({"paused_at": PAUSED_AT, "paused_prompt": turn.n_prompt, "paused_found": turn.n_cached}),
        **usd({"paused_read": turn.n_cached * FOUND / 1e6, "paused_written": turn.n_cached * KEPT / 1e6}),
        "hour_from": count(next(n for n, lost in enumerate(losses, start=1) if lost > hour)),
        **usd({"pause": pause, "hour": hour, "hour_loop": cached + hour}),
        "hour_write": ratio(HOUR),
        "hour_more": share(hour / cached),
        "pings": count(int((WRITE - READ) / READ)),
    }


def published():
    """A call and the one after it by the log in anthropics/claude-code issue 91865; a session of openclaw's."""
    good, bad = ((n_found * FOUND + n_kept * KEPT) / 1e6 for n_found, n_kept in LOGGED)
    haiku = find_price("claude-haiku-4-5")
    now = sum(bill(haiku, n_prompt=sum(one), n_output=0, n_cached=one[0], n_written=one[1]) for one in SESSION)
    plain = sum(bill(haiku, n_prompt=sum(one), n_output=0) for one in SESSION)
    short = {n: 1 - costs(TURNS[:n]) / costs(TURNS[:n], caching=False) for n in range(2, N_STEPS + 1)}
    return {
        **usd({"log_good": good, "log_bad": bad}),
        "log_over": ratio(bad / good),
        "session": usd({"cached": now, "plain": plain}),
        "session_paid": share(now / plain),
        "session_rule": share((WRITE + 2 * READ) / 3),
        "paper": share({"least": PAPER[0], "most": PAPER[1]}, kind="reported", source=LUMER),
        "from_least": count(next(n for n, saved in short.items() if saved >= PAPER[0])),
        "to_most": count(max(n for n, saved in short.items() if saved <= PAPER[1])),
        "log": count({"found": LOGGED[1][0], "kept": LOGGED[1][1]}, kind="reported", source=LOG),
        "log_missing": count(LOGGED[0][0] - sum(LOGGED[1])),
        "held": tokens(320_000, kind="reported", source=FORENSICS),
    }
