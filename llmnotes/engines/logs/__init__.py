"""A log of llama.cpp, ollama, vLLM, SGLang or TensorRT-LLM, line by line: what each number is, and where it is from."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from llmnotes.engines import VERSIONS
from llmnotes.engines.logs import flags as flags_module
from llmnotes.engines.logs import llamacpp, naming, ollama, pytorch, remedies, sglang, tensorrt_llm, vllm
from llmnotes.engines.logs.findings import Problem, Report
from llmnotes.engines.logs.flags import Flags, flags_of
from llmnotes.engines.logs.reading import Condition, Line, lines_of
from llmnotes.engines.outline import Outline, outline_of
from llmnotes.spec import ModelSpec

_BITS = {"float32": 32, "float16": 16, "bfloat16": 16}


RESOLVED = frozenset({"quantization"})
"""Options that an engine prints once more under the name of what it took for them: two values are no contradiction."""
MARKS = frozenset(
    mark
    for part in (llamacpp, ollama, vllm, sglang, tensorrt_llm, pytorch, naming, flags_module)
    for mark in part.MARKS
)
"""Words without which no line is read."""


def state_bits_of(config: Mapping) -> int | None:
    """Bits of recurrent states that a published configuration asks for; `None` where it does not say.

    >>> state_bits_of({"text_config": {"mamba_ssm_dtype": "float32"}})
    32
    """
    for part in (config, config.get("text_config"), config.get("llm_config")):
        if isinstance(part, Mapping):
            stated = part.get("mamba_ssm_dtype") or part.get("mamba_ssm_cache_dtype")
            if isinstance(stated, str):
                return _BITS.get(stated.removeprefix("torch."))
    return None


def explain(
    text: str | Iterable[str],
    *,
    model: ModelSpec | None = None,
    state_bits: int | None = None,
    ids: Iterable[str] = (),
    find: Callable[[str], tuple[ModelSpec, int | None]] | None = None,
    weigh: Callable[[ModelSpec], float] | None = None,
) -> Report:
    """Every line on memory, tokens, blocks, concurrency and buffers, derived where the log or a configuration allows.

    Args:
        text: The log, or its lines.
        model: The model; otherwise it is looked for in the log.
        state_bits: Bits of recurrent states that its configuration asks for.
        ids: Names of models that may be looked for.
        find: Gives the model of such a name, and its bits of states.
        weigh: Gives the bytes of a model's weights in the form that its configuration states; 0 where it states none.

    >>> report = explain("INFO vllm Available KV cache memory: 8.11 GiB")
    >>> [(finding.subject, finding.said.text, finding.verdict) for finding in report.findings]
    [('available', '8.11 GiB', 'input')]
    """
    condition = Condition()
    lines = [line for line in lines_of(text, condition) if any(mark in line.text for mark in MARKS)]
    report = Report(n_lines=condition.n_lines)
    flags = flags_of(lines)
    if model is not None:
        report.model, report.model_from = model.name, "given"
    elif find is not None:
        named = naming.named_models(lines, ids)
        if named:
            model, state_bits = find(named[0])
            report.model, report.model_from = model.name, "log"
    given = outline_of(model) if model is not None else None
    if given is not None and model is not None and weigh is not None:
        given = replace(given, weight_bytes=weigh(model))
    _read(lines, flags, given, state_bits, report)
    report.problems += _problems(condition, flags, report)
    report.findings.sort(key=lambda finding: finding.line)
    report.remedies.sort(key=lambda remedy: remedy.cost)
    return report


def _read(lines: list[Line], flags: Flags, given: Outline | None, state_bits: int | None, report: Report) -> None:
    """Every engine's reader on every line; an engine that finds nothing is not in the log."""
    cpp = llamacpp.read(lines, flags, given)
    if given is not None and cpp.shape is not None and cpp.shape.d_model not in (0, given.d_model):
        # The log is about another model than the one that was given or named: its own hyperparameters hold.
        values = {"model": report.model, "given": f"{given.d_model:,}", "log": f"{cpp.shape.d_model:,}"}
        report.problems.append(Problem("other_model", values))
        report.model, report.model_from, given = "", "", None
        cpp = llamacpp.read(lines, flags, None)
    if cpp.findings:
        report.engines["llama.cpp"] = cpp.version
        report.findings += cpp.findings
        report.remedies += remedies.for_llamacpp(cpp)
        if not report.model and cpp.shape is not None:
            report.model, report.model_from = cpp.shape.arch, "hyperparameters"
    runner = ollama.read(lines, flags, given or cpp.outline)
    if runner.findings:
        report.engines["ollama"] = ""
        report.findings += runner.findings
        report.remedies += remedies.for_ollama(runner)
    served = vllm.read(lines, flags, given, state_bits or 16)
    if served.findings:
        report.engines["vllm"] = served.version
        report.findings += served.findings
        report.remedies += remedies.for_vllm(served, given)
        if served.refused:
            report.problems.append(Problem("refused", {"reason": served.refused}))
    pooled = sglang.read(lines, flags, given)
    if pooled.findings:
        report.engines["sglang"] = pooled.version
        report.findings += pooled.findings
        report.remedies += remedies.for_sglang(pooled)
        if pooled.refused:
            report.problems.append(Problem("refused", {"reason": pooled.refused}))
    paged = tensorrt_llm.read(lines, flags, given)
    if paged.findings:
        report.engines["tensorrt-llm"] = paged.version
        report.findings += paged.findings
        report.remedies += remedies.for_tensorrt_llm(paged)
        if paged.refused:
            report.problems.append(Problem("refused", {"reason": paged.refused}))
    refused = pytorch.read(lines, given)
    if refused.findings:
        report.engines[pytorch.ENGINE] = ""
        report.findings += refused.findings
        weights = (given.weight_bytes or 2.0 * given.n_params) / served.cards if given is not None else 0.0
        report.remedies += remedies.for_pytorch(refused, served, pooled, weights)


def _problems(condition: Condition, flags: Flags, report: Report) -> list[Problem]:
    """What is wrong with the input, one line each."""
    found: list[Problem] = []
    if not condition.n_lines:
        return [Problem("empty", {})]
    if not report.findings:
        found.append(Problem("no_engine", {"lines": f"{condition.n_lines:,}"}))
    if condition.first_control:
        found.append(Problem("control_characters", {"line": f"{condition.first_control:,}"}))
    if condition.first_undecodable:
        found.append(Problem("undecodable", {"line": f"{condition.first_undecodable:,}"}))
    if condition.first_long:
        found.append(Problem("long_line", {"line": f"{condition.first_long:,}"}))
    if condition.cut and condition.n_lines > 1:
        found.append(Problem("cut", {"line": f"{condition.n_lines:,}"}))
    for name, each in flags.items():
        if name in RESOLVED:
            continue
        stated = [flag for flag in each if flag.value not in ("auto", "none", "-1", "0")]
        if len({flag.value for flag in stated}) > 1:
            first, last = stated[0], stated[-1]
            if first.value == last.value:
                first = next(flag for flag in stated if flag.value != last.value)
            values = {"name": name, "a": first.value, "b": last.value}
            found.append(Problem("contradiction", {**values, "line_a": str(first.line), "line_b": str(last.line)}))
    for engine, version in report.engines.items():
        if engine in VERSIONS and not version:
            found.append(Problem("no_version", {"engine": engine, "rules": VERSIONS[engine]}))
    return found
