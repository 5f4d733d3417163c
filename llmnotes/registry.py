"""Published models, chips and prices, read from `data/`: one TOML file each, its name the id.

Listing ids reads no file. Looking one up opens exactly that file, each time, so that a watcher of opened files sees it;
what was in it is worked out once.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from llmnotes.config import from_mapping
from llmnotes.spec import ModelSpec

if TYPE_CHECKING:
    from llmnotes.finder import Name

DATA = Path(__file__).parent / "data"
# As many ids as a message names.
MOST_LISTED = 8
# What people write before the name of a chip or leave out, and how they write its memory.
MAKERS = re.compile(
    r"\b(?:nvidia|geforce|rtx|gtx|tesla|amd|radeon|instinct|rx|apple|mac ?book(?: ?(?:air|pro))?|mac)\b"
)
GIGABYTES = re.compile(r"(?<=\d)( ?)g(?![a-z0-9])")


class DataError(ValueError):
    """A data file that breaks the rules of the registry: names file, key and remedy."""


class UnknownModel(ValueError):  # noqa: N818 - callers read it as a sentence: except UnknownModel
    """An id the registry does not have; the message lists the closest ones."""


class UnknownChip(ValueError):  # noqa: N818 - as UnknownModel
    """A chip the registry does not have; the message lists the closest ones."""


@dataclass(frozen=True)
class Entry:
    """A published model.

    Attributes:
        scope: Which part of a larger model is counted, where it is a part; `None` for all of it.
        context_advertised: Tokens of context its authors claim; never read off the configuration.
        context_effective: Longest length at which RULER's score held (see its source); `None` where not measured.
        n_params_weights: Parameters its published weight files hold, added up; always exact.
        n_params_weights_note: What those files hold that our count leaves out, part by part, where they hold more.
        n_params_published: Parameters its authors state.
        n_params_published_as: That figure as printed, where it is rounded ("671B"); `None` where it is exact.
        n_params_published_note: Why our count differs from it, where it does.
        sources: Where each of these was read, by field name.
        checked: Day on which the sources were read.
        config: The published keys, as in a `config.json`.
        beside: What the published configuration holds beside its text model, whose keys are `config`: its own
            `model_type`, the configurations of its towers, the keys that its projector is read from.
        variants: Quantized files that the same authors, or the maker of a chip, publish: by the word that follows the
            id, `quantization_config` (lists of modules abridged where the bytes stay the same) and `source`.
    """

    id: str
    name: str
    config: Mapping[str, Any]
    sources: Mapping[str, str]
    checked: date
    org: str | None = None
    scope: str | None = None
    released: date | None = None
    context_advertised: int | None = None
    context_effective: int | None = None
    n_params_weights: int | None = None
    n_params_weights_note: str | None = None
    n_params_published: int | None = None
    n_params_published_as: str | None = None
    n_params_published_note: str | None = None
    n_params_active_published: int | None = None
    n_params_active_published_as: str | None = None
    n_params_active_published_note: str | None = None
    beside: Mapping[str, Any] | None = None
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def published(self) -> dict[str, Any]:
        """The whole configuration: the text model's keys, within those of its wrapper where it has one."""
        return dict(self.config) if self.beside is None else {**self.beside, "text_config": dict(self.config)}

    @cached_property
    def spec(self) -> ModelSpec:
        """The model as its layers, with what stands beside them."""
        forms = {word: found["quantization_config"] for word, found in self.variants.items()}
        return replace(from_mapping(self.published, name=self.name), published_forms=forms)

    def variant(self, word: str) -> ModelSpec:
        """The same model at the precision of one of its variants."""
        stated = {"quantization_config": dict(self.variants[word]["quantization_config"])}
        return from_mapping({**self.published, **stated}, name=f"{self.name} {word.upper()}")


@dataclass(frozen=True)
class Chip:
    """An accelerator.

    Attributes:
        memory_bytes: Memory [B]; `sources` says whether the driver or the data sheet counted it.
        bandwidth_bytes_per_s: Peak memory bandwidth [B/s].
        peak_flops_per_s: Dense matrix peak by data type [FLOP/s], never the figure that assumes sparsity; empty unsaid.
        link_bytes_per_s: Link to other chips, one direction [B/s].
        power_watts: Board power [W].
        note: What a data sheet hides.
    """

    id: str
    name: str
    sources: Mapping[str, str]
    checked: date
    memory_bytes: int
    bandwidth_bytes_per_s: float
    peak_flops_per_s: Mapping[str, float] = field(default_factory=dict)
    vendor: str | None = None
    link_bytes_per_s: float | None = None
    power_watts: float | None = None
    note: str | None = None

    @property
    def roof(self) -> dict[str, float]:
        """Dense peak in bf16 and bandwidth, by the names under which formulas take them."""
        return {
            "peak_flops_per_s": self.peak_flops_per_s["bf16"],
            "bandwidth_bytes_per_s": self.bandwidth_bytes_per_s,
        }


@dataclass(frozen=True)
class Price:
    """A model that is sold by the token; its parameters stand nowhere here.

    Attributes:
        priced: Day for which the prices hold: that of the snapshot they were read in.
        input_limit: Tokens of input that are taken, where that is less than the context.
        output_limit: Tokens of output that are given at most.
        long_prompt_tokens: Length of prompt above which the dearer `..._long` prices hold; `None` with one price.
        usd_per_million_cache_write_tokens: Price of input that is kept for later requests, for the shortest time that
            is sold; `None` where keeping costs what reading does or is not sold.
        usd_per_million_input_tokens_batch: Of requests that may wait, often a day; as `..._output_tokens_batch`.
        usd_per_million_input_tokens_fast: Of the tier that is served first or faster; as the other `..._fast` prices.
    """

    id: str
    name: str
    sources: Mapping[str, str]
    checked: date
    priced: date
    usd_per_million_input_tokens: float
    usd_per_million_output_tokens: float
    usd_per_million_cached_tokens: float | None = None
    org: str | None = None
    released: date | None = None
    context_advertised: int | None = None
    input_limit: int | None = None
    output_limit: int | None = None
    long_prompt_tokens: int | None = None
    usd_per_million_input_tokens_long: float | None = None
    usd_per_million_output_tokens_long: float | None = None
    usd_per_million_cached_tokens_long: float | None = None
    usd_per_million_cache_write_tokens: float | None = None
    usd_per_million_cache_write_tokens_long: float | None = None
    usd_per_million_input_tokens_batch: float | None = None
    usd_per_million_output_tokens_batch: float | None = None
    usd_per_million_input_tokens_fast: float | None = None
    usd_per_million_output_tokens_fast: float | None = None
    usd_per_million_cached_tokens_fast: float | None = None
    usd_per_million_cache_write_tokens_fast: float | None = None


_Kind = TypeVar("_Kind", Entry, Chip, Price)


def model_ids() -> tuple[str, ...]:
    """Every model id, in order."""
    return _ids("models")


def find(model_id: str) -> Entry:
    """The registry's entry for a model.

    Raises:
        UnknownModel: If there is none; the message lists the closest ids.
    """
    return _entry(Entry, "models", _known_id("models", model_id, UnknownModel, "model"))


def names() -> "tuple[Name, ...]":
    """Every model as `finder.find` takes it."""
    from llmnotes.finder import Name

    counts = ("n_params_published", "n_params_weights", "n_params_active_published")
    entries = [find(model_id) for model_id in model_ids()]
    return tuple(
        Name(
            entry.id,
            entry.name,
            entry.org or "",
            tuple(float(count) for key in counts if (count := getattr(entry, key))),
        )
        for entry in entries
    )


def resolve(text: str) -> str:
    """The id of the one model that a name means, as people write it: a hub path, a file, a tag, with a slip or two. A
    variant that is registered is meant by its word.

    Raises:
        UnknownModel: If it means none, or may mean several; the message lists them.

    >>> resolve("Qwen/Qwen3-32B-FP8"), resolve("gpt-oss:20b")
    ('qwen3-32b-fp8', 'gpt-oss-20b')
    """
    if _is_id("models", text):
        return text
    of, word = _parted(text)
    if of:
        return f"{of}-{word}"
    model_id = _meant("models", text, names, UnknownModel, "model")
    asked = "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()
    return next((f"{model_id}-{word}" for word in find(model_id).variants if word in asked), model_id)


def load_model(model_id: str) -> ModelSpec:
    """The spec of a registered model, or of one of its variants: `qwen3-32b-fp8`."""
    of, word = _parted(model_id)
    return find(of).variant(word) if of else find(model_id).spec


def _parted(model_id: str) -> tuple[str, str]:
    """Model and variant that an id names; empty where it names no variant."""
    if not isinstance(model_id, str) or _is_id("models", model_id):
        return "", ""
    of, dash, word = model_id.rpartition("-")
    if dash and word.isalnum() and _is_id("models", of) and word in find(of).variants:
        return of, word
    return "", ""


def chip_ids() -> tuple[str, ...]:
    """Every chip id, in order."""
    return _ids("chips")


def find_chip(chip_id: str) -> Chip:
    """A chip of the registry.

    Raises:
        UnknownChip: If there is none; the message lists the closest ids.
    """
    return _entry(Chip, "chips", _known_id("chips", chip_id, UnknownChip, "chip"))


def chip_names() -> "tuple[Name, ...]":
    """Every chip as `finder.find` takes it; one whose id does not say its memory is also found by that."""
    from llmnotes.finder import Name

    chips = [find_chip(chip_id) for chip_id in chip_ids()]
    return tuple(
        Name(
            chip.id,
            chip.name if chip.id.endswith("gb") else f"{chip.name} {chip.memory_bytes / 2**30:.0f} GB",
            chip.vendor or "",
        )
        for chip in chips
    )


def resolve_chip(text: str) -> str:
    """The id of the one chip that a name means, as people write it.

    Raises:
        UnknownChip: If it means none, or may mean several; the message lists them.

    >>> resolve_chip("RTX 3060 12GB"), resolve_chip("MacBook M4 Max"), resolve_chip("3090 24g")
    ('rtx-3060', 'm4-max-128gb', 'rtx-3090')
    """
    plain = re.sub(MAKERS, " ", re.sub(GIGABYTES, r"\1gb", text.lower()))
    # A name that says all but maker and memory means that chip, not one with a word more (3090: not the Ti).
    same = [chip for chip in chip_ids() if _bare(plain) in _chip_called(chip)]
    if not same and (memory := re.search(r"[ -]?(\d+) ?gb$", plain)):
        short = _bare(plain[: memory.start()])
        alike = [chip for chip in chip_ids() if short in _chip_called(chip)]
        same = [chip for chip in alike if round(find_chip(chip).memory_bytes / 2**30) == int(memory[1])]
    return same[0] if len(same) == 1 else _meant("chips", text, chip_names, UnknownChip, "chip", plain)


def _chip_called(chip_id: str) -> tuple[str, str]:
    """The bare names of a chip without its maker's words: with and without its memory."""
    plain = re.sub(MAKERS, " ", chip_id)
    return _bare(plain), _bare(re.sub(r"-\d+gb$", "", plain))


def price_ids() -> tuple[str, ...]:
    """Every model sold by the token, in order."""
    return _ids("prices")


def find_price(price_id: str) -> Price:
    """Context, output cap and prices of a model that is sold by the token.

    Raises:
        UnknownModel: If there is none; the message lists the closest ids.
    """
    return _entry(Price, "prices", _known_id("prices", price_id, UnknownModel, "priced model"))


def _ids(folder: str) -> tuple[str, ...]:
    found = os.listdir(DATA / folder)  # a glob takes thirty times as long
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def _is_id(folder: str, text: str) -> bool:
    """Whether there is a file of that name: asked of the file alone where it is there, for it is read next."""
    # Some systems take capitals for small letters, and all of them a slash for a folder.
    there = re.fullmatch(r"[a-z0-9][a-z0-9.+_-]*", text) is not None and (DATA / folder / f"{text}.toml").is_file()
    return there or text in _ids(folder)


def _meant(
    folder: str,
    text: str,
    known: "Callable[[], tuple[Name, ...]]",
    error: type[ValueError],
    what: str,
    plain: str | None = None,
) -> str:
    """The id that a text means; the names are read only where it is none. `plain` is the text as names are written."""
    if _is_id(folder, text):
        return text
    from llmnotes import finder

    found = finder.find(plain or text, known())
    meant = finder.one(found)
    if meant is None and len(found) == 1:
        raise error(f"no {what} {text!r} in the registry; the only one like it is {found[0].id}, which is another")
    if meant is None and found:
        several = ", ".join(one.id for one in found[:MOST_LISTED]) + (", …" if len(found) > MOST_LISTED else "")
        raise error(f"{text!r} may be any of {several}; write the id of one")
    return meant or _known_id(folder, text, error, what)


def _known_id(folder: str, wanted: str, error: type[ValueError], what: str) -> str:
    if isinstance(wanted, str) and _is_id(folder, wanted):
        return wanted
    ids = _ids(folder)
    if not isinstance(wanted, str):
        raise error(f"{wanted!r} is not a {what} id; give text such as {ids[0]!r}")
    from difflib import get_close_matches

    bare = {_bare(known): known for known in ids}
    near = [bare[key] for key in get_close_matches(_bare(wanted), bare, n=5, cutoff=0.5)]
    if _bare(wanted):
        near += [known for known in ids if _bare(wanted) in _bare(known) and known not in near]
    hint = f"closest: {', '.join(near[:5])}" if near else f"there are {len(ids)}, for example {', '.join(ids[:3])}"
    raise error(f"no {what} {wanted!r} in the registry; {hint}")


def _bare(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def _entry(kind: type[_Kind], folder: str, name: str) -> _Kind:
    """What one file holds; what it held before is not worked out again."""
    return _read(kind, f"{folder}/{name}.toml", name, (DATA / folder / f"{name}.toml").read_bytes())


@cache
def _read(kind: type[_Kind], place: str, name: str, content: bytes) -> _Kind:
    """What a file with this content holds, every key checked against the fields of `kind`, which say what it holds."""
    import tomllib

    try:
        values = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise DataError(f"{place}: not TOML: {err}") from err
    known = {key.name: key for key in fields(kind) if key.name not in ("id", "sources", "checked")}
    for key, expected in known.items():
        if expected.default is expected.default_factory is MISSING and key not in values:
            raise DataError(f"{place}: {key} is missing; an entry cannot do without it")
    sources = values.pop("source", None)
    checked = sources.pop("checked", None) if isinstance(sources, dict) else None
    if type(checked) is not date:
        raise DataError(f"{place}: [source] needs checked = YYYY-MM-DD, the day its pages were read")
    for key, value in values.items():
        if key not in known:
            from difflib import get_close_matches

            near = get_close_matches(key, known, n=1)
            raise DataError(f"{place}: {key} is not a known key" + (f"; did you mean {near[0]}?" if near else ""))
        what, fits = _KINDS[known[key].type]
        if not fits(value):
            raise DataError(f"{place}: {key} is {value!r}; give {what}")
        if key == "variants":
            for word, given in value.items():
                if set(given) != {"source", "quantization_config"} or not _is_text(given["source"]):
                    raise DataError(f"{place}: variants.{word} needs source and quantization_config, and no more")
        elif not isinstance(value, str) and key not in sources:
            raise DataError(f"{place}: {key} has no source; name the page it was read on under [source]")
    for key, source in sources.items():
        if key not in values:
            raise DataError(f"{place}: [source] names {key}, which the file does not give")
        if not _is_text(source):
            raise DataError(f"{place}: the source of {key} is {source!r}; name a page")
    for table in ("config", "beside"):  # TOML has no null, and a key that is null says something else than none
        if isinstance(values.get(table), dict):
            values[table] = {key: None if value == "null" else value for key, value in values[table].items()}
    given: dict[str, Any] = {"id": name, "sources": MappingProxyType(sources), "checked": checked}
    given |= {key: MappingProxyType(value) if isinstance(value, dict) else value for key, value in values.items()}
    return kind(**given)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_count(value: Any) -> bool:
    return type(value) is int and value > 0


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value < float("inf")


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and bool(value)


def _is_table_of_numbers(value: Any) -> bool:
    return _is_table(value) and all(_is_number(number) for number in value.values())


# What a file may hold for a field of this type, and the test for it.
_KINDS: dict[Any, tuple[str, Callable[[Any], bool]]] = {
    str: ("text", _is_text),
    int: ("a whole number above 0", _is_count),
    float: ("a number above 0", _is_number),
    date: ("a day, YYYY-MM-DD", lambda value: type(value) is date),
    Mapping[str, float]: ("a table of numbers above 0", _is_table_of_numbers),
    Mapping[str, Any]: ("a table of published keys", _is_table),
    Mapping[str, Mapping[str, Any]]: (
        "a table of tables",
        lambda value: _is_table(value) and all(map(_is_table, value.values())),
    ),
}
_KINDS |= {kind | None: test for kind, test in _KINDS.items()}
