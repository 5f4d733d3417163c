"""What is told of one model: its kinds of layer, its parameters by component, and what a reader must know of both."""

from collections.abc import Iterable, Mapping

from llmnotes import units
from llmnotes.spec import ModelSpec
from llmnotes.wording.layers import kind_and_sizes
from llmnotes.wording.sentences import spoken
from llmnotes.wording.words import WORDS


def layer_columns(lang: str) -> tuple[str, str, str]:
    """What heads `layer_rows`."""
    words = WORDS[lang]
    return words["layers"], words["mixer"], words["feed_forward"]


def layer_rows(model: ModelSpec, lang: str) -> list[tuple[str, tuple[str, str], tuple[str, str]]]:
    """Each kind of layer once: how many there are; of its mixer and of its feed-forward kind and sizes."""
    words = WORDS[lang]
    return [
        (str(run.count), kind_and_sizes(run.layer.mixer, words), kind_and_sizes(run.layer.feed_forward, words))
        for run in model.census
    ]


def param_rows(components: Mapping[str, int], active: int, lang: str) -> list[tuple[str, str, str]]:
    """Parameters by component with their shares, then their sum and, where that is less, those of one token."""
    words, total = WORDS[lang], 0
    for count in components.values():
        total += count
    rows = [(words[name], units.format_exact(count), _share(count, total)) for name, count in components.items()]
    rows.append((words["total"], units.format_exact(total), units.format_count(total, lang)))
    if active != total:
        rows.append((words["active"], units.format_exact(active), units.format_count(active, lang)))
    return rows


def part_rows(counted: Mapping, lang: str) -> list[tuple[str, str, str]]:
    """What stands beside the text model, part by part, then the whole and what the file holds; nothing where there is
    nothing but the text model.

    Args:
        counted: `total`, `parts`, `whole` and `checkpoint`, as `params` answers them.
    """
    words = WORDS[lang]
    rows = [(words[name], count) for name, count in counted["parts"].items()]
    if counted["whole"] != counted["total"]:
        rows.append((words["whole"], counted["whole"]))
    if counted["checkpoint"] != counted["whole"]:
        rows.append((words["checkpoint"], counted["checkpoint"]))
    return [(name, units.format_exact(count), units.format_count(count, lang)) for name, count in rows]


def input_rows(cost: Mapping, lang: str) -> list[tuple[str, str, str]]:
    """What an image, a tile or a second of sound costs: tokens, FLOPs part by part, cache.

    Args:
        cost: The fields of `report.InputCost`.
    """
    words = WORDS[lang]
    rows = [(words["input_tokens"], f"{cost['tokens']:,.10g}", "")]
    for name, count in cost["part_flops"].items():
        rows.append((words[name], words["unknown"] if count is None else units.format_flops(count, lang), ""))
    rows.append((words["text_model"], units.format_flops(cost["text_flops"], lang), words["text_model_note"]))
    if cost["token_flops"]:
        rows.append((words["looking"], units.format_flops(cost["token_flops"], lang), words["looking_note"]))
    full = (
        ""
        if cost["growing_bytes"] == cost["cache_bytes"]
        else words["input_cache_note"].format(size=units.format_bytes(cost["growing_bytes"], lang))
    )
    rows.append((words["input_cache"], units.format_bytes(cost["cache_bytes"], lang), full))
    return rows


def notes(model: ModelSpec, lang: str, assumed: Iterable[str] | None = None) -> list[str]:
    """What the reader of the numbers must know: what was left out, what was assumed (of the model, unless given)."""
    words = WORDS[lang]
    told = [words["warning"] + spoken(warning, lang) for warning in model.warnings]
    sentences = [spoken(sentence, lang) for sentence in (model.assumed if assumed is None else assumed)]
    if sentences:
        told.append(words["assumed"] + words["and"].join(sentences))
    return told


def _share(part: int, total: int) -> str:
    share = 100 * part / total
    return "<0.1%" if share < 0.05 else f"{share:.1f}%"
