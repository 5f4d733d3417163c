"""Rank correlation of parameters and claimed context: all years together, within each year, and given the date."""

import numpy as np

from llmnotes import count_params, registry
from llmnotes.figures import INK, SERIES, new_figure
from llmnotes.units import format_exact

TEXT = {
    "zh": {
        "title": "合在一起 {{all}}，扣掉发布日期只剩 {{given_date}}",
        "caption": "斯皮尔曼秩相关：参数总数和标称上下文。横线是 95% 区间，按机构重抽样得出。便利样本（convenience sample），不是定律。",
        "description": "每行一个点和一条横线：各年分开、全部合并、扣掉日期。合并的点在最右边，扣掉日期后左移，区间跨过零；有几年的区间也跨过零。",
        "x": "秩相关（−1 到 1）",
        "all": "全部年份",
        "given_date": "全部，扣掉日期",
        "group": "分组",
        "n": "模型",
        "rho": "秩相关",
        "low": "下限",
        "high": "上限",
    },
    "en": {
        "title": "All years together {{all}}; with the date taken out {{given_date}}",
        "caption": "Spearman rank correlation of parameter total and claimed context. Bars are 95% intervals from resampling "
        "organizations. A convenience sample, not a law.",
        "description": "A dot with a bar for each year, for all together and with the date taken out. All together lies "
        "furthest right; without the date the dot moves left and its bar crosses zero, as those of some years do.",
        "x": "rank correlation (−1 to 1)",
        "all": "all years",
        "given_date": "all, date taken out",
        "group": "group",
        "n": "models",
        "rho": "rank correlation",
        "low": "low",
        "high": "high",
    },
}

FEWEST = 8  # models a year needs to be shown
N_RESAMPLES = 2000


# --8<-- [start:compute]
def compute() -> dict:
    data: list[tuple] = []
    for entry in map(registry.find, registry.model_ids()):
        if entry.released and entry.context_advertised:
            day, params = entry.released, count_params(entry.spec).total
            data.append((entry.org, params, entry.context_advertised, day.toordinal(), day.year))
    years = sorted({row[4] for row in data if sum(other[4] == row[4] for other in data) >= FEWEST})
    rows = [interval(str(year), [row for row in data if row[4] == year], rank_correlation) for year in years]
    rows += [interval("all", data, rank_correlation), interval("given_date", data, given_the_date)]
    return {
        "rows": rows,
        "n_models": len(data),
        "n_orgs": len({row[0] for row in data}),
        "with_date": spearman([row[3] for row in data], [row[2] for row in data]),
        "n_crossing": sum(row["low"] < 0 for row in rows[: len(years)]),
        "n_years": len(years),
    }


def ranks(values):
    """Places from the smallest to the largest; equal values share the mean of theirs."""
    _, where, counts = np.unique(np.asarray(values, float), return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[where]


def spearman(x, y):
    return float(np.corrcoef(ranks(x), ranks(y))[0, 1])


def rank_correlation(data):
    return spearman([row[1] for row in data], [row[2] for row in data])


def given_the_date(data):
    """What is left of it once the ranks of the dates are held fixed."""
    params, contexts, dates = ([row[column] for row in data] for column in (1, 2, 3))
    pc, pd, cd = spearman(params, contexts), spearman(params, dates), spearman(contexts, dates)
    return (pc - pd * cd) / ((1 - pd**2) * (1 - cd**2)) ** 0.5


def interval(name, data, statistic):
    """One organization's models are no independent draws: whole organizations are resampled."""
    random = np.random.default_rng(0)
    orgs = sorted({row[0] for row in data})
    by_org = [[row for row in data if row[0] == org] for org in orgs]
    found = []
    for _ in range(N_RESAMPLES):
        sample = [row for pick in random.integers(len(orgs), size=len(orgs)) for row in by_org[pick]]
        if len({row[1] for row in sample}) > 2 and len({row[2] for row in sample}) > 2:
            found.append(statistic(sample))
    low, high = np.quantile(found, [0.025, 0.975])
    return {"group": name, "n": len(data), "rho": statistic(data), "low": float(low), "high": float(high)}


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    found = {
        "n_models": format_exact(result["n_models"], lang),
        "n_orgs": format_exact(result["n_orgs"], lang),
        "with_date": signed(result["with_date"]),
        "n_crossing": format_exact(result["n_crossing"], lang),
        "n_years": format_exact(result["n_years"], lang),
    }
    *years, together, given_date = result["rows"]
    found |= {"lowest": signed(min(map(rho, years))), "highest": signed(max(map(rho, years)))}
    found |= {"all": signed(together["rho"]), "given_date": signed(given_date["rho"])}
    return found | {f"given_date_{end}": signed(given_date[end]) for end in ("low", "high")}


def rho(row):
    return row["rho"]


def signed(rho):
    return f"{rho:.2f}".replace("-", "−")


def draw(result, text, width):
    rows = result["rows"]
    fig, ax = new_figure(width, height=80 + 40 * len(rows))
    places = range(len(rows))
    ax.hlines(places, [row["low"] for row in rows], [row["high"] for row in rows], colors=SERIES[0], linewidth=2)
    ax.plot([row["rho"] for row in rows], places, "o", color=SERIES[0], markersize=9)
    ax.axvline(0, color=INK, linewidth=1)
    ax.set_yticks(places, [f"{text.get(row['group'], row['group'])} · {row['n']}" for row in rows])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"], xlim=(-1, 1))
    return fig


def table(result, text):
    rows = [
        [text.get(row["group"], row["group"]), row["n"], *(round(row[key], 3) for key in ("rho", "low", "high"))]
        for row in result["rows"]
    ]
    return {"columns": [text[key] for key in ("group", "n", "rho", "low", "high")], "rows": rows, "unit": text["x"]}


if __name__ == "__main__":
    print(compute())
