"""Reading published keys: every value checked, every default remembered, every key accounted for."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

MAX_SIZE = 100_000_000  # no published width, vocabulary or context is near it
MAX_LAYERS = 4_096
REQUIRED = object()


class ConfigError(ValueError):
    """A configuration that cannot be sized; the message names field, value and remedy in one line."""


class Keys:
    """The keys of one published configuration, read by name.

    Args:
        config: The mapping as published.
        name: What to call the model in messages.
    """

    def __init__(self, config: Mapping, name: str):
        if not isinstance(config, Mapping):
            raise ConfigError(
                f"{name}: a configuration is a JSON object, not {_kind(config)}; give the whole config.json"
            )
        self.config = config
        self.name = name
        self.published = frozenset(config)
        self.used: set[str] = set()
        self.assumed: list[str] = []
        self.warnings: list[str] = []

    def error(self, key: str, remedy: str) -> ConfigError:
        """An error about one key, with the value it has."""
        return ConfigError(f"{self.name}: {key} is {_shown(self.config.get(key))}: {remedy}")

    def raw(self, *names: str) -> tuple[Any, str]:
        """The value of the first of these keys that is present and not null, and its name."""
        self.used.update(names)
        for name in names:
            if self.config.get(name) is not None:
                return self.config[name], name
        return None, names[0]

    def has(self, *names: str) -> bool:
        """Whether one of these keys is present and not null."""
        return self.raw(*names)[0] is not None

    def stated(self, name: str) -> bool:
        """Whether a key that a model may do without is given; null says that it does, absence is remembered."""
        if name not in self.published and not self.has(name):
            self.assume(f"{name} is absent; counted without it")
        return self.has(name)

    def size(self, *names: str, default=REQUIRED, why: str = "", most: int = MAX_SIZE) -> int:
        """A whole number of at least 1."""
        return self._whole(names, default, why, least=1, most=most)

    def count(self, *names: str, default=REQUIRED, why: str = "", most: int = MAX_SIZE) -> int:
        """A whole number of at least 0."""
        return self._whole(names, default, why, least=0, most=most)

    def n_layers(self, *names: str, default=REQUIRED) -> int:
        """The depth."""
        return self.size(*(names or ("num_hidden_layers",)), default=default, most=MAX_LAYERS)

    def _whole(self, names: Sequence[str], default, why: str, least: int, most: int) -> int:
        value, name = self.raw(*names)
        if value is None:
            return self._default(names, default, why)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(name, f"give a whole number of at least {least}")
        if value < least:
            raise self.error(name, f"give a whole number of at least {least}")
        if value > most:
            raise self.error(name, f"no published model has more than {most:,}; check the value")
        return value

    def number(self, name: str, default: float) -> float:
        """A positive number, whole or not."""
        value, _ = self.raw(name)
        if value is None:
            return self._default((name,), default, "")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1000:
            raise self.error(name, "give a positive number")
        return value

    def flag(self, *names: str, default=REQUIRED, why: str = "") -> bool:
        """True or false."""
        value, name = self.raw(*names)
        if value is None:
            return self._default(names, default, why)
        if not isinstance(value, bool):
            raise self.error(name, "give true or false")
        return value

    def choice(self, name: str, options: Sequence[str], default=REQUIRED) -> str:
        """One of a few words."""
        value, _ = self.raw(name)
        if value is None:
            return self._default((name,), default, "")
        if not isinstance(value, str) or value not in options:
            raise self.error(name, "known here: " + ", ".join(options))
        return value

    def words(self, name: str, n: int, options: Sequence[str]) -> tuple[str, ...] | None:
        """A list of `n` words, one for each layer; `None` where the key is absent."""
        value, _ = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, list | tuple):
            raise self.error(name, f"give a list with one entry for each of the {n} layers")
        if len(value) != n:
            raise ConfigError(f"{self.name}: {name} has {len(value)} entries for {n} layers; give one for each layer")
        for word in value:
            if word not in options:
                known = ", ".join(options)
                raise ConfigError(f"{self.name}: {name} holds {_shown(word)}: known here: {known}")
        return tuple(value)

    def indices(self, name: str, n: int) -> tuple[int, ...]:
        """A list of layer numbers; empty where the key is absent."""
        value, _ = self.raw(name)
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            raise self.error(name, f"give a list of layer numbers below {n}")
        for index in value:
            if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < n:
                raise ConfigError(f"{self.name}: {name} holds {_shown(index)}: give layer numbers from 0 to {n - 1}")
        return tuple(value)

    def expect(self, name: str, *allowed) -> None:
        """Refuse a key whose value would change the answer in a way that is not understood."""
        value, _ = self.raw(name)
        if value is not None and value not in allowed:
            known = " or ".join(_shown(option) for option in allowed)
            remedy = f"only {known} is understood for this family" if known else "this is not understood"
            raise self.error(name, remedy)

    def divides(self, divisor: int, number: int, what: str) -> int:
        """`number / divisor`, or an error that names both numbers."""
        if number % divisor:
            raise ConfigError(f"{self.name}: {what}: {number} is not a multiple of {divisor}; check both values")
        return number // divisor

    def fill(self, **defaults) -> None:
        """Give keys that are absent the values that the family's code gives them, and remember it."""
        missing = {name: value for name, value in defaults.items() if self.config.get(name) is None}
        self.config = dict(self.config) | missing
        for name, value in missing.items():
            self.assume(f"{name} = {_shown(value)} (the family's default)")

    def restate(self, **values) -> None:
        """Give what the configuration says in another way the name that shared readers know."""
        self.config = values | {name: value for name, value in self.config.items() if value is not None}
        self.used.update(values)

    def inside(self, name: str) -> "Keys":
        """The keys of an object within the configuration; empty where it is absent."""
        value, _ = self.raw(name)
        if value is not None and not isinstance(value, Mapping):
            raise self.error(name, "give an object")
        return Keys(value or {}, f"{self.name}: {name}")

    def ignore(self, *names: str) -> None:
        """Keys that do not change what is counted here."""
        self.used.update(names)

    def assume(self, sentence: str) -> None:
        """Remember something that the configuration does not say."""
        if sentence not in self.assumed:
            self.assumed.append(sentence)

    def _default(self, names: Sequence[str], default, why: str):
        if default is REQUIRED:
            near = get_close_matches(names[0], [key for key in self.config if isinstance(key, str)], n=1, cutoff=0.8)
            hint = f" (found {near[0]})" if near and near[0] != names[0] else ""
            raise ConfigError(f"{self.name}: {names[0]} is missing{hint}; add it as the model's authors publish it")
        self.assume(f"{names[0]} = {_shown(default)}" + (f" ({why})" if why else " (the family's default)"))
        return default


def _kind(value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str):
        return "text"
    return "a number" if isinstance(value, int | float) else "an object"


def _shown(value) -> str:
    if value is None:
        return "missing"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
