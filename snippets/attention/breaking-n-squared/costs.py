"""What one token costs in a layer of each kind, against the length of the prompt: flat lines have broken the square."""

import math

from llmnotes.equations import flops
from llmnotes.figures import log2_axis, new_figure, series
from llmnotes.units import format_exact, format_flops, format_number, format_ratio, format_tokens

TEXT = {
    "zh": {
        "title": "窗口、线性和 delta 最后是平的；索引和混合只是把斜线往下压",
        "caption": "同一个形状：{{n_heads}} 个头，宽 {{head_dim}}，一层，预填充里平均每个 token 的运算，不含投影。"
        "窗口 {{window}}；块稀疏看最近 √n 个和每隔 √n 的一个；索引选 {{top_k}} 个；线性和 delta 每 {{chunk}} 个一段；"
        "混合是三层 delta 加一层全文的平均。",
        "description": "双对数坐标上的七条线：全文最陡；块稀疏的斜率约是它的一半；窗口、线性和 delta 最后是平的；"
        "索引和混合先平后斜，最后和全文平行。",
        "x": "提示词（token）",
        "y": "一个 token 的运算（MFLOPs）",
        "full": "全文",
        "window": "窗口",
        "sparse": "块稀疏",
        "indexed": "索引",
        "linear": "线性",
        "delta": "delta",
        "hybrid": "混合",
    },
    "en": {
        "title": "Window, linear and delta end flat; indexed and hybrid only push the slope down",
        "caption": "One shape, {{n_heads}} heads of {{head_dim}}, one layer, operations of a token averaged over a "
        "prefill, projections left out. Window {{window}}; block-sparse sees the last √n and every √n-th; the indexer "
        "picks {{top_k}}; linear and delta run in chunks of {{chunk}}; hybrid averages three delta layers and a full "
        "one.",
        "description": "Seven lines on logarithmic axes: full attention is the steepest, block-sparse has about half its slope; "
        "window, linear and delta end flat; indexed and hybrid begin flat and end parallel to full attention.",
        "x": "prompt (tokens)",
        "y": "operations of a token (MFLOPs)",
        "full": "full",
        "window": "window",
        "sparse": "block-sparse",
        "indexed": "indexed",
        "linear": "linear",
        "delta": "delta",
        "hybrid": "hybrid",
    },
}

N_HEADS, HEAD_DIM, WINDOW, CHUNK = 128, 128, 4_096, 64
N_INDEX_HEADS, INDEX_HEAD_DIM, TOP_K = 64, 128, 2_048  # DeepSeek-V3.2
LENGTHS = [2**exponent for exponent in range(10, 21)]
PAIR = flops.pair_flops(n_heads=N_HEADS, head_dim=HEAD_DIM, v_head_dim=HEAD_DIM)
MFLOPS = 1e6


# --8<-- [start:compute]
def full(n: int) -> float:
    return PAIR * flops.causal_pairs(n_new=n, n_past=0) / n


def window(n: int) -> float:
    return PAIR * flops.window_causal_pairs(n_new=n, n_past=0, window=WINDOW) / n


def sparse(n: int) -> float:
    stride = math.isqrt(n)
    near = flops.window_causal_pairs(n_new=n, n_past=0, window=stride)
    far = flops.entries_before(n_tokens=n - stride, stride=stride, top_k=0)
    return PAIR * (near + far) / n


def indexed(n: int) -> float:
    scored = flops.indexer_pair_flops(n_index_heads=N_INDEX_HEADS, index_head_dim=INDEX_HEAD_DIM)
    chosen = PAIR * flops.window_causal_pairs(n_new=n, n_past=0, window=TOP_K)
    return (chosen + scored * flops.causal_pairs(n_new=n, n_past=0)) / n


def linear(n: int) -> float:
    width = N_HEADS * HEAD_DIM
    within = flops.lightning_block_flops(width=width, block=CHUNK) / CHUNK
    return flops.lightning_token_flops(width=width, head_dim=HEAD_DIM) + within


def delta(n: int) -> float:
    shape = {"n_heads": N_HEADS, "key_head_dim": HEAD_DIM, "value_head_dim": HEAD_DIM}
    return flops.gated_delta_chunk_flops(**shape, chunk=CHUNK) / CHUNK


def hybrid(n: int) -> float:
    return (3 * delta(n) + full(n)) / 4


KINDS = (full, window, sparse, indexed, linear, delta, hybrid)


def compute() -> dict:
    lines = {kind.__name__: [kind(n) for n in LENGTHS] for kind in KINDS}
    state = N_HEADS * HEAD_DIM * HEAD_DIM
    return {
        "n_heads": N_HEADS,
        "head_dim": HEAD_DIM,
        "window": WINDOW,
        "chunk": CHUNK,
        "top_k": TOP_K,
        "lengths": LENGTHS,
        "lines": lines,
        "growth": {name: line[-1] / line[-2] * 2 for name, line in lines.items()},
        "last": {name: line[-1] for name, line in lines.items()},
        "longest": LENGTHS[-1],
        "cheaper_linear": first_cheaper(linear),
        "cheaper_delta": first_cheaper(delta),
        "cheaper_indexed": first_cheaper(indexed),
        "state_tokens": state / (2 * N_HEADS * HEAD_DIM),
    }


def first_cheaper(kind) -> int:
    return next(n for n in range(2, 2**16) if kind(n) < full(n))


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    found = {f"{name}_growth": format_ratio(growth, lang) for name, growth in result["growth"].items()}
    found |= {f"{name}_last": format_flops(result["last"][name], lang) for name in ("full", "window", "delta")}
    return found | {
        "n_heads": format_exact(result["n_heads"], lang),
        "head_dim": format_exact(result["head_dim"], lang),
        "window": format_exact(result["window"], lang),
        "chunk": format_exact(result["chunk"], lang),
        "top_k": format_exact(result["top_k"], lang),
        "longest": format_tokens(result["longest"], lang),
        "cheaper_linear": format_exact(result["cheaper_linear"], lang),
        "cheaper_delta": format_exact(result["cheaper_delta"], lang),
        "cheaper_indexed": format_exact(result["cheaper_indexed"], lang),
        "state_tokens": format_number(result["state_tokens"]),
    }


def draw(result, text, width):
    fig, ax = new_figure(width, height=460)
    for place, (name, line) in enumerate(result["lines"].items()):
        values = [value / MFLOPS for value in line]
        ax.plot(result["lengths"], values, label=text[name], markevery=(place % 3, 3), **series(place))
    log2_axis(ax.xaxis)
    ax.set_yscale("log")
    ax.minorticks_off()
    ax.set_yticks([10, 100, 1_000, 10_000], ["10", "100", "1,000", "10,000"])
    ax.set(xlabel=text["x"], ylabel=text["y"])
    ax.legend()
    return fig


def table(result, text):
    rows = [
        [n, *(value / MFLOPS for value in values)]
        for n, *values in zip(result["lengths"], *result["lines"].values(), strict=True)
    ]
    return {"columns": [text["x"], *(text[name] for name in result["lines"])], "rows": rows, "unit": text["y"]}


if __name__ == "__main__":
    print(compute())
