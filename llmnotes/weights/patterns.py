"""Which modules a list of a configuration means: names, beginnings, endings, wildcards, regular expressions."""

import re
from collections.abc import Iterable

WRAPPERS = ("model.", "language_model.", "backbone.", "transformer.", "text_model.", "thinker.", "llm.")
REGULAR = "re:"
# A search may take exponential time where a repeated group repeats inside, and a power of the name's length for every
# repetition: published lists have three at most.
NESTED = re.compile(r"\([^()]*[*+][^()]*\)[*+{]")
REPEATED = re.compile(r"(?<!\\)[*+]")
MOST_REPETITIONS = 6


def bare(name: str) -> str:
    """A module name without what wraps the text model: files of one model differ in that alone.

    >>> bare("model.language_model.layers.0.mlp"), bare("language_model.model.layers.0.mlp")
    ('layers.0.mlp', 'layers.0.mlp')
    """
    while True:
        wrapper = next((word for word in WRAPPERS if name.startswith(word)), None)
        if wrapper is None:
            return name
        name = name[len(wrapper) :]


class Modules:
    """The modules that a list names.

    A plain name means every module whose name holds it as whole parts: itself, what is inside it, and its namesakes in
    other layers; a name from the model's root on (`model.…`) means itself and what is inside it. `*` and `?` are
    wildcards over the whole name; what follows `re:` is a regular expression from the start of the name.

    Raises:
        ValueError: If a regular expression is none.

    >>> some = Modules(["lm_head", "re:.*self_attn.*", "model.layers.0*", "gate"])
    >>> "model.layers.3.self_attn.q_proj" in some, "model.layers.0.mlp.up_proj" in some
    (True, True)
    >>> "model.layers.3.mlp.gate" in some, "model.layers.3.mlp.gate_proj" in some
    (True, False)
    >>> "model.layers.3.ff_out" in Modules(["model.transformer.ff_out"])
    False
    """

    def __init__(self, patterns: Iterable[str], *, exact: bool = False):
        self.exact = exact
        self.plain: set[str] = set()
        self.rooted: set[str] = set()
        wild, regular = [], []
        for pattern in patterns:
            if pattern.startswith(REGULAR):
                regular.append(f"(?:{pattern.removeprefix(REGULAR)})")
            elif "*" in pattern or "?" in pattern:
                wild.append(_translated(bare(pattern)))
            else:
                inside = bare(pattern)
                (self.plain if inside == pattern else self.rooted).add(inside.removesuffix(".weight"))
        self.wild = _any(wild)
        self.regular = _any(regular)

    def __contains__(self, name: str) -> bool:
        inside = bare(name)
        if self.exact and (inside in self.plain or inside in self.rooted):
            return True
        parts = [] if self.exact else inside.split(".")
        if self.rooted and any(".".join(parts[:end]) in self.rooted for end in range(1, len(parts) + 1)):
            return True
        for start in range(len(parts)):
            for end in range(start + 1, len(parts) + 1):
                if ".".join(parts[start:end]) in self.plain:
                    return True
        if self.wild is not None and self.wild.fullmatch(inside):
            return True
        if self.regular is None:
            return False
        spellings = (inside, f"model.{inside}", f"language_model.model.{inside}", f"model.language_model.{inside}")
        return any(self.regular.match(spelling) for spelling in spellings)

    def __bool__(self) -> bool:
        return bool(self.plain or self.rooted or self.wild or self.regular)


def _translated(pattern: str) -> str:
    """Wildcards as a regular expression; a name that ends a wildcard pattern also means what is inside it."""
    written = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return f"(?:{written}(?:\\..*)?)"


def _any(expressions: list[str]):
    if not expressions:
        return None
    for expression in expressions:
        if NESTED.search(expression) or len(REPEATED.findall(expression)) > MOST_REPETITIONS:
            raise ValueError(f"{expression[3:-1]!r} repeats what repeats, which may take for ever")
    try:
        return re.compile("|".join(expressions))
    except re.error as error:
        raise ValueError(f"{error.pattern!s} is not a regular expression ({error.msg})") from None
