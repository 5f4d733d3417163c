"""Induction run in numpy: after n pairs have been read, each key is asked for once. Who still knows the answer?"""

import math

import numpy as np

from llmnotes.figures import log2_axis, new_figure, series
from llmnotes.numerics.linear_attention import gated_delta_chunked, linear_attention_chunked
from llmnotes.units import format_exact, format_percent

TEXT = {
    "zh": {
        "title": "记 {{n_most}} 对：全文答对 {{full}}，索引 {{indexed}}，delta {{delta}}，窗口 {{window}}",
        "caption": "一层，一个头，键和值各 {{width}} 个数，随机方向；权重手工设成最有利的。窗口 {{n_window}}；"
        "索引用 {{index_width}} 个数打分，选 {{top_k}} 个；线性和 delta 的状态是 {{width}} × {{width}}。{{n_trials}} 次平均。",
        "description": "七种里的六条线：全文和索引贴着顶；窗口和块稀疏随对数增多按比例下降；线性最先掉，"
        "delta 撑到状态的宽度才掉。",
        "x": "读过的键值对",
        "y": "答对的比例（%）",
        "full": "全文",
        "window": "窗口",
        "sparse": "块稀疏",
        "indexed": "索引",
        "linear": "线性",
        "delta": "delta",
    },
    "en": {
        "title": "Of {{n_most}} pairs full attention recalls {{full}}, an indexer {{indexed}}, delta {{delta}}, "
        "a window {{window}}",
        "caption": "One layer, one head, keys and values of {{width}} numbers in random directions; weights set by hand, "
        "as well as we can. Window {{n_window}}; the indexer scores with {{index_width}} numbers and picks {{top_k}}; "
        "the state of linear and delta is {{width}} × {{width}}. Mean of {{n_trials}} trials.",
        "description": "Six lines: full attention and the indexer stay at the top; window and block-sparse fall in "
        "proportion; linear and delta nearly coincide and fall once the pairs outnumber the width of the state.",
        "x": "pairs read",
        "y": "recalled (%)",
        "full": "full",
        "window": "window",
        "sparse": "block-sparse",
        "indexed": "indexed",
        "linear": "linear",
        "delta": "delta",
    },
}

WIDTH, WINDOW, TOP_K, INDEX_WIDTH, N_TRIALS = 64, 64, 64, 16, 3
SOFT, HARD = 0.1, 1.0  # how far the delta rule corrects: softly to hold much, hard to overwrite
LENGTHS = [2**exponent for exponent in range(3, 11)]
WIDER, MOST = 128, 512
SHARP = 2e4  # softmax so steep that the best key takes all
N_KEYS, N_WRITES, N_VOTES, MARGIN, N_HOPS = 32, 8, 512, 16, 256  # the other tasks


# --8<-- [start:readers]
def softmax_read(queries, keys, values, seen):
    scores = np.where(seen, SHARP * queries @ keys.T, -np.inf)
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True) @ values


def full(queries, keys, values):
    return softmax_read(queries, keys, values, np.ones(len(keys), bool))


def window(queries, keys, values):
    return softmax_read(queries, keys, values, np.arange(len(keys)) >= len(keys) - WINDOW)


def sparse(queries, keys, values):
    stride, places = math.isqrt(len(keys)), np.arange(len(keys))
    return softmax_read(queries, keys, values, (places >= len(keys) - stride) | ((places + 1) % stride == 0))


def indexed(queries, keys, values):
    smaller = np.random.default_rng(1).standard_normal((keys.shape[1], INDEX_WIDTH))
    scores = queries @ smaller @ (keys @ smaller).T  # every pair is scored: this part stays quadratic
    chosen = np.argsort(-scores, axis=1, kind="stable")[:, :TOP_K]
    seen = np.zeros(scores.shape, bool)
    np.put_along_axis(seen, chosen, True, axis=1)
    return softmax_read(queries, keys, values, seen)


def linear(queries, keys, values):
    return queries @ linear_attention_chunked(keys, keys, values, chunk=64).state


def delta(queries, keys, values, strength=SOFT):
    gates = {"decay": np.ones(len(keys)), "strength": np.full(len(keys), strength)}
    return queries @ gated_delta_chunked(keys, keys, values, **gates, chunk=64).state


# --8<-- [end:readers]


READERS = (full, window, sparse, indexed, linear, delta)


# --8<-- [start:compute]
def compute() -> dict:
    recalled = {reader.__name__: [share_recalled(reader, n, WIDTH) for n in LENGTHS] for reader in READERS}
    at_most = LENGTHS.index(MOST)
    return {
        "width": WIDTH,
        "n_window": WINDOW,
        "top_k": TOP_K,
        "index_width": INDEX_WIDTH,
        "n_trials": N_TRIALS,
        "lengths": LENGTHS,
        "recalled": recalled,
        "n_most": MOST,
        "at_most": {name: line[at_most] for name, line in recalled.items()},
        "at_width": {name: line[LENGTHS.index(WIDTH)] for name, line in recalled.items()},
        "wider": WIDER,
        "at_wider": share_recalled(linear, MOST, WIDER),
        "n_keys": N_KEYS,
        "n_writes": N_WRITES,
        "n_votes": N_VOTES,
        "more_votes": (N_VOTES + MARGIN) // 2,
        "n_hops": N_HOPS,
        "latest": {reader.__name__: share_latest(reader) for reader in READERS},
        "counted": {reader.__name__: share_counted(reader) for reader in READERS},
        "two_hops": {reader.__name__: share_two_hops(reader, reader) for reader in READERS}
        | {"hybrid": share_two_hops(delta, full)},
    }


def share_recalled(reader, n_pairs: int, width: int) -> float:
    right = 0
    for trial in range(N_TRIALS):
        keys, values = unit_rows(np.random.default_rng(trial).standard_normal((2, n_pairs, width)))
        answers = reader(keys, keys, values)
        right += (np.argmax(answers @ values.T, axis=1) == np.arange(n_pairs)).sum()
    return float(right) / (N_TRIALS * n_pairs)


def share_latest(reader) -> float:
    """Each key is written several times; the last value is asked for. Softmax sees how late a key stands, too."""
    right = 0
    for trial in range(N_TRIALS):
        random = np.random.default_rng(trial)
        keys = np.linalg.qr(random.standard_normal((WIDTH, WIDTH)))[0][:N_KEYS]
        order = np.concatenate([random.permutation(N_KEYS) for _ in range(N_WRITES)])
        values = unit_rows(random.standard_normal((len(order), WIDTH)))
        late = np.linspace(0, 0.5, len(order))[:, None] * (reader not in (linear, delta))
        written, asked = np.hstack([keys[order], late]), np.hstack([keys, np.ones((N_KEYS, 1))])
        answers = reader(asked, written, values, HARD) if reader is delta else reader(asked, written, values)
        last = len(order) - 1 - np.argmax(order[::-1] == np.arange(N_KEYS)[:, None], axis=1)
        right += (np.argmax(answers @ values.T, axis=1) == last).sum()
    return float(right) / (N_TRIALS * N_KEYS)


def share_counted(reader) -> float:
    """Votes of plus and minus one under one key; which are more? The delta rule corrects by one over the place."""
    right, n_trials = 0, 50 * N_TRIALS
    keys = np.ones((N_VOTES, 1))
    for trial in range(n_trials):
        votes = np.where(np.arange(N_VOTES) < (N_VOTES + MARGIN) // 2, 1.0, -1.0)
        votes = np.random.default_rng(trial).permutation(votes)[:, None]
        if reader is delta:
            mean = {"decay": np.ones(N_VOTES), "strength": 1 / np.arange(1, N_VOTES + 1)}
            answer = gated_delta_chunked(keys, keys, votes, **mean, chunk=64).state
        else:
            answer = reader(keys[:1], keys, votes)
        right += int(answer[0, 0] > 0)
    return right / n_trials


def share_two_hops(first, second) -> float:
    """A leads to B, B to C: two layers, and between them the answer is set to the nearest symbol."""
    right = 0
    for trial in range(N_TRIALS):
        random = np.random.default_rng(trial)
        symbols, leads = unit_rows(random.standard_normal((N_HOPS, WIDTH))), random.permutation(N_HOPS)
        between = np.argmax(first(symbols, symbols, symbols[leads]) @ symbols.T, axis=1)
        found = np.argmax(second(symbols[between], symbols, symbols[leads]) @ symbols.T, axis=1)
        right += (found == leads[leads]).sum()
    return float(right) / (N_TRIALS * N_HOPS)


def unit_rows(arrays):
    return arrays / np.linalg.norm(arrays, axis=-1, keepdims=True)


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    found = {name: format_percent(share, lang) for name, share in result["at_most"].items()}
    found |= {
        f"{name}_at_width": format_percent(share, lang)
        for name, share in result["at_width"].items()
        if name in ("linear", "delta")
    }
    exact = ("width", "n_window", "top_k", "index_width", "n_trials", "n_most", "wider")
    found |= {name: format_exact(result[name], lang) for name in exact}
    for task in ("latest", "counted", "two_hops"):
        found |= {f"{task}_{name}": format_percent(share, lang) for name, share in result[task].items()}
    exact = ("n_keys", "n_writes", "n_votes", "more_votes", "n_hops")
    found |= {name: format_exact(result[name], lang) for name in exact}
    return found | {"at_wider": format_percent(result["at_wider"], lang)}


def draw(result, text, width):
    fig, ax = new_figure(width, height=420)
    for place, (name, line) in enumerate(result["recalled"].items()):
        shares = [100 * share for share in line]
        ax.plot(result["lengths"], shares, label=text[name], markevery=(place % 2, 2), **series(place))
    log2_axis(ax.xaxis)
    ax.set(xlabel=text["x"], ylabel=text["y"], ylim=(-3, 103))
    ax.legend()
    return fig


def table(result, text):
    rows = [
        [n, *(100 * share for share in line)]
        for n, *line in zip(result["lengths"], *result["recalled"].values(), strict=True)
    ]
    return {"columns": [text["x"], *(text[name] for name in result["recalled"])], "rows": rows, "unit": text["y"]}


if __name__ == "__main__":
    print(compute())
