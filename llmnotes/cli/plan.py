"""The verb `plan`: which chips meet what users need, and at what price."""

from dataclasses import asdict

from llmnotes import units
from llmnotes.cli.precision import stored_or_why
from llmnotes.cli.verbs import aligned, remarks
from llmnotes.wording.words import WORDS


def plan_facts(model, options) -> dict:
    """Every way that nothing else beats, and how many there are in all."""
    from llmnotes.timing.plan import COUNTS, ENGINES, Need, pareto, plan, rents

    need = Need(options.tokens or 4096, options.output, options.users, options.ttft, options.speed)
    prices = rents() if options.price is None else _prices(options.price)
    found = plan(
        model,
        need,
        prices=prices,
        forms=(options.weights,) if options.weights else None,
        counts=COUNTS if options.chips is None else (options.chips,),
        engines=ENGINES if options.engine is None else (options.engine,),
        cache_bits=options.kv_bits or 16,
        sure=options.sure,
    )
    return {
        "model": model.name,
        "need": asdict(need),
        "sure": options.sure,
        "n_options": len(found),
        "usd_per_hour_of_a_chip": prices,
        "pareto": [
            {**asdict(one), "all_chips": one.all_chips, "parallelism": one.parallelism} for one in pareto(found)
        ],
        **remarks(model),
        "weights_unknown": list(stored_or_why(model, options)[1]),
    }


def _prices(texts) -> dict[str, float]:
    """Dollars an hour by chip, as `chip=2.29` says it."""
    from llmnotes.registry import resolve_chip

    found = {}
    for text in texts:
        name, _, price = text.partition("=")
        if not price.replace(".", "", 1).isdecimal() or float(price) <= 0:
            raise ValueError(f"{text!r} is not a price; write a chip and dollars, such as h100-sxm-80gb=2.29")
        found[resolve_chip(name)] = float(price)
    return found


def plan_text(facts: dict, model, options) -> list[str]:
    """A line for each way, the cheapest first."""
    words, lang, number = WORDS[options.lang], options.lang, units.format_number
    need = facts["need"]
    head = words["plan_head"].format(
        users=units.format_exact(need["n_users"]),
        prompt=units.format_exact(need["n_prompt"]),
        output=units.format_exact(need["n_output"]),
        speed=number(need["tokens_per_s"]),
        first=units.format_seconds(need["first_token_s"], lang),
    )
    rows = [
        (
            " · ".join(
                (
                    f"{one['n_replicas']} × {one['n_chips']} × {one['chip']}",
                    *(one[key] for key in ("parallelism", "form", "engine")),
                )
            ),
            words["plan_price"].format(hour=number(one["usd_per_hour"]), million=number(one["usd_per_million"])),
            words["plan_safe" if facts["sure"] else "plan_speed"].format(
                speed=number(one["tokens_per_s"][0]),
                low=number(one["tokens_per_s"][1]),
                batch=one["batch_size"],
                **units.format_seconds_alike({"first": one["first_token_s"][0], "late": one["first_token_s"][2]}, lang),
            ),
        )
        for one in facts["pareto"]
    ]
    note = words["plan_note"].format(n=units.format_exact(facts["n_options"]))
    note += " " * (options.lang == "en") + words["plan_middle"] if facts["sure"] else ""
    unknown = (line for why in facts["weights_unknown"] for line in ("", words["warning"] + why))
    return [f"{model.name} · {head}", "", *aligned(rows), "", note, *unknown]
