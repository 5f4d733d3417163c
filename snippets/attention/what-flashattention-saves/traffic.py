"""How many times fewer elements tiles move than plain attention does, against the size of fast memory."""

import math
from typing import Any

from llmnotes.equations.attention_traffic import (
    first_paper_tile,
    keys_first_traffic_elements,
    plain_traffic_elements,
    queries_first_traffic_elements,
)
from llmnotes.figures import DASHES, INK, MUTED, SERIES, log2_axis, new_figure
from llmnotes.figures.play import Dot, Number, Play, choice, slider
from llmnotes.units import KIB, format_bytes, format_count, format_exact, format_ratio

TEXT = {
    "zh": {
        "title": "普通注意力搬的，头宽 {{d_64}} 时是分块的 {{second_64}}，头宽 {{d_128}} 时 {{second_128}}，头宽 {{d_256}} 时反而更少",
        "caption": "一个头，{{n_tokens}} 个 token，16 位，没有掩码；块按第一篇论文的规则取到快速内存放得下为止。"
        "实线是第二篇的顺序，虚线是第一篇的；低于 1 就是搬得更多。标题里的数取自 {{fast}}。",
        "description": "六条上升的线，头宽越小越高；头宽最大的两条在左边落到横线以下，也就是比普通注意力搬得还多。",
        "x": "一个处理器的快速内存（KiB）",
        "y": "普通注意力搬的 ÷ 分块搬的",
        "says": "头宽 {{head_dim}}、{{fast_kib}} KiB、{{bits}} 位：一块 {{block}} 个，普通注意力搬的是第一篇的 {{first}}，"
        "是第二篇的 {{second}}。",
        "head_dim": "头宽",
        "fast_kib": "快速内存（KiB）",
        "bits": "每个数的位数",
        "first": "头宽 {d}，第一篇",
        "second": "头宽 {d}，第二篇",
    },
    "en": {
        "title": "Tiles move {{second_64}} less at head width {{d_64}}, {{second_128}} at {{d_128}}; at {{d_256}} they move more",
        "caption": "One head, {{n_tokens}} tokens, 16 bits, nothing masked; tiles as large as fast memory holds by the "
        "first paper's rule. Solid: order of the second paper, dashed: of the first. Below 1 more is moved. The title takes "
        "{{fast}}.",
        "description": "Six rising lines, higher for narrower heads; the two of the widest head lie below the line at the left, "
        "which means that more is moved than in plain attention.",
        "x": "fast memory of one processor (KiB)",
        "y": "moved by plain attention ÷ moved by tiles",
        "says": "Head width {{head_dim}}, {{fast_kib}} KiB, {{bits}} bits: tiles of {{block}}; plain attention moves {{first}} "
        "as much as the first paper's order and {{second}} as much as the second's.",
        "head_dim": "head width",
        "fast_kib": "fast memory (KiB)",
        "bits": "bits of a number",
        "first": "width {d}, first",
        "second": "width {d}, second",
    },
}

N_TOKENS, N_BYTES = 4_096, 2
WIDTHS = [64, 128, 256]
SIZES = [16, 32, 64, 100, 128, 192, 256]
FAST = 100
ROWS = 128
NEW = {"size": 192, "d": 96}  # the exercise


# --8<-- [start:compute]
def compute() -> dict:
    first = {str(d): [savings(size, d)[0] for size in SIZES] for d in WIDTHS}
    second = {str(d): [savings(size, d)[1] for size in SIZES] for d in WIDTHS}
    here = SIZES.index(FAST)
    plain = {d: plain_traffic_elements(n_tokens=N_TOKENS, head_dim=d) for d in WIDTHS}
    return {
        "n_tokens": N_TOKENS,
        "fast": FAST * KIB,
        "fast_elements": FAST * KIB // N_BYTES,
        "rows_of": ROWS,
        "sizes": SIZES,
        "first": first,
        "second": second,
        "first_here": {d: line[here] for d, line in first.items()},
        "second_here": {d: line[here] for d, line in second.items()},
        "rows_here": {str(d): plain[d] / by_queries(d, ROWS) for d in WIDTHS},
        "tile": {str(d): first_paper_tile(fast_elements=FAST * KIB // N_BYTES, head_dim=d)[1] for d in WIDTHS},
        "widths": WIDTHS,
        "bits": 8 * N_BYTES,
        "half_bits": 4 * N_BYTES,
        "plain_64": plain[64],
        "tiled_64": by_queries(64, tile_of(FAST, 64)),
        "bytes_for_elements": plain[128] / by_keys(128, tile_of(FAST * N_BYTES, 128)),
        "new_size": NEW["size"] * KIB,
        "new_d": NEW["d"],
        "new_first": savings(**NEW)[0],
        "new_second": savings(**NEW)[1],
        "decode_128": decode(128),
    }


def savings(size, d):
    plain, tile = plain_traffic_elements(n_tokens=N_TOKENS, head_dim=d), tile_of(size, d)
    return plain / by_keys(d, tile), plain / by_queries(d, tile)


def tile_of(size, d):
    return first_paper_tile(fast_elements=size * KIB // N_BYTES, head_dim=d)[1]


def by_keys(d, n_columns):
    return keys_first_traffic_elements(n_tokens=N_TOKENS, head_dim=d, n_columns=n_columns)


def by_queries(d, n_rows):
    return queries_first_traffic_elements(n_tokens=N_TOKENS, head_dim=d, n_rows=n_rows)


def decode(d):
    """One new token: query, output, all keys and values; the plain way also its row of scores, four times."""
    moved = 2 * d + 2 * N_TOKENS * d
    return (moved + 4 * N_TOKENS) / moved


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    found = {f"first_{d}": format_ratio(result["first_here"][d], lang) for d in result["first_here"]}
    found |= {f"second_{d}": format_ratio(result["second_here"][d], lang) for d in result["second_here"]}
    found |= {f"rows_{d}": format_ratio(result["rows_here"][d], lang) for d in result["rows_here"]}
    found |= {f"tile_{d}": format_exact(result["tile"][d], lang) for d in result["tile"]}
    found |= {f"d_{d}": format_exact(d, lang) for d in result["widths"]}
    return found | {
        "plain_64": format_count(result["plain_64"], lang),
        "tiled_64": format_count(result["tiled_64"], lang),
        "bits": format_exact(result["bits"], lang),
        "half_bits": format_exact(result["half_bits"], lang),
        "n_tokens": format_exact(result["n_tokens"], lang),
        "fast": format_bytes(result["fast"], lang),
        "fast_elements": format_exact(result["fast_elements"], lang),
        "rows_of": format_exact(result["rows_of"], lang),
        "bytes_for_elements": format_ratio(result["bytes_for_elements"], lang),
        "new_size": format_bytes(result["new_size"], lang),
        "new_d": format_exact(result["new_d"], lang),
        "new_first": format_ratio(result["new_first"], lang),
        "new_second": format_ratio(result["new_second"], lang),
        "decode_128": format_ratio(result["decode_128"], lang),
    }


def draw(result, text, width):
    fig, ax = new_figure(width, height=420)
    for place, d in enumerate(result["first"]):
        for order, dash in (("second", DASHES[0]), ("first", DASHES[1])):
            marker: dict[str, Any] = {
                "marker": "o" if order == "second" else "s",
                "color": SERIES[place],
                "linestyle": dash,
            }
            ax.plot(result["sizes"], result[order][d], label=text[order].format(d=d), **marker)
    for order, shape in (("second", "o"), ("first", "s")):
        here = result[f"{order}_here"]["64"]
        ax.plot([FAST], [here], shape, color=INK, markersize=11, gid=f"here-{order}")
    ax.axhline(1, color=MUTED, linewidth=0.8, linestyle="-")
    log2_axis(ax.xaxis, label="{:g}".format)
    log2_axis(ax.yaxis, label=times_tick)
    ax.set(xlabel=text["x"], ylabel=text["y"])
    ax.legend()
    return fig


def times_tick(value):
    return f"{value:g}" if value >= 1 else f"1/{1 / value:g}"


def table(result, text):
    names = [text[order].format(d=d) for d in result["first"] for order in ("second", "first")]
    lines = [result[order][d] for d in result["first"] for order in ("second", "first")]
    rows = [[size, *values] for size, *values in zip(result["sizes"], *lines, strict=True)]
    return {"columns": [text["x"], *names], "rows": rows, "unit": text["y"]}


def block_rows(*, head_dim: int, fast_kib: float, bits: int) -> int:
    """Rows of a tile when queries, keys, values and output take a quarter of fast memory each."""
    return math.ceil(fast_kib * 8192 / bits / (4 * head_dim))


def first_saving(*, head_dim: int, fast_kib: float, bits: int, n_tokens: int) -> float:
    """Plain traffic over that of the first paper's order."""
    passes = math.ceil(n_tokens / block_rows(head_dim=head_dim, fast_kib=fast_kib, bits=bits))
    return (4 * head_dim + 4 * n_tokens) / ((2 + 3 * passes) * head_dim)


def second_saving(*, head_dim: int, fast_kib: float, bits: int, n_tokens: int) -> float:
    """Plain traffic over that of the second paper's order."""
    passes = math.ceil(n_tokens / block_rows(head_dim=head_dim, fast_kib=fast_kib, bits=bits))
    return (4 * head_dim + 4 * n_tokens) / ((2 + 2 * passes) * head_dim)


def play(result, text):
    length = {"n_tokens": result["n_tokens"]}
    return Play(
        controls=[
            choice("head_dim", 64, options=(64, 96, 128, 192, 256), label=text["head_dim"]),
            slider("fast_kib", FAST, low=16, high=256, step=4, label=text["fast_kib"]),
            choice("bits", result["bits"], options=(16, 8), label=text["bits"]),
        ],
        marks={
            "here-first": Dot("fast_kib", first_saving, length),
            "here-second": Dot("fast_kib", second_saving, length),
        },
        numbers={
            "block": Number(block_rows, "exact"),
            "first": Number(first_saving, "ratio", length),
            "second": Number(second_saving, "ratio", length),
        },
        sentence=text["says"],
    )


if __name__ == "__main__":
    print(compute())
