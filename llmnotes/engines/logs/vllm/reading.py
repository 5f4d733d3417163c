"""What vLLM's lines have told so far."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from llmnotes.engines import vllm
from llmnotes.engines.logs.findings import Finding
from llmnotes.engines.logs.flags import Flags
from llmnotes.engines.logs.reading import Line, Printed
from llmnotes.engines.logs.vllm.ways import Way, several, ways
from llmnotes.engines.outline import Outline

ENGINE = "vllm"
NUMBER = r"([\d,]+(?:\.\d+)?)"


@dataclass
class Reading:
    """What the lines say, for the remedies.

    Attributes:
        keeps_graphs: This version does not take the memory of graphs off the cache yet, and says so.
        groups_off: The log shows that groups of layers were turned off; a version that has none is another matter.
        missing: Bytes by which weights and the largest pass are more than the share of the card.
        free_share: Share of the card that is free, where it is less than what was asked for.
        held_by_others: Bytes that others hold of it.
        peak: Bytes of the largest pass.
        parts: Parts of the memory that versions 0.6.4 and 0.6.5 write line by line, in GiB.
        stored: Tokens of the cache, where it refuses a longer request.
        on_metal: It runs on Apple silicon.
        metal: Bytes that Metal lets one process use, on Apple silicon.
        metal_missing: Bytes by which its cache would have been less than nothing.
        metal_states: Bytes that it keeps free for states of requests.
    """

    findings: list[Finding] = field(default_factory=list)
    version: str = ""
    settings: vllm.Settings | None = None
    pool: vllm.Pool | None = None
    available: Printed | None = None
    by_stage: dict[int, Printed] = field(default_factory=dict)
    n_blocks: int = 0
    needed: tuple[int, float, float] | None = None
    needed_of_stage: float = 0
    graphs: Printed | None = None
    visible: float = 0
    weights: Printed | None = None
    refused: str = ""
    groups_off: bool = False
    keeps_graphs: bool = False
    utilization: float = 0
    printed_requests: Printed | None = None
    flags: Flags = field(default_factory=dict)
    missing: float = 0
    peak: float = 0
    free_share: float = 0
    held_by_others: float = 0
    parts: dict[str, float] = field(default_factory=dict)
    stored: int = 0
    on_metal: bool = False
    metal: float = 0
    metal_missing: float = 0
    metal_states: float = 0

    @property
    def cards(self) -> int:
        """Cards that share the model."""
        return self.settings.parallel.n_cards if self.settings is not None else 1


def add(
    done: Reading,
    line: Line,
    subject: str,
    said: Printed,
    verdict: str,
    derived: float | None = None,
    formula: str = "",
    why: str = "",
    values: dict[str, str] | None = None,
    also: str = "",
) -> None:
    finding = Finding(line.number, ENGINE, subject, said, verdict, derived, formula, why, values or {}, also)
    done.findings.append(finding)


def ways_of(done: Reading, given: Outline | None) -> Iterator[Way]:
    """The options under which the pool may have been cut."""
    if done.pool is None or done.settings is None or given is None:
        return iter(())
    return ways(Way(done.pool, done.settings), given, done.flags)


def several_of(done: Reading, given: Outline | None) -> Iterator[Way]:
    """Several options at once under which the pool may have been cut, where the log shows none of them."""
    if done.pool is None or done.settings is None or given is None:
        return iter(())
    return several(Way(done.pool, done.settings), given, done.flags)
