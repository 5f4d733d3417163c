"""A report as plain values: what the command prints as JSON, and what it and the page put into words."""

from typing import Any

from llmnotes.engines.logs.findings import VERDICTS, Finding, Problem, Report
from llmnotes.units import GIB, MIB
from llmnotes.wording.log import PROBLEMS, REASONS, REMEDIES, SUBJECTS, WORDS
from llmnotes.wording.log import VERDICTS as VERDICT_WORDS


def derived_text(finding: Finding) -> str:
    """The derived number, written as the log writes its own.

    >>> from llmnotes.engines.logs.reading import size
    >>> derived_text(Finding(1, "vllm", "cache", size("1.00", "GiB"), "equal", 2**30))
    '1.00 GiB'
    """
    if finding.derived is None:
        return ""
    if finding.said.unit == "bytes":
        unit = finding.said.text.rpartition(" ")[2]
        scale = {"MiB": MIB, "GiB": GIB, "TiB": 2**40, "KiB": 2**10, "GB": 10**9, "MB": 10**6}.get(unit, 1)
        number = finding.said.text.split(" ")[0]
        places = max(len(number.partition(".")[2]), 2 if scale > 1 else 0)
        return f"{finding.derived / scale:,.{places}f} {unit if scale > 1 else 'B'}"
    if finding.said.unit in ("ratio", "percent", "bits"):
        places = len(finding.said.text.rstrip("×%").partition(".")[2])
        return f"{finding.derived:,.{places}f}" + finding.said.text.lstrip("0123456789.,")
    return f"{finding.derived:,.0f}"


def finding_facts(finding: Finding, lang: str) -> dict[str, object]:
    """One finding as plain values."""
    return {
        "line": finding.line,
        "engine": finding.engine,
        "subject": finding.subject,
        "name": SUBJECTS[lang][finding.subject],
        "said": finding.said.value,
        "said_text": finding.said.text,
        "unit": finding.said.unit,
        "derived": finding.derived,
        "derived_text": derived_text(finding),
        "formula": finding.formula,
        "verdict": finding.verdict,
        "verdict_text": VERDICT_WORDS[lang][finding.verdict],
        "why": _reason(finding, lang),
    }


def _reason(finding: Finding, lang: str) -> str:
    """Why it is so; a quantity that the sentence names is named in its language."""
    values = dict(finding.values)
    if "what" in values:
        values["what"] = SUBJECTS[lang][values["what"]]
    told = [REASONS[lang][name].format(**values) for name in (finding.why, finding.also) if name]
    return ("" if lang == "zh" else " ").join(told)


def report_facts(report: Report, lang: str) -> dict[str, Any]:
    """A report as plain values."""
    words = WORDS[lang]
    counts = {verdict: sum(each.verdict == verdict for each in report.findings) for verdict in VERDICTS}
    title = words["title" if report.model else "title_unknown"]
    return {
        "engines": dict(report.engines),
        "model": report.model,
        "model_from": report.model_from,
        "n_lines": report.n_lines,
        "title": title.format(model=report.model, n=len(report.findings)),
        "note": words.get(f"model_{report.model_from}", ""),
        "counts": counts,
        "counts_text": words["counts"].format(**counts),
        "findings": [finding_facts(each, lang) for each in report.findings],
        "remedies": [
            {"name": each.name, "cost": each.cost, "text": REMEDIES[lang][each.name].format(**each.values)}
            for each in report.remedies
        ],
        "problems": [{"name": each.name, "text": problem_text(each, lang)} for each in report.problems],
    }


def problem_text(problem: Problem, lang: str) -> str:
    """What is wrong with the input, in one line."""
    return PROBLEMS[lang][problem.name].format(**problem.values)
