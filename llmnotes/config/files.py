"""Configurations from text, files and standard input. The browser calls `from_text`; nothing else here runs there."""

import json
import re
import sys
from collections.abc import Mapping
from os import PathLike

from llmnotes.config import from_mapping
from llmnotes.config.keys import ConfigError
from llmnotes.spec import ModelSpec

MAX_BYTES = 16 * 2**20  # published configurations are a few kilobytes, with quantization tables up to some hundred


def from_config(source: Mapping | str | PathLike[str], *, name: str | None = None) -> ModelSpec:
    """The spec of a published configuration.

    Args:
        source: The keys as a mapping, or the path of a `config.json`.
        name: What to call the model; the path unless given.

    Raises:
        ConfigError: In one line, with field, value and remedy.
    """
    if isinstance(source, Mapping):
        return from_mapping(source, name=name or "model")
    if not isinstance(source, str | PathLike):
        raise ConfigError(f"from_config takes a mapping or the path of a config.json, not {type(source).__name__}")
    label = name or str(source)
    try:
        with open(source, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{label}: cannot be read ({reason}); give the path of a config.json") from None
    return from_text(data, name=label)


def from_stdin(*, name: str = "standard input") -> ModelSpec:
    """The spec of a configuration piped in."""
    return from_text(sys.stdin.buffer.read(MAX_BYTES + 1), name=name)


def from_text(text: str | bytes, *, name: str = "config.json") -> ModelSpec:
    """The spec of a configuration as JSON text."""
    if len(text) > MAX_BYTES:
        raise ConfigError(f"{name}: more than {MAX_BYTES:,} bytes; this is not a config.json")
    try:
        config = json.loads(_standard(text))
    except RecursionError:
        raise ConfigError(f"{name}: nested too deeply for a config.json; check the file") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{name}: not a text file; give a config.json") from None
    except ValueError as error:
        raise ConfigError(
            f"{name}: not JSON ({str(error).splitlines()[0]}); give the config.json as published"
        ) from None
    return from_mapping(config, name=name)


def _standard(text: str | bytes) -> str:
    """The text with infinities and NaN, which published configurations hold and JSON does not, written so that every
    parser reads them: the browser's refuses them."""
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text))
    if "Infinity" not in text and "NaN" not in text:
        return text
    words = {"Infinity": "1e999", "-Infinity": "-1e999", "NaN": '"NaN"'}
    return re.sub(r'"(?:[^"\\]|\\.)*"|-?Infinity|NaN', lambda found: words.get(found[0], found[0]), text)
