"""Bytes, element sizes and the way numbers are written, in Chinese and in English; and back from text to numbers."""

from collections.abc import Mapping

KIB, MIB, GIB, TIB = 2**10, 2**20, 2**30, 2**40
KB, MB, GB, TB = 10**3, 10**6, 10**9, 10**12

# Bits of one stored number, by the names used on the command line and in published configurations.
BITS = {
    "fp32": 32,
    "float32": 32,
    "bf16": 16,
    "bfloat16": 16,
    "fp16": 16,
    "float16": 16,
    "fp8": 8,
    "int8": 8,
    "fp6": 6,
    "fp4": 4,
    "int4": 4,
    "int3": 3,
    "int2": 2,
    "f32": 32,
    "f16": 16,
    "q8_0": 8.5,
    "q5_1": 6,
    "q5_0": 5.5,
    "q4_1": 5,
    "q4_0": 4.5,
    "iq4_nl": 4.5,
    "nvfp4": 4.5,
    "mxfp4": 4.25,
}

_BINARY = (("B", 1), ("KiB", KIB), ("MiB", MIB), ("GiB", GIB), ("TiB", TIB), ("PiB", 2**50))
_DECIMAL = (("B", 1), ("KB", KB), ("MB", MB), ("GB", GB), ("TB", TB), ("PB", 10**15))
_FLOPS = (
    ("FLOPs", 1),
    ("kFLOPs", 10**3),
    ("MFLOPs", 10**6),
    ("GFLOPs", 10**9),
    ("TFLOPs", 10**12),
    ("PFLOPs", 10**15),
    ("EFLOPs", 10**18),
    ("ZFLOPs", 10**21),
    ("YFLOPs", 10**24),
)
_COUNT = {
    "en": (("", 1), ("K", 10**3), ("M", 10**6), ("B", 10**9), ("T", 10**12)),
    "zh": (("", 1), ("万", 10**4), ("亿", 10**8), ("万亿", 10**12)),
}
_SECONDS = {
    "en": (("µs", 1e-6), ("ms", 1e-3), ("s", 1), ("min", 60), ("h", 3600)),
    "zh": (("微秒", 1e-6), ("毫秒", 1e-3), ("秒", 1), ("分钟", 60), ("小时", 3600)),
}
LANGUAGES = ("zh", "en")


def format_number(value: float, digits: int = 3) -> str:
    """A number to `digits` significant digits, thousands grouped, no trailing zeros after the point.

    Raises:
        ValueError: If it is infinite or no number.

    >>> format_number(4.5), format_number(147456), format_number(0.01441), format_number(19.32)
    ('4.5', '147,456', '0.0144', '19.3')
    """
    if value == 0:
        return "0"
    if value - value != 0:
        raise ValueError(f"{value} cannot be written as a number; look for a division by nothing")
    size = abs(value)
    places = digits - 1
    while size >= 10:
        size /= 10
        places -= 1
    while size < 1:
        size *= 10
        places += 1
    text = f"{value:,.{max(0, places)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_bytes(n: float, lang: str = "en", digits: int = 3) -> str:
    """Bytes in memory, in binary units (1 GiB = 2^30).

    >>> format_bytes(1_073_741_824), format_bytes(4_718_592, "zh")
    ('1 GiB', '4.5 MiB')
    """
    _known(lang)
    return _scaled(n, _BINARY, digits)


def format_bytes_decimal(n: float, lang: str = "en", digits: int = 3) -> str:
    """Bytes as data sheets write them, in decimal units (1 GB = 10^9).

    >>> format_bytes_decimal(80_000_000_000)
    '80 GB'
    """
    _known(lang)
    return _scaled(n, _DECIMAL, digits)


def format_count(n: float, lang: str = "en", digits: int = 3) -> str:
    """A number of things, rounded to three digits, in the units of the language.

    >>> format_count(8_030_261_248), format_count(8_030_261_248, "zh"), format_count(786_432, "zh")
    ('8.03 B', '80.3 亿', '78.6 万')
    """
    _known(lang)
    return _scaled(n, _COUNT[lang], digits)


def format_exact(n: int, lang: str = "en") -> str:
    """A whole number to the last digit.

    >>> format_exact(174_604_259_328)
    '174,604,259,328'
    """
    _known(lang)
    return f"{n:,}"


def format_flops(n: float, lang: str = "en", digits: int = 3) -> str:
    """A number of floating-point operations (a count, never a rate).

    >>> format_flops(14_372_306_944)
    '14.4 GFLOPs'
    """
    _known(lang)
    return _scaled(n, _FLOPS, digits)


def format_power(value: float, digits: int = 2) -> str:
    """A number with a power of ten, for what is far from one.

    >>> format_power(7.77e-16), format_power(1.5e20, 3)
    ('7.8 × 10⁻¹⁶', '1.5 × 10²⁰')
    """
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{format_number(float(mantissa), digits)} × 10{raised}"


def format_ratio(value: float, lang: str = "en", digits: int = 3) -> str:
    """How many times as much.

    >>> format_ratio(19.31), format_ratio(19.31, "zh")
    ('19.3×', '19.3 倍')
    """
    _known(lang)
    return format_number(value, digits) + (" 倍" if lang == "zh" else "×")


def format_percent(share: float, lang: str = "en", digits: int = 3) -> str:
    """A share as a percentage.

    >>> format_percent(0.0063), format_percent(0.182, "zh")
    ('0.63%', '18.2%')
    """
    _known(lang)
    return format_number(100 * share, digits) + "%"


def format_seconds(n: float, lang: str = "en", digits: int = 3) -> str:
    """A time.

    >>> format_seconds(0.0123), format_seconds(90, "zh")
    ('12.3 ms', '1.5 分钟')
    """
    _known(lang)
    return _scaled(n, _SECONDS[lang], digits)


def second_name(lang: str) -> str:
    """What a second is called.

    >>> second_name("en"), second_name("zh")
    ('s', '秒')
    """
    _known(lang)
    return {size: name for name, size in _SECONDS[lang]}[1]


def format_seconds_alike(times: Mapping[str, float], lang: str = "en", digits: int = 3) -> dict[str, str]:
    """Times that are read together, such as the ends of an interval, all in one unit.

    It is the unit of the least, or the first larger one that keeps the greatest below a thousand.

    >>> format_seconds_alike({"low": 13.3, "high": 70.8}), format_seconds_alike({"low": 0.0009, "high": 4}, "zh")
    ({'low': '13.3 s', 'high': '70.8 s'}, {'low': '0.0009 秒', 'high': '4 秒'})
    """
    _known(lang)
    least, most = min(times.values()), max(times.values())
    fitting = [one for one in _SECONDS[lang] if most / one[1] < 1000] or [_SECONDS[lang][-1]]
    taken = [one for one in fitting if one[1] <= least]
    name, size = (taken or fitting[:1])[-1]
    return {key: f"{format_number(time / size, digits)} {name}" for key, time in times.items()}


def format_usd(n: float, lang: str = "en", digits: int = 3) -> str:
    """Money: a tenth is written in cents.

    >>> format_usd(0.01234), format_usd(0.01234, "zh"), format_usd(1.5), format_usd(2), format_usd(15.375)
    ('$0.0123', '0.0123 美元', '$1.50', '$2', '$15.4')
    """
    _known(lang)
    text, cents = format_number(n, digits), f"{n:,.2f}"
    if cents == f"{text}0" and "." in text:
        text = cents
    return f"{text} 美元" if lang == "zh" else f"${text}"


def format_tokens(n: int, lang: str = "en") -> str:
    """A context length: in K or M where it is a round number in binary and not in decimal.

    >>> format_tokens(131_072), format_tokens(128_000), format_tokens(1_048_576)
    ('128K', '128,000', '1M')
    """
    _known(lang)
    if n % 1000 == 0:
        return f"{n:,}"
    if n % MIB == 0:
        return f"{n // MIB}M"
    if n % KIB == 0:
        return f"{n // KIB}K"
    return f"{n:,}"


def parse_tokens(text: str) -> int:
    """Tokens as people write them: k is 1,024 and m is 1,024 k.

    >>> parse_tokens("128k"), parse_tokens("1M"), parse_tokens("128_000")
    (131072, 1048576, 128000)
    """
    number, unit = _split(text)
    scale = {"": 1, "k": KIB, "m": MIB}.get(unit.lower())
    tokens = None if scale is None or number is None else number * scale
    if tokens is None or not 0 <= tokens < 2**53 or tokens != int(tokens):
        raise ValueError(f"{text!r} is not a number of tokens; write for example 8192, 128k or 1M")
    return int(tokens)


def parse_bytes(text: str) -> float:
    """Bytes as people write them; decimal and binary units differ.

    >>> parse_bytes("24GiB"), parse_bytes("80 GB")
    (25769803776.0, 80000000000.0)
    """
    number, unit = _split(text)
    scale = {name.lower(): size for name, size in _BINARY + _DECIMAL}.get(unit.lower() or "b")
    if scale is None or number is None:
        raise ValueError(f"{text!r} is not a size; write for example 24GiB (binary) or 80GB (decimal)")
    return float(number * scale)


def parse_bits(text: str) -> float:
    """Bits of one stored number: a type or a number.

    >>> parse_bits("fp8"), parse_bits("8"), parse_bits("8.5")
    (8, 8.0, 8.5)
    """
    if text.strip().lower() in BITS:
        return BITS[text.strip().lower()]
    number, unit = _split(text)
    if number is None or unit or not 0 < number <= 64:
        raise ValueError(f"{text!r} is not a precision; write bits such as 16, 8 or 4.5, or one of {', '.join(BITS)}")
    return number


def _split(text: str) -> tuple[float | None, str]:
    """A number and what follows it; no number where a comma groups anything but thousands, as in `1,5 GB`."""
    text = text.strip()
    end = 0
    while end < len(text) and (text[end] in "0123456789" or text[end] in ".,_"):
        end += 1
    digits = text[:end].replace("_", "")
    whole, point, _ = digits.partition(".")
    first, *groups = whole.split(",")
    grouped = all(len(group) == 3 for group in groups) and (not groups or 1 <= len(first) <= 3)
    if digits.count(".") > 1 or not digits.strip(".") or not grouped or "," in digits[len(whole + point) :]:
        return None, ""
    return float(digits.replace(",", "")), text[end:].strip()


def _scaled(n: float, units: tuple[tuple[str, float], ...], digits: int) -> str:
    name, size = units[0]
    for next_name, next_size in units[1:]:
        # 999.6 would be written 1,000: take the larger unit as soon as the digits would round up to it.
        if abs(n) >= next_size * (1 - 0.5 * 10**-digits):
            name, size = next_name, next_size
    return f"{format_number(n / size, digits)} {name}".rstrip()


def _known(lang: str) -> None:
    if lang not in LANGUAGES:
        raise ValueError(f"lang must be zh or en, not {lang!r}")
