"""Lines of a log as plain text, and the numbers in them as they were printed."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MOST_BYTES = 64 * 2**20
MOST_LINE = 16_384
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_UNITS = {
    "B": 1,
    "BYTES": 1,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
    # Engines print binary units under decimal names.
    "KB": 2**10,
    "MB": 2**20,
    "GB": 2**30,
    "TB": 2**40,
}


def decoded(data: bytes) -> str:
    """The text of a log: UTF-8, or the UTF-16 that a shell of Windows writes; what cannot be read is replaced.

    >>> decoded("llama_context".encode("utf-16"))
    'llama_context'
    """
    for mark, name in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if data.startswith(mark):
            return data.decode(name, errors="replace")
    return data.decode("utf-8", errors="replace")


@dataclass(frozen=True)
class Line:
    """One line, numbered from 1, freed of colours and control characters."""

    number: int
    text: str


@dataclass
class Condition:
    """What is wrong with the text of a log."""

    n_lines: int = 0
    first_control: int = 0
    first_long: int = 0
    first_undecodable: int = 0
    cut: bool = False


def lines_of(text: str | Iterable[str], condition: Condition) -> Iterator[Line]:
    """The lines; what was wrong with them is noted in `condition`."""
    last = ""
    for number, raw in enumerate(text.splitlines(keepends=True) if isinstance(text, str) else text, start=1):
        condition.n_lines = number
        last = raw
        line = raw.rstrip("\r\n")
        if not line:
            continue
        if len(line) > MOST_LINE:
            condition.first_long = condition.first_long or number
            line = line[:MOST_LINE]
        if "\x1b" in line:
            line = _ESCAPES.sub("", line)
        # A progress bar overwrites its line: what stands last is what was seen.
        if "\r" in line:
            line = line.rsplit("\r", 1)[-1] or line.replace("\r", " ")
        if not line.isprintable() and _CONTROL.search(line):
            condition.first_control = condition.first_control or number
            line = _CONTROL.sub("", line)
        if "\ufffd" in line:
            condition.first_undecodable = condition.first_undecodable or number
        yield Line(number, line)
    condition.cut = bool(last) and not last.endswith(("\n", "\r"))


@dataclass(frozen=True)
class Printed:
    """A number as a log prints it.

    Attributes:
        value: The number, bytes where it is a size.
        half: Half of its last printed digit: what rounding may hide.
        unit: `bytes`, `tokens`, `count`, `ratio`, `percent`.
        text: The number as printed, grouped in threes, with its unit.
    """

    value: float
    half: float
    unit: str
    text: str

    @property
    def least(self) -> float:
        """The smallest value that is printed so."""
        return self.value - self.half

    @property
    def most(self) -> float:
        """The largest value that is printed so."""
        return self.value + self.half

    def agrees(self, found: float) -> bool:
        """Whether a value would be printed so: by rounding, or by cutting off."""
        return self.least - 1e-9 <= found <= self.most + self.half + 1e-9


def size(number: str, unit: str) -> Printed:
    """A printed size.

    >>> size("149.62", "MiB").agrees(149.625 * 2**20)
    True
    """
    scale = _UNITS[unit.upper()]
    plain = number.replace(",", "")
    places = len(plain.partition(".")[2])
    shown = {"GB": "GiB", "MB": "MiB", "KB": "KiB", "TB": "TiB", "BYTES": "B"}.get(unit.upper(), unit)
    return Printed(float(plain) * scale, 0.5 * 10.0**-places * scale, "bytes", f"{float(plain):,.{places}f} {shown}")


def count(number: str, unit: str = "count") -> Printed:
    """A printed whole number.

    >>> count("567,978", "tokens").text
    '567,978'
    """
    value = int(number.replace(",", ""))
    return Printed(value, 0.0, unit, f"{value:,}")


def ratio(number: str, unit: str = "ratio") -> Printed:
    """A printed ratio or percentage.

    >>> ratio("10.79").agrees(22096 / 2048)
    True
    """
    places = len(number.partition(".")[2])
    sign = {"percent": "%", "bits": ""}.get(unit, "×")
    return Printed(float(number), 0.5 * 10.0**-places, unit, f"{float(number):,.{places}f}{sign}")
