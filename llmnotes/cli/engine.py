"""The verb `explain`, and what `--engine` adds to `kv` and `fit`: memory as an engine sets it aside."""

from dataclasses import asdict

from llmnotes import units

GROUPS_HELP = "groups of data-parallel attention, which share routed experts (1); in vllm each has --tp cards"


def add_options(verb, number) -> None:
    """The options of an engine.

    Args:
        verb: The parser of the verb.
        number: Gives a reader of whole numbers of something.
    """
    group = verb.add_argument_group("as an engine sets it aside")
    engines = "llama.cpp, ollama, lm-studio, vllm, sglang or tensorrt-llm"
    group.add_argument("--engine", metavar="NAME", help=engines)
    group.add_argument("--tp", type=number("cards"), metavar="N", help="cards that share every layer (all)")
    group.add_argument("--pp", type=number("stages"), default=1, metavar="N", help="stages of a pipeline (1)")
    group.add_argument("--dp", type=number("groups"), default=1, metavar="N", help=GROUPS_HELP)
    group.add_argument("--cp", type=number("cards"), default=1, metavar="N", help="cards that divide the tokens (1)")


def check(options) -> None:
    """Refuse a division of cards that nothing here makes use of."""
    given = [name for name, usual in (("tp", None), ("pp", 1), ("dp", 1), ("cp", 1)) if vars(options)[name] != usual]
    if given and options.engine is None:
        raise ValueError(f"--{given[0]} divides what an engine sets aside; name one with --engine")


def cards(options) -> int:
    """Cards that hold the model together: `--chips`, or what the division multiplies to.

    vLLM counts the cards of one group of data-parallel attention as `--tp`, so that groups multiply them; SGLang and
    TensorRT-LLM count all, and groups divide them.
    """
    groups = _groups_beside(options)
    if options.chips is None:
        return (options.tp or options.dp // groups) * options.pp * groups
    made = (options.tp or 1) * options.pp * groups
    if made != options.chips if options.tp is not None else options.chips % made:
        beside = f" × --dp {groups}" if groups > 1 else ""
        raise ValueError(
            f"--tp {options.tp or 1} × --pp {options.pp}{beside} make {made} cards, "
            f"but --chips says {options.chips}; give one or the other"
        )
    return options.chips


def _groups_beside(options) -> int:
    """Groups that multiply the cards of `--tp`."""
    from llmnotes.engines import engine_named, vllm

    if options.engine is None:
        return 1
    return options.dp if engine_named(options.engine) == vllm.ENGINE else 1


def _asked(options, n_cards: int) -> dict:
    """What the options ask of an engine; cards share every layer unless another division is asked for."""
    from llmnotes.engines.parts import Parallel

    return {
        "engine": options.engine,
        "key_type": options.kv_k or options.kv,
        "value_type": options.kv_v or options.kv,
        "state_bits": int(options.state_bits),
        "parallel": Parallel(max(1, n_cards // options.pp), options.pp, 1, options.dp, options.cp),
    }


def allocation_facts(model, options, n_tokens: int) -> dict:
    """What the engine sets aside on one card; nothing where no engine is named."""
    check(options)
    if options.engine is None:
        return {}
    from llmnotes.engines import allocate

    n_cards = (options.tp or options.dp // _groups_beside(options)) * options.pp * _groups_beside(options)
    each = -(-options.batch // options.dp)
    found = allocate(model, n_tokens=max(1, n_tokens), n_seqs=each, **_asked(options, n_cards))
    return {"allocation": {**asdict(found), "total_bytes": found.total_bytes}}


def allocation_rows(facts: dict, lang: str) -> list[tuple[str, str, str]]:
    """Rows of a table: the parts that the engine sets aside, with their formulas."""
    found = facts.get("allocation")
    if found is None:
        return []
    from llmnotes.wording.log import ENGINE

    words = ENGINE[lang]
    title = words["as_allocated"].format(engine=found["engine"], version=found["version"])
    rows = [(title, units.format_bytes(found["total_bytes"], lang), words["one_card"])]
    for part in found["parts"]:
        rows.append((f"  {words[part['name']]}", units.format_bytes(part["bytes"], lang), part["formula"]))
    return rows


def capacity_facts(model, options, fit, precision) -> dict:
    """The same, with what fits in the room that the engine finds on one card."""
    check(options)
    if options.engine is None:
        return {}
    from llmnotes.engines import engine_named
    from llmnotes.engines.capacity import capacity
    from llmnotes.engines.outline import outline_of

    seen = outline_of(model)
    # llama.cpp deals out whole layers: all cards together are one room.
    n_cards = 1 if engine_named(options.engine) == "llama.cpp" else fit.n_chips
    asked = _asked(options, n_cards)
    found = capacity(
        seen,
        room_bytes=_room_bytes(seen, options, fit, asked["parallel"], _routed_bytes(model, precision)),
        n_tokens=max(1, fit.n_tokens),
        n_seqs=options.batch,
        **asked,
    )
    allocation = {**asdict(found.allocation), "total_bytes": found.allocation.total_bytes}
    return {
        "allocation": allocation,
        "engine_longest_context": found.longest_context,
        "engine_most_sequences": found.most_sequences,
        **_peak_facts(model, options, fit),
    }


def _peak_facts(model, options, fit) -> dict:
    """The most that the meters of all cards show; nothing where weights were asked for in bits."""
    if options.weight_bits is not None or options.expert_bits is not None:
        return {}
    from llmnotes.timing.peak import peak

    found = peak(
        model,
        engine=options.engine,
        memory_bytes=fit.memory_bytes / fit.n_chips,
        n_cards=fit.n_chips,
        form=options.weights,
        n_tokens=max(1, fit.n_tokens),
        n_seqs=options.batch,
        key_type=options.kv_k or options.kv,
        value_type=options.kv_v or options.kv,
        usable_share=options.usable,
    )
    return {"peak": {**asdict(found), "total_bytes": found.total_bytes}}


def _routed_bytes(model, precision) -> float:
    """Bytes of all routed experts."""
    from llmnotes.cost import cost_profile
    from llmnotes.timing.formats import routed_params

    return routed_params(cost_profile(model)) * precision.expert_bits / 8


def _room_bytes(seen, options, fit, parallel, routed_bytes: float) -> float:
    """Bytes on one card for what the engine allocates, by its own account of what stands beside that."""
    from llmnotes.engines import engine_named, vllm

    memory_bytes = fit.memory_bytes / fit.n_chips
    name = engine_named(options.engine)
    if name == "llama.cpp":
        return fit.n_chips * vllm.visible_bytes(memory_bytes) - fit.weight_bytes
    weight_bytes = parallel.weight_bytes_on_one_card(
        dense_bytes=fit.weight_bytes - routed_bytes, routed_bytes=routed_bytes
    )
    if name == vllm.ENGINE:
        settings = vllm.Settings(max_model_len=1, max_num_batched_tokens=options.prefill_chunk, parallel=parallel)
        return vllm.available_bytes(
            seen,
            settings,
            memory_bytes=memory_bytes,
            weight_bytes=weight_bytes,
            utilization=options.usable,
            graph_bytes=vllm.GRAPH_BYTES,
        )
    return (fit.memory_bytes - fit.overhead_bytes - fit.activation_bytes) / fit.n_chips - weight_bytes


def capacity_rows(facts: dict, lang: str) -> list[tuple[str, str, str]]:
    """Rows of a table: the parts, and what fits."""
    rows = allocation_rows(facts, lang)
    if rows:
        from llmnotes.wording.log import ENGINE

        words = ENGINE[lang]
        longest = facts["engine_longest_context"]
        rows.append((words["longest"], words["no_limit"] if longest is None else units.format_exact(longest), ""))
        rows.append((words["most"], units.format_exact(facts["engine_most_sequences"]), ""))
        if "peak" in facts:
            parts = facts["peak"]["parts"]
            formula = " + ".join(f"{words[part['name']]} {units.format_bytes(part['bytes'], lang)}" for part in parts)
            rows.append((words["peak"], units.format_bytes(facts["peak"]["total_bytes"], lang), formula))
    return rows


def read_log(options):
    """The log and the model that the options name, explained."""
    from llmnotes.engines.logs import explain, state_bits_of
    from llmnotes.engines.logs.findings import Problem
    from llmnotes.engines.logs.reading import MOST_BYTES, decoded
    from llmnotes.registry import find, model_ids

    data = _bytes(options.log, MOST_BYTES + 1)
    model = state_bits = None
    if options.config is not None:
        model, state_bits = _configuration(options.config)
    elif options.model is not None:
        from llmnotes.cli import read_model

        model = read_model(options.model)
        if options.model in model_ids():
            state_bits = state_bits_of(find(options.model).config)

    def found(model_id: str):
        entry = find(model_id)
        return entry.spec, state_bits_of(entry.config)

    text = decoded(data[:MOST_BYTES])
    report = explain(text, model=model, state_bits=state_bits, ids=model_ids(), find=found, weigh=weigh)
    if len(data) > MOST_BYTES:
        report.problems.append(Problem("too_large", {"limit": "64 MiB"}))
    return report


def weigh(model) -> float:
    """Bytes of the weights that run, where the configuration states their form; 0 where it does not."""
    from llmnotes.weights.sizes import stored_weights

    try:
        stored = stored_weights(model)
    except ValueError:
        return 0.0
    return stored.running_bytes if stored.stated else 0.0


def _bytes(path: str, most: int) -> bytes:
    if path == "-":
        import sys

        return sys.stdin.buffer.read(most)
    try:
        with open(path, "rb") as file:
            return file.read(most)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ValueError(
            f"{path}: cannot be read ({reason}); give the path of a log, or - for standard input"
        ) from None


def _configuration(path: str):
    """The spec of a config.json, and the bits of states that it asks for."""
    import json

    from llmnotes.config.files import MAX_BYTES, from_text
    from llmnotes.engines.logs import state_bits_of

    text = _bytes(path, MAX_BYTES + 1)
    model = from_text(text, name=path)
    return model, state_bits_of(json.loads(text))


def explain_facts(report, options) -> dict:
    """The report as plain values."""
    from llmnotes.engines.logs.telling import problem_text, report_facts

    if not report.findings:
        raise ValueError("; ".join(problem_text(problem, options.lang) for problem in report.problems))
    return report_facts(report, options.lang)


def explain_text(facts: dict, report, options) -> list[str]:
    """One paragraph a line of the log, then what would help."""
    from llmnotes.wording.log import WORDS

    words = WORDS[options.lang]
    engines = " · ".join(f"{name} {version}".strip() for name, version in facts["engines"].items())
    lines = [f"{facts['title']} ({engines})"]
    lines += [text for text in (facts["note"],) if text]
    for finding in facts["findings"]:
        place = words["line"].format(n=finding["line"])
        lines += ["", f"{place} · {finding['name']} · {finding['said_text']} · {finding['verdict_text']}"]
        told = " = ".join(each for each in (finding["formula"], finding["derived_text"]) if each)
        if told:
            lines.append(f"    {told}")
        if finding["why"]:
            lines.append(f"    {finding['why']}")
    lines += ["", facts["counts_text"]]
    if facts["remedies"]:
        lines += ["", words["remedies"]]
        lines += [f"  {place}. {remedy['text']}" for place, remedy in enumerate(facts["remedies"], start=1)]
    if facts["problems"]:
        lines.append("")
        lines += [f"! {problem['text']}" for problem in facts["problems"]]
    return lines
