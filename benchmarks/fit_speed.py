"""Fit the constants of `llmnotes.timing` to published measurements, and say how well they hold elsewhere.

    python -m benchmarks.fit_speed [FAMILY ...]

where families that are not named keep the constants they have.

The logarithm of a time is fitted, row by row, by damped Gauss-Newton steps: a part's constant is a product of what the
family, the engine's backend, the class of chip and the chip need, each with a prior width; a heavy-tailed weight lets
single rows be wrong, and every model has an offset of its own while fitting, so that a model that was measured often
does not speak for all others. Rows that leave their context, batch or format unsaid are never fitted.

What is held out is a whole model, a whole chip, and a whole source or task, in turn: those tables are the ones that say
how far an answer may be trusted, and the interval of an answer is the spread of exactly such rows.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from llmnotes.registry import DATA, find_chip, load_model
from llmnotes.timing.compare import has_terms, is_fitted, terms_of
from llmnotes.timing.constants import CLASSES, FIXED, OTHER_CHIPS, OTHER_ENGINES, SAME, class_of
from llmnotes.timing.formats import precision_of
from llmnotes.timing.points import DECODE, PREFILL, THROUGHPUT, Point, load_points
from llmnotes.timing.runtimes import BUSY, LOCAL, RUNTIMES, SERVERS, backend_of
from llmnotes.timing.work import Sharing, count, prompt_terms

OUT = Path("llmnotes/data/timing/constants.json")
OUT_UNSEEN = Path("llmnotes/data/timing/unseen.json")

# Where a constant starts and how far it may go (in logarithms) before rows have to argue for it: bandwidth is nearly
# reached by a dense read, products reach half a peak, and a launch takes some ten microseconds.
STARTS = {
    "weights_16": (1.13, 0.1), "weights_8": (1.13, 0.1), "weights_4": (1.13, 0.1), "weights_mix": (1.25, 0.1),
    "experts_16": (1.4, 0.5), "experts_8": (1.2, 0.15), "experts_4": (1.2, 0.15), "experts_mix": (1.3, 0.15),
    "cache": (1.1, 0.3), "compute": (1.2, 0.2), "pairs": (4.0, 0.7), "link": (2.0, 0.7),
    "per_step": (5e-4, 0.5), "per_layer": (5e-5, 0.7), "per_expert_layer": (6e-5, 0.7),
    "per_recurrent_layer": (5e-5, 0.7), "per_compressed_layer": (3e-4, 0.7), "per_latent_layer": (8e-5, 0.7),
    "per_sequence": (5e-5, 0.7), "per_sum": (1e-5, 0.7),
    "products_16": (1.8, 0.7), "products_8": (2.0, 0.7), "products_4": (2.0, 0.7), "products_mix": (2.2, 0.7),
    "expert_products_16": (2.5, 0.7), "expert_products_8": (2.5, 0.7), "expert_products_4": (2.5, 0.7),
    "expert_products_mix": (2.5, 0.7), "tiles": (10.0, 0.7), "attention": (4.0, 0.7), "reads": (1.2, 0.7),
    "per_pass_layer": (2e-4, 0.7), "per_recurrent_token": (2e-7, 0.7), "per_compressed_read": (625.0, 0.7),
    "per_sent_gb": (1e-5, 0.01),
}  # fmt: skip
# A server's kernels for weights in few bits differ more from one engine to the next.
SERVER_STARTS = {"weights_16": (1.13, 0.3), "weights_8": (1.13, 0.5), "experts_8": (2.0, 0.7), "compute": (1.2, 0.5)}
# A server records its steps as graphs: SGLang's DeepSeek-V4-Flash takes at most 2.9 ms a token on four B200, up to four
# tokens a step and three drafts in it (`data/timing/prompts.json`, same page), so that a compressed layer waits no
# longer than any other.
SERVER_STARTS |= {"per_compressed_layer": (6e-5, 0.7)}
# At its largest throughput a server multiplies more than it reads, in kernels of the width of its weights.
BUSY_STARTS = dict.fromkeys(("products_4", "products_8", "products_16", "products_mix"), (2.0, 0.3))
BUSY_STARTS |= {f"expert_{name}": start for name, start in BUSY_STARTS.items()}
BUSY_STARTS |= {
    "compute": (2.0, 0.3),
    "pairs": (2.5, 0.4),
    "tiles": (1.0, 0.7),
    "attention": (2.5, 0.4),
    "per_sequence": (1e-5, 0.5),
    "per_compressed_layer": (6e-5, 0.7),
}
ALONE = {
    "per_sum": np.geomspace(1e-5, 3e-3, 40),
    "per_sent_gb": np.geomspace(1e-4, 0.1, 40),
    "per_compressed_read": np.geomspace(10, 3000, 40),
}
"""What is told from prompts alone on a server, and the constants among which the best is looked for. A server never
idle sends while it computes: what it waits for a gigabyte is left at nothing there."""

NAMES = sorted(STARTS)
IS_FIXED = np.array([name.startswith(FIXED) for name in NAMES])
# How far backends, classes of chips, chips and models may differ before rows have to argue for it. For prompts some
# fifty settings were compared. Of those that meet models, chips and sources that were left out all better than before
# (0.3 for chips, 0.1 for classes, none shared), these meet chips best; a class that all backends share more freely
# (0.6) meets chips better still, and models under cuBLAS and sources worse. Steps gain nothing by sharing.
BACKEND_WIDTH = {DECODE: 0.3, PREFILL: 0.5}
SHARED_CLASS_WIDTH = {DECODE: 1e-3, PREFILL: 0.2}
CLASS_WIDTH = {DECODE: 0.3, PREFILL: 0.05}
CHIP_WIDTH = {DECODE: 0.2, PREFILL: 0.15}
FLOOR_WIDTH = 0.5
MODEL_WIDTH = {DECODE: 0.12, PREFILL: 0.1}
SCALE = {DECODE: 0.15, PREFILL: 0.2}
NO_WIDER = (1.0, 1.0)
NAMED_BY = (0, 1, 2, 3, 2, 4)
"""Of each block of constants, which key of a row names it: a chip has two, for ideal seconds and for floors."""
COVERED = 0.8
"""Share of measurements of held-out models that an interval is to hold."""


@dataclass
class Row:
    """One measurement as numbers, with the names of the groups that it belongs to."""

    point: Point
    amounts: np.ndarray
    log_seconds: float
    group: str
    chip_class: str
    keys: tuple[str, ...] = field(init=False)

    def __post_init__(self):
        point = self.point
        self.keys = (
            self.group,
            f"{self.group} {self.chip_class}",
            f"{self.group} {point.chip}",
            f"{point.engine} {point.model}",
            self.chip_class,
        )


class Fitted:
    """Constants fitted to rows."""

    def __init__(self, rows: Sequence[Row], kind: str, family: str):
        starts = STARTS | {LOCAL: {}, SERVERS: SERVER_STARTS, BUSY: BUSY_STARTS}[family]
        self.places: list[dict[str, int]] = [{}, {}, {}, {}, {}]
        for row in rows:
            for places, key in zip(self.places, row.keys, strict=True):
                places.setdefault(key, len(places))
        groups, classes, chips, models, shared = (len(places) for places in self.places)
        n = len(NAMES)
        self.ends = np.cumsum([n, n * groups, classes, chips, models, chips, shared])
        centre = np.zeros(self.ends[-1])
        centre[:n] = [np.log(starts[name][0]) for name in NAMES]
        width = np.concatenate(
            [
                [starts[name][1] for name in NAMES],
                np.full(n * groups, BACKEND_WIDTH[kind]),
                np.full(classes, CLASS_WIDTH[kind]),
                np.full(chips, CHIP_WIDTH[kind]),
                np.full(models, MODEL_WIDTH[kind]),
                np.full(chips, FLOOR_WIDTH),
                np.full(shared, SHARED_CLASS_WIDTH[kind]),
            ]
        )
        self.values = centre.copy()
        amounts = np.array([row.amounts for row in rows])
        wanted = np.array([row.log_seconds for row in rows])
        g, c, k, m, s = (np.array([places[row.keys[i]] for row in rows]) for i, places in enumerate(self.places))
        at, weight, scale = np.arange(len(rows)), _weights(rows), SCALE[kind]
        for _ in range(60):
            parts = np.exp(self.values[:n] + self._block(0).reshape(groups, n)[g]) * amounts
            parts[:, ~IS_FIXED] *= np.exp(self._block(1)[c] + self._block(2)[k] + self._block(5)[s])[:, None]
            parts[:, IS_FIXED] *= np.exp(self._block(4)[k])[:, None]
            whole = parts.sum(axis=1)
            left = wanted - np.log(whole) - self._block(3)[m]
            share = parts / whole[:, None]
            slopes = np.zeros((len(rows), len(centre)))
            slopes[:, :n] = share
            for i in range(groups):
                slopes[g == i, self.ends[0] + n * i : self.ends[0] + n * (i + 1)] = share[g == i]
            ideal = share[:, ~IS_FIXED].sum(axis=1)
            slopes[at, self.ends[1] + c] = slopes[at, self.ends[2] + k] = slopes[at, self.ends[5] + s] = ideal
            slopes[at, self.ends[3] + m] = 1
            slopes[at, self.ends[4] + k] = 1 - ideal
            each = weight / (1 + (left / scale / 2) ** 2) / scale**2
            curvature = slopes.T @ (slopes * each[:, None]) + np.diag(1 / width**2)
            step = np.linalg.solve(curvature, slopes.T @ (each * left) - (self.values - centre) / width**2)
            self.values = self.values + step * min(1, 1 / np.abs(step).max())
            if np.abs(step).max() < 1e-5:
                break

    def _block(self, i: int) -> np.ndarray:
        return self.values[self.ends[i] : self.ends[i + 1]]

    def _found(self, block: int, key: str) -> float:
        """What a block of constants has for a name; nothing for one that was not fitted."""
        place = self.places[NAMED_BY[block]].get(key)
        return 0.0 if place is None else float(self._block(block)[place])

    def parts(self, group: str | None) -> np.ndarray:
        """Constants of a backend, or of the family where it was not fitted."""
        n, place = len(NAMES), self.places[0].get(group or "")
        own = 0.0 if place is None else self._block(0)[n * place : n * (place + 1)]
        return np.exp(self.values[:n] + own)

    def factor(self, group: str, chip_class: str, chip: str) -> float:
        """Factor of a chip on all ideal seconds: of its class under all backends and under this one, and its own."""
        own = self._found(1, f"{group} {chip_class}") + self._found(2, f"{group} {chip}")
        return float(np.exp(own + self._found(5, chip_class)))

    def floor(self, group: str, chip: str) -> float:
        """Factor of a chip's machine on all fixed costs."""
        return float(np.exp(self._found(4, f"{group} {chip}")))

    def log_seconds(self, row: Row) -> float:
        """What the constants give for a row, the offset of its model left out."""
        parts = self.parts(row.group) * row.amounts
        parts[~IS_FIXED] *= self.factor(row.group, row.chip_class, row.point.chip)
        parts[IS_FIXED] *= self.floor(row.group, row.point.chip)
        return float(np.log(parts.sum()))


def _weights(rows: Sequence[Row]) -> np.ndarray:
    """Repetitions of one setting by other versions of an engine count as the square root of their number."""
    settings = [(r.point.chip, r.group, r.point.model, r.point.format, r.point.n_past) for r in rows]
    counts = Counter(settings)
    return np.array([counts[setting] ** -0.5 for setting in settings])


def row_of(point: Point) -> Row:
    """A measurement as numbers."""
    terms, chip, runtime = terms_of(point), find_chip(point.chip), RUNTIMES[point.engine]
    backend = backend_of(runtime, chip, point.backend)
    group = f"{runtime.engine}/{backend}" if backend else runtime.engine
    amounts = np.array([terms.get(name, 0.0) for name in NAMES])
    return Row(point, amounts, float(np.log(point.seconds)), group, class_of(chip))


def held_out(
    rows: Sequence[Row], others: Sequence[Row], key: Callable[[Row], Hashable], kind: str, family: str
) -> np.ndarray:
    """Logarithms of expected over measured speed where all rows that share a row's key were left out of its fit."""
    errors = np.zeros(len(rows) + len(others))
    every = [*rows, *others]
    for left_out in sorted({key(row) for row in every}, key=str):
        fitted = Fitted([row for row in rows if key(row) != left_out], kind, family)
        for i, row in enumerate(every):
            if key(row) == left_out:
                errors[i] = row.log_seconds - fitted.log_seconds(row)
    return errors


def quantile(errors: np.ndarray, weight: np.ndarray, share: float) -> float:
    """The error below which a share of the weight lies."""
    order = np.argsort(errors)
    above = np.cumsum(weight[order]) / weight.sum()
    return float(errors[order][np.searchsorted(above, share)])


def interval(errors: np.ndarray, weight: np.ndarray, share: float) -> list[float]:
    """Factors on expected seconds that leave out half of the rest of the weight on either side."""
    ends = ((1 - share) / 2, (1 + share) / 2)
    return [round(float(np.exp(quantile(errors, weight, end))), 4) for end in ends]


def table(errors: np.ndarray, covered: np.ndarray | None = None, counted: np.ndarray | None = None) -> dict:
    """How well rows are met; how many lie in their interval, by the weight with which they are counted there."""
    relative = np.abs(np.exp(errors) - 1)
    found = {
        "n": len(errors),
        "median_error": round(float(np.median(relative)), 4),
        "within_10": round(float(np.mean(relative <= 0.1)), 4),
        "within_25": round(float(np.mean(relative <= 0.25)), 4),
    }
    if covered is None:
        return found
    weighed = counted if counted is not None and counted.any() else np.ones(len(errors))
    return found | {"covered": round(float(np.average(covered, weights=weighed)), 4)}


def by_name(
    rows: Sequence[Row], errors: np.ndarray, covered: np.ndarray, counted: np.ndarray, name: Callable[[Row], str]
) -> dict:
    """The same table for every name."""
    names = np.array([name(row) for row in rows])
    found = {str(one): names == one for one in sorted(set(names))}
    return {one: table(errors[mine], covered[mine], counted[mine]) for one, mine in found.items()}


def balanced(rows: Sequence[Row], key: Callable[[Row], Hashable]) -> np.ndarray:
    """Weights under which every key counts the square root of its rows: no model and no chip speaks for all."""
    counts = Counter(key(row) for row in rows)
    return np.array([counts[key(row)] ** -0.5 for row in rows])


def once_each(rows: Sequence[Row]) -> np.ndarray:
    """Weights under which each chip with a backend counts once: what a chip that nobody measured may be like.

    Rows of a backend that one chip alone has say nothing of another chip, and count for nothing.
    """
    pairs = Counter(row.keys[2] for row in rows)
    chips = Counter(row_group for row_group, _ in {(row.group, row.point.chip) for row in rows})
    return np.array([1 / pairs[row.keys[2]] if chips[row.group] > 1 else 0.0 for row in rows])


def coverage(
    rows: Sequence[Row], errors: np.ndarray, key: Callable[[Row], Hashable], weight: np.ndarray, share: float
) -> np.ndarray:
    """Whether each row lies in the interval that all rows of other keys give."""
    keys, covered = np.array([str(key(row)) for row in rows]), np.zeros(len(rows), dtype=bool)
    for one in set(keys):
        low, high = (np.log(end) for end in interval(errors[keys != one], weight[keys != one], share))
        mine = keys == one
        covered[mine] = (errors[mine] >= low) & (errors[mine] <= high)
    return covered


def share_that_covers(
    rows: Sequence[Row], errors: np.ndarray, key: Callable[[Row], Hashable], weight: np.ndarray, counted: np.ndarray
) -> float:
    """The share of other keys' rows whose interval holds as much of a key that was left out as it should.

    Models differ more from each other than the rows of one, so it is more than the share that is to be held.

    Args:
        rows: The rows.
        errors: Of each where its key was left out.
        key: What is left out.
        weight: Of each row in the interval of others.
        counted: Of each row in what is held.
    """
    for share in np.arange(COVERED, 0.99, 0.01):
        if np.average(coverage(rows, errors, key, weight, share), weights=counted) >= COVERED:
            return float(share)
    return 0.99


HELD = {
    "model": lambda row: row.point.model,
    "chip": lambda row: row.point.chip,
    "task": lambda row: row.point.path if row.point.engine == "vllm" else row.point.source.id,
}


def fit_family(
    points: Sequence[Point], kind: str, family: str, like: Sequence[float] | None = None
) -> tuple[dict, dict]:
    """Constants of a family of engines as they are written, and the tables of what was held out.

    Args:
        points: Measurements.
        kind: Of passes.
        family: Of engines.
        like: How much wider an interval is for a class of chips that was not seen, where this family saw one alone.
    """
    rows = [row_of(point) for point in points if is_fitted(point)]
    others = [row_of(point) for point in points if not is_fitted(point)]
    fitted, every = Fitted(rows, kind, family), [*rows, *others]
    tables, spread = {}, {}
    for name, key in HELD.items():
        if len({key(row) for row in rows}) < 2:
            continue
        errors = held_out(rows, others, key, kind, family)
        mine, rest = errors[: len(rows)], errors[len(rows) :]
        # A chip is met or missed as a whole, and five in six rows are of one: chips count, not rows.
        weight = once_each(rows) if name == "chip" else balanced(rows, key)
        counted = weight if name == "chip" else np.ones(len(rows))
        share = share_that_covers(rows, mine, key, weight, counted)
        covered = coverage(rows, mine, key, weight, share)
        tables[name] = table(mine, covered, counted) | {
            "covered_rows": round(float(np.mean(covered)), 4),
            "by": by_name(rows, mine, covered, counted, lambda row, key=key: str(key(row))),
            "by_group": by_name(rows, mine, covered, counted, lambda row: f"{row.group} {row.point.kind}"),
        }
        spread[name] = interval(mine, weight, share)
        if len(rest) and name == "model":
            tables["never fitted"] = {
                source: table(rest[[row.point.source.id == source for row in others]])
                for source in sorted({row.point.source.id for row in others})
            }
    groups = sorted({row.group for row in rows})
    chips: dict[str, dict[str, float]] = {}
    classes: dict[str, dict[str, float]] = {}
    floors: dict[str, dict[str, float]] = {}
    for row in every:
        if row.keys[2] in fitted.places[2]:
            factor = fitted.factor(row.group, row.chip_class, row.point.chip)
            floors.setdefault(row.group, {})[row.point.chip] = round(fitted.floor(row.group, row.point.chip), 4)
            chips.setdefault(row.group, {})[row.point.chip] = round(factor, 4)
            classes.setdefault(row.group, {})[row.chip_class] = round(fitted.factor(row.group, row.chip_class, ""), 4)
    known = spread["model"]
    several = len(fitted.places[4]) > 1
    unseen_class = _wider_by_class(rows, kind, family) if several else list(like or NO_WIDER)
    across = _wider(known, spread.get("chip", known))
    constants = {
        "groups": {group: _named(fitted.parts(group)) for group in groups},
        "classes": classes,
        "any": {one: round(fitted.factor("", one, ""), 4) for one in sorted(fitted.places[4])},
        "chips": {group: dict(sorted(found.items())) for group, found in sorted(chips.items())},
        "floors": {group: dict(sorted(found.items())) for group, found in sorted(floors.items())},
        "spread": {SAME: known, OTHER_CHIPS: across, OTHER_ENGINES: _wider(across, spread.get("task", across))},
        "unseen_class": unseen_class,
        "n_rows": len(rows),
    }
    return constants, tables


def _wider_by_class(rows: Sequence[Row], kind: str, family: str) -> list[float]:
    """How many times as far an interval over chips reaches where no chip of the class was seen, on either side."""
    weight = once_each(rows)
    chips, classes = (
        interval(held_out(rows, [], key, kind, family), weight, COVERED)
        for key in (HELD["chip"], lambda row: row.chip_class)
    )
    return [round(min(1.0, classes[0] / chips[0]), 4), round(max(1.0, classes[1] / chips[1]), 4)]


def fit_alone(busy: dict) -> tuple[dict, dict]:
    """Constants of a prompt alone on a server, and the table of what was held out.

    Products and reads are those of a server never idle. What chips wait for each other, and what a compressed past
    costs, nobody sees there: both are those with the least mean error of `data/timing/prompts.json`, models alike.
    vLLM, whose scheduler is in Python as SGLang's is, takes the same.
    """
    table_of_rows = json.loads((DATA / "timing" / "prompts.json").read_text(encoding="utf-8"))
    engine, (like, parts), names = table_of_rows["engine"], *busy["groups"].items(), list(ALONE)
    factors = busy["classes"][like]
    kept, amounts, measured, models = [], [], [], []
    for row in table_of_rows["rows"]:
        found = dict(zip(table_of_rows["columns"], row, strict=True))
        model, chip, runtime = load_model(found["model"]), find_chip(found["chip"]), RUNTIMES[engine]
        form = None if found["format"] == "published" else found["format"]
        sharing = Sharing(found["n_chips"], runtime.sharing)
        terms = prompt_terms(
            count(model), chip, sharing, n_new=found["n_prompt"], n_past=0, micro_batch=runtime.micro_batch,
            precision=precision_of(model, form),
        )  # fmt: skip
        scaled = {k: v * (1 if k.startswith(FIXED) else factors[class_of(chip)]) for k, v in terms.items()}
        kept.append(sum(parts[name] * amount for name, amount in scaled.items() if name not in names))
        amounts.append([scaled[name] for name in names])
        measured.append(found["milliseconds"] / 1000)
        models.append(found["model"])
    base, slopes, wanted = np.array(kept), np.array(amounts), np.log(measured)
    grid = np.array(np.meshgrid(*ALONE.values())).reshape(len(names), -1).T
    errors = wanted[:, None] - np.log(base[:, None] + slopes @ grid.T)
    counts = Counter(models)
    weight = np.array([1 / counts[model] for model in models])

    def best(chosen: np.ndarray) -> int:
        return int(np.argmin((weight[chosen, None] * np.abs(errors[chosen])).sum(axis=0)))

    every = np.array(models)
    held = np.array([errors[i, best(every != model)] for i, model in enumerate(models)])
    spread = interval(held, np.sqrt(weight), COVERED)
    covered = (held >= np.log(spread[0])) & (held <= np.log(spread[1]))
    by = {str(one): table(held[every == one], covered[every == one]) for one in sorted(counts)}
    by_group = {f"{engine} {PREFILL}": table(held, covered)}
    chosen = dict(zip(names, (float(f"{value:.4g}") for value in grid[best(every != "")]), strict=True))
    alone = {**parts, **chosen}
    constants = busy | {
        "groups": busy["groups"] | {engine: alone},
        "like": {"vllm": engine},
        "classes": busy["classes"] | {engine: factors},
        "spread": {scope: _wider(ends, spread) for scope, ends in busy["spread"].items()},
        "n_rows": busy["n_rows"] + len(models),
    }
    return constants, {"model": table(held, covered) | {"by": by, "by_group": by_group}}


def _wider(one: list[float], two: list[float]) -> list[float]:
    return [min(one[0], two[0]), max(one[1], two[1])]


def _named(parts: np.ndarray) -> dict[str, float]:
    return {name: float(f"{value:.4g}") for name, value in zip(NAMES, parts, strict=True)}


def families(points: Sequence[Point]) -> dict[tuple[str, str], list[Point]]:
    """The rows of each fit: a kind of pass in a family of engines."""
    found: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        family = BUSY if point.kind == THROUGHPUT else RUNTIMES[point.engine].family
        found.setdefault((PREFILL if point.kind == PREFILL else DECODE, family), []).append(point)
    return found


def unseen(points: Sequence[Point]) -> list[list]:
    """Tokens a second of one sequence, measured and expected by a fit that saw no row of that model.

    One row for each engine, model and chip: the one with the middle error.
    """
    found: dict[tuple[str, str, str], list[tuple[float, Point]]] = {}
    for (kind, family), mine in families([point for point in points if is_fitted(point)]).items():
        if kind == DECODE and family != BUSY:
            rows = [row_of(point) for point in mine]
            for row, error in zip(rows, held_out(rows, [], HELD["model"], kind, family), strict=True):
                key = (row.point.engine, row.point.model, row.point.chip)
                found.setdefault(key, []).append((float(error), row.point))
    dots = []
    for key, errors in sorted(found.items()):
        error, point = sorted(errors, key=lambda one: one[0])[len(errors) // 2]
        dots.append(
            [*key, len(errors), float(f"{1 / point.seconds:.4g}"), float(f"{np.exp(error) / point.seconds:.4g}")]
        )
    return dots


def write_unseen(points: Sequence[Point]) -> None:
    """Write what `unseen` gives, a row a line."""
    rows = ",\n  ".join(json.dumps(row) for row in unseen(points))
    columns = json.dumps(["engine", "model", "chip", "n", "measured", "expected"])
    head = f'"by": "benchmarks/fit_speed.py", "unit": "tokens a second of one sequence",\n "columns": {columns}'
    OUT_UNSEEN.write_text(f'{{{head},\n "rows": [\n  {rows}\n ]}}\n', encoding="utf-8")


def main(only: Sequence[str] = ()) -> None:
    """Fit, print the tables of what was held out, and write the constants."""
    points = [point for point in load_points() if has_terms(point)]
    written: dict = {DECODE: {}, PREFILL: {}}
    tables: dict = {DECODE: {}, PREFILL: {}}
    for (kind, family), mine in families(points).items():
        if only and family not in only:
            before = json.loads(OUT.read_text(encoding="utf-8"))
            written[kind][family], tables[kind][family] = before[kind][family], before["fit"]["held_out"][kind][family]
            continue
        like = written[kind].get(LOCAL, {}).get("unseen_class")
        written[kind][family], tables[kind][family] = fit_family(mine, kind, family, like)
        print(f"\n{kind} · {family} · {written[kind][family]['n_rows']} rows fitted")
        for name, held in tables[kind][family].items():
            _print(name, held)
    written[PREFILL][BUSY], tables[PREFILL][BUSY] = fit_alone(written[DECODE][BUSY])
    written[PREFILL][BUSY] |= {"unseen_class": written[PREFILL][LOCAL]["unseen_class"]}
    _print(f"{PREFILL} · {BUSY}", tables[PREFILL][BUSY]["model"])
    fit = {
        "on": datetime.now(UTC).date().isoformat(),
        "by": "benchmarks/fit_speed.py",
        "points": len(points),
        "fitted": sum(is_fitted(point) for point in points),
        "held_out": tables,
    }
    OUT.write_text(json.dumps({"fit": fit, "classes": CLASSES} | written, indent=1) + "\n", encoding="utf-8")
    write_unseen(points)


def _print(name: str, held: dict) -> None:
    if "n" not in held:
        for source, found in held.items():
            _print(f"{name}: {source}", found)
        return
    shown = " ".join(f"{key} {value:.1%}" for key, value in held.items() if isinstance(value, float))
    print(f"  {name:34s} n {held['n']:4d} {shown}")
    for part in ("by_group", "by"):
        for one, found in held.get(part, {}).items():
            shown = " ".join(f"{key} {value:.1%}" for key, value in found.items() if isinstance(value, float))
            print(f"      {one:36s} n {found['n']:4d} {shown}")


if __name__ == "__main__":
    main(sys.argv[1:])
