"""Lines in which vLLM refuses to start: one request of the longest length does not fit."""

import re
from collections.abc import Callable
from dataclasses import replace

from llmnotes.engines import vllm
from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, MISLEADS, OPEN
from llmnotes.engines.logs.reading import Line, Printed, count, size
from llmnotes.engines.logs.vllm.reading import NUMBER as _N
from llmnotes.engines.logs.vllm.reading import Reading, add, ways_of
from llmnotes.engines.logs.vllm.ways import Way
from llmnotes.engines.outline import Outline
from llmnotes.units import GIB

_G = rf"{_N} ?(GiB|GB)"
STORED = re.compile(
    r"max seq len \((\d+)\) is larger than the maximum number of tokens that can be stored in KV cache \((\d+)\)"
)
NEEDED = re.compile(
    rf"max seq len \((\d+)\),? \(?{_G} KV cache is needed, which is larger than the available KV cache memory \({_G}\)"
    r"(?:[^.]*\. Based on the available memory,? the estimated maximum model length is (\d+))?"
)
_ESTIMATED = re.compile(r"estimated maximum model length is (\d+)")


def refusals(line: Line, done: Reading, given: Outline | None) -> None:
    """Why it did not start: one request of the longest length does not fit."""
    found = NEEDED.search(line.text)
    if found is not None:
        length, needed, available = int(found[1]), size(found[2], found[3]), size(found[4], found[5])
        done.available = done.available or available
        _needed(line, done, length, needed, available, given)
        longest = found[6] or (_ESTIMATED.search(line.text) or [None, None])[1]
        if longest:
            _longest(line, done, count(longest, "tokens"), available, given)
        return
    found = STORED.search(line.text)
    if found is not None:
        said = count(found[2], "tokens")
        done.stored = int(said.value)
        pool, settings, available = done.pool, done.settings, done.available
        block_size = settings.block_size if settings else 16
        if pool is not None and available is not None and settings is not None:
            least, most = (pool.n_blocks(each) * pool.block_size for each in (available.least, available.most))
            agrees = least - block_size <= said.value <= most + block_size
            formula = f"⌊{available.value / GIB:,.2f} GiB / {pool.block_bytes:,.0f} B⌋ × {pool.block_size}"
            derived = said.value if agrees else most
            add(
                done,
                line,
                "tokens",
                said,
                EQUAL if agrees else EXPLAINED,
                derived,
                formula,
                "" if agrees else "tokens_differ",
                {} if agrees else {"log": "", "ours": ""},
            )
        elif done.n_blocks:
            derived = done.n_blocks * block_size
            agrees = derived == said.value
            add(
                done,
                line,
                "tokens",
                said,
                EQUAL if agrees else EXPLAINED,
                derived,
                f"{done.n_blocks:,} × {block_size}",
                "" if agrees else "other_block_size",
            )
        else:
            why = "needs_model" if pool is None else "needs_available"
            add(done, line, "tokens", said, OPEN, None, "", "not_modelled" if done.refused else why)


def _needed(line: Line, done: Reading, length: int, needed: Printed, available: Printed, given: Outline | None) -> None:
    done.needed = (length, needed.value, available.value)
    if done.pool is None or done.settings is None:
        add(done, line, "needed", needed, OPEN, None, "", "not_modelled" if done.refused else "needs_model")
        return
    plain = Way(done.pool, done.settings)
    fitting = (way for way in ways_of(done, given) if needed.agrees(_request_bytes(way, length)))
    way = next(fitting, None)
    whole = _whole_model(plain, given)
    if way is None and whole is not None and needed.agrees(_request_bytes(whole, length)):
        each = whole.pool.blocks(length, whole.settings)
        formula = f"{each:,} × {whole.pool.block_bytes:,.0f} B"
        least, most = _of_stages(plain, given, lambda way: _request_bytes(way, length) / GIB)
        values = {
            "layers": f"{len(given.layers) if given else 0}",
            "stages": str(plain.settings.parallel.pipeline),
            "right": f"{most:,.2f} GiB" if least == most else f"{least:,.2f} – {most:,.2f} GiB",
        }
        done.needed_of_stage = most * GIB
        add(done, line, "needed", needed, MISLEADS, _request_bytes(whole, length), formula, "needed_of_all", values)
        return
    used = way or plain
    done.pool, done.settings = used.pool, used.settings
    each = used.pool.blocks(length, used.settings)
    formula = f"{each:,} × {used.pool.checked_bytes or used.pool.block_bytes:,.0f} B"
    values = {"length": f"{length:,}", **used.values}
    verdict = EXPLAINED if way is None or way.why else EQUAL
    why = "needed_differs" if way is None else "one_request"
    add(done, line, "needed", needed, verdict, _request_bytes(used, length), formula, why, values, used.why)


def _whole_model(plain: Way, given: Outline | None) -> Way | None:
    """Every layer on one card: what versions 0.14 and 0.15 took a stage of a pipeline for (pull request 33698)."""
    cards = plain.settings.parallel
    if given is None or cards.pipeline == 1:
        return None
    settings = replace(plain.settings, parallel=replace(cards, pipeline=1), partition=(), stage=None)
    return Way(vllm.pool(given, settings), settings)


def _of_stages(plain: Way, given: Outline | None, found: Callable[[Way], float]) -> tuple[float, float]:
    """The smallest and the largest of a number among the stages of a pipeline."""
    if given is None:
        return found(plain), found(plain)
    each = [replace(plain.settings, stage=stage) for stage in range(plain.settings.parallel.pipeline)]
    values = [found(Way(vllm.pool(given, settings), settings)) for settings in each]
    return min(values), max(values)


def _request_bytes(way: Way, length: int) -> float:
    return way.pool.request_bytes(length, way.settings)


def _longest(line: Line, done: Reading, said: Printed, available: Printed, given: Outline | None) -> None:
    if done.pool is None or done.settings is None:
        add(done, line, "longest", said, OPEN, None, "", "not_modelled" if done.refused else "needs_model")
        return

    def bounds(way: Way) -> tuple[int, int]:
        pool, settings = way.pool, way.settings
        least, most = (
            pool.longest_request(pool.checked_blocks(each), settings) for each in (available.least, available.most)
        )
        slack = 0 if way.why == "other_block" else pool.block_size
        return least - slack, most + slack

    fitting = (way for way in ways_of(done, given) if bounds(way)[0] <= said.value <= bounds(way)[1])
    way = next(fitting, None)
    plain = Way(done.pool, done.settings)
    whole = _whole_model(plain, given)
    if way is None and whole is not None and bounds(whole)[0] <= said.value <= bounds(whole)[1]:
        least, most = _of_stages(
            plain, given, lambda way: way.pool.longest_request(way.pool.n_blocks(available.value), way.settings)
        )
        blocks = whole.pool.n_blocks(available.value)
        formula = f"blocks(t) ≤ ⌊{available.value / GIB:,.2f} GiB / {whole.pool.block_bytes:,.0f} B⌋ = {blocks:,}"
        right = f"{most:,.0f}" if least == most else f"{least:,.0f} – {most:,.0f}"
        values = {"layers": f"{len(given.layers) if given else 0}", "right": right}
        add(done, line, "longest", said, MISLEADS, said.value, formula, "longest_of_all", values)
        return
    used = way or plain
    blocks = used.pool.checked_blocks(available.value)
    least, most = bounds(used)
    derived = min(max(said.value, least), most) if way else used.pool.longest_request(blocks, used.settings)
    formula = (
        f"blocks(t) ≤ ⌊{available.value / GIB:,.2f} GiB / {used.pool.checked_bytes or used.pool.block_bytes:,.0f} B⌋"
    )
    formula += f" = {blocks:,}"
    verdict = EXPLAINED if way is None or way.why else EQUAL
    why = "needed_differs" if way is None else ""
    add(done, line, "longest", said, verdict, derived, formula, why, dict(used.values), used.why)
