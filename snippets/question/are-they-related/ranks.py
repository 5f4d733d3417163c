"""Rank correlation of parameters and claimed context: all years together, within each year, and given the date."""

from typing import Any

import numpy as np

from llmnotes import count_params, registry
from llmnotes.figures import INK, SERIES, Table, label
from llmnotes.quantities import count, number

FEWEST = 8  # models a year needs to be shown
N_RESAMPLES = 2000
NAMES = {"all": label(zh="全部年份", en="all years"), "given_date": label(zh="控制发布日期", en="date held fixed")}
RHO = label(zh="秩相关（−1 到 1）", en="rank correlation (−1 to 1)")


# --8<-- [start:compute]
def ranks(values, weights: Any = None):
    """Places from the smallest to the largest, equal values sharing the mean of theirs; a row for each row of weights."""
    _, where = np.unique(values, return_inverse=True)
    held = (np.ones(len(values)) if weights is None else weights) @ np.eye(where.max() + 1)[where]
    return (np.cumsum(held, axis=-1) - (held - 1) / 2)[..., where]


def spearman(x, y, weights: Any = 1.0):
    """Correlation of places; a weight says how often a model is in the sample."""
    weights = weights * np.ones(len(x))
    a, b = (ranks(values, weights) for values in (x, y))
    a, b = (one - np.average(one, axis=-1, weights=weights, keepdims=True) for one in (a, b))
    cross, x2, y2 = ((weights * product).sum(-1) for product in (a * b, a * a, b * b))
    return cross / (x2 * y2) ** 0.5


def rank_correlation(data, weights: Any = 1.0):
    return spearman(data["params"], data["context"], weights)


def given_the_date(data, weights: Any = 1.0):
    """Partial correlation: what is left of it once the ranks of the dates are held fixed."""
    pc = rank_correlation(data, weights)
    pd, cd = (spearman(data[name], data["day"], weights) for name in ("params", "context"))
    return (pc - pd * cd) / ((1 - pd**2) * (1 - cd**2)) ** 0.5


def interval(data, statistic):
    """One organization's models are no independent draws: whole organizations are resampled."""
    orgs, of = np.unique(data["org"], return_inverse=True)
    picks = np.random.default_rng(0).integers(len(orgs), size=(N_RESAMPLES, len(orgs)))
    times = (picks[..., None] == np.arange(len(orgs))).sum(1)[:, of]
    with np.errstate(invalid="ignore"):  # a sample in which all claim one context has no correlation
        low, high = np.nanquantile(statistic(data, times), [0.025, 0.975])
    return {"n": count(len(of)), "rho": number(statistic(data)), "low": number(low), "high": number(high)}


def compute():
    rows = []
    for entry in map(registry.find, registry.model_ids()):
        if (day := entry.released) and entry.context_advertised:
            params = count_params(entry.spec).total
            rows.append((entry.org, params, entry.context_advertised, day.toordinal(), day.year))
    columns = zip(("org", "params", "context", "day", "year"), zip(*rows, strict=True), strict=True)
    data = {name: np.array(column) for name, column in columns}
    years = [year for year, n in zip(*np.unique(data["year"], return_counts=True), strict=True) if n >= FEWEST]
    of_year = {str(year): {name: one[data["year"] == year] for name, one in data.items()} for year in years}
    within = {year: interval(part, rank_correlation) for year, part in of_year.items()}
    both = {"all": interval(data, rank_correlation), "given_date": interval(data, given_the_date)}
    return {
        "rows": within | both,
        **{name: one["rho"] for name, one in both.items()},
        "n_models": count(len(rows)),
        "n_other": count(len(rows) - sum(len(part["org"]) for part in of_year.values())),
    }


# --8<-- [end:compute]


def draw(result, canvas):
    rows = result["rows"]
    figure, axes = canvas.figure(height=80 + 40 * len(rows))
    low, high, rho = ([one[key].value for one in rows.values()] for key in ("low", "high", "rho"))
    axes.hlines(range(len(rows)), low, high, colors=SERIES[0], linewidth=2)
    axes.plot(rho, range(len(rows)), "o", color=SERIES[0], markersize=9)
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_yticks(
        range(len(rows)), [f"{canvas.say(NAMES.get(key, key))} · {canvas.say(rows[key]['n'])}" for key in rows]
    )
    axes.invert_yaxis()
    axes.set(xlabel=canvas.say(RHO), xlim=(-1, 1))
    return figure


def table(result):
    columns = [label(zh="分组", en="group"), "models", RHO, label(zh="下限", en="low"), label(zh="上限", en="high")]
    keys = ("n", "rho", "low", "high")
    return Table(
        columns, [[NAMES.get(name, name), *(one[key] for key in keys)] for name, one in result["rows"].items()]
    )
