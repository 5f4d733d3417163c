"""What is said of one line of a log, and of the log as a whole."""

from dataclasses import dataclass, field

from llmnotes.engines.logs.reading import Printed

EQUAL, EXPLAINED, MISLEADS, INPUT, OPEN = "equal", "explained", "misleads", "input", "open"
VERDICTS = (EQUAL, EXPLAINED, MISLEADS, INPUT, OPEN)
"""`equal`: derived from configuration and flags, the printed digits agree. `explained`: they differ by a term that is
named. `misleads`: the number is not what its words say; the right one stands beside it. `input`: a setting or a
measurement that others are derived from. `open`: it needs what the log does not say."""


@dataclass(frozen=True)
class Finding:
    """One line explained.

    Attributes:
        line: Its number, from 1.
        subject: What the number is, by name (`wording.SUBJECTS`).
        said: The number as printed.
        verdict: One of `VERDICTS`.
        derived: The number as derived, in the unit of `said`.
        formula: The derivation with its numbers.
        why: Name of the sentence that says what differs (`wording.REASONS`); empty where nothing does.
        values: What that sentence fills in.
        also: Name of a second sentence: an option that the log does not show and that makes the number fit.
    """

    line: int
    engine: str
    subject: str
    said: Printed
    verdict: str
    derived: float | None = None
    formula: str = ""
    why: str = ""
    values: dict[str, str] = field(default_factory=dict)
    also: str = ""


def once(found: list[Finding], seen: set[tuple[str, str]]) -> list[Finding]:
    """The findings that no earlier line gave: every rank of a server logs the same."""
    fresh = []
    for finding in found:
        key = (finding.subject, finding.said.text)
        if key not in seen:
            seen.add(key)
            fresh.append(finding)
    return fresh


@dataclass(frozen=True)
class Remedy:
    """A change that makes it fit, or hold more.

    Attributes:
        name: Name of the sentence (`wording.REMEDIES`).
        cost: 0 costs nothing, 1 some speed or requests, 2 some quality, 3 other hardware or another checkpoint.
        values: What the sentence fills in.
    """

    name: str
    cost: int
    values: dict[str, str]


@dataclass(frozen=True)
class Problem:
    """Something wrong with the input, told in one line (`wording.PROBLEMS`)."""

    name: str
    values: dict[str, str]


@dataclass
class Report:
    """A log explained.

    Attributes:
        engines: Engines whose lines were found, with the version that the log names ("" where it does not).
        model: What the lines were derived from: its name.
        model_from: `given`, `log` (its name stands in the log), `hyperparameters` (llama.cpp printed its shape), or "".
        n_lines: Lines read.
    """

    engines: dict[str, str] = field(default_factory=dict)
    model: str = ""
    model_from: str = ""
    n_lines: int = 0
    findings: list[Finding] = field(default_factory=list)
    remedies: list[Remedy] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
