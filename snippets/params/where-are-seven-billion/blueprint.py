"""The blueprint of Llama 2 7B in the reader's hands: what KV heads, feed-forward and vocabulary do to the total."""

from llmnotes import registry
from llmnotes.equations import params
from llmnotes.figures import SERIES, new_figure
from llmnotes.figures.play import Bar, Number, Play, doublings, slider
from llmnotes.units import format_exact

TEXT = {
    "zh": {
        "title": "Llama 2 7B 的图纸：一共 {{total}} 个参数",
        "caption": "32 层、宽 4,096、32 个查询头、头宽 128 不变；嵌入和输出头各一张表；归一化太少，不画，算在总数里。把 KV 头拨到 8、前馈拨到 14,336，就是 Mistral 7B。",
        "description": "三根横条：词表的两张表很短，注意力居中，前馈最长。",
        "tables": "嵌入和输出头",
        "attention": "注意力",
        "mlp": "前馈",
        "kv_heads": "KV 头",
        "d_ff": "前馈宽度",
        "vocab": "词表大小",
        "x": "参数（B，即十亿）",
        "part": "部件",
        "params": "参数（个）",
        "says": "{{n_kv_heads}} 个 KV 头、前馈宽 {{d_ff}}、词表 {{vocab_size}}：一共 {{total}} 个参数。",
    },
    "en": {
        "title": "The blueprint of Llama 2 7B: {{total}} parameters in all",
        "caption": "32 layers, width 4,096, 32 query heads and head width 128 stay; embedding and output head are two "
        "tables; norms are too few to draw, and are in the total. Move the KV heads to 8 and the feed-forward to 14,336, and it is Mistral 7B.",
        "description": "Three bars: the two vocabulary tables are short, attention is in the middle, the feed-forward "
        "is the longest.",
        "tables": "embedding and head",
        "attention": "attention",
        "mlp": "feed-forward",
        "kv_heads": "KV heads",
        "d_ff": "feed-forward width",
        "vocab": "vocabulary",
        "x": "parameters (B, 10⁹)",
        "part": "component",
        "params": "parameters",
        "says": "{{n_kv_heads}} KV heads, feed-forward {{d_ff}}, vocabulary {{vocab_size}}: {{total}} parameters in all.",
    },
}
N_LAYERS, D_MODEL, N_HEADS, HEAD_DIM = 32, 4_096, 32, 128


# --8<-- [start:formulas]
def table_params(*, vocab_size: int) -> int:
    return 2 * params.embedding_params(vocab_size=vocab_size, d_embed=D_MODEL)


def layers_attention(*, n_kv_heads: int) -> int:
    return N_LAYERS * params.attention_params(
        d_model=D_MODEL, n_heads=N_HEADS, n_kv_heads=n_kv_heads, head_dim=HEAD_DIM, v_head_dim=HEAD_DIM
    )


def mlp_params(*, d_ff: int) -> int:
    return N_LAYERS * 3 * D_MODEL * d_ff


def total_params(*, n_kv_heads: int, d_ff: int, vocab_size: int) -> int:
    norms = (2 * N_LAYERS + 1) * D_MODEL
    weights = layers_attention(n_kv_heads=n_kv_heads) + mlp_params(d_ff=d_ff)
    return table_params(vocab_size=vocab_size) + weights + norms


# --8<-- [end:formulas]


# --8<-- [start:compute]
def compute() -> dict:
    config = registry.find("llama-2-7b").config
    built = {"n_kv_heads": config["num_attention_heads"], "d_ff": config["intermediate_size"]}
    built["vocab_size"] = config["vocab_size"]
    mine = {"n_kv_heads": 4, "d_ff": 12_288, "vocab_size": 100_000}
    return {
        "built": built,
        "parts": {
            "tables": table_params(vocab_size=built["vocab_size"]),
            "attention": layers_attention(n_kv_heads=built["n_kv_heads"]),
            "mlp": mlp_params(d_ff=built["d_ff"]),
        },
        "total": total_params(**built),
        "mine": mine,
        "mine_total": total_params(**mine),
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    return {
        "total": format_exact(result["total"], lang),
        "mine_kv_heads": format_exact(result["mine"]["n_kv_heads"], lang),
        "mine_ffn": format_exact(result["mine"]["d_ff"], lang),
        "mine_vocab": format_exact(result["mine"]["vocab_size"], lang),
        "mine_total": format_exact(result["mine_total"], lang),
    }


def draw(result, text, width):
    fig, ax = new_figure(width, height=250)
    for place, (part, size) in enumerate(result["parts"].items()):
        bar = ax.barh([place], [size / 1e9], 0.6, color=SERIES[place])
        bar[0].set_gid(part)
    ax.set_yticks(range(len(result["parts"])), [text[part] for part in result["parts"]])
    ax.invert_yaxis()
    ax.set(xlabel=text["x"], xlim=(0, 8))
    return fig


def table(result, text):
    rows = [[text[part], size] for part, size in result["parts"].items()]
    return {"columns": [text["part"], text["params"]], "rows": rows, "unit": ""}


def table_billions(*, vocab_size: int) -> float:
    return table_params(vocab_size=vocab_size) / 1e9


def attention_billions(*, n_kv_heads: int) -> float:
    return layers_attention(n_kv_heads=n_kv_heads) / 1e9


def mlp_billions(*, d_ff: int) -> float:
    return mlp_params(d_ff=d_ff) / 1e9


def play(result, text):
    built = result["built"]
    return Play(
        controls=[
            doublings("n_kv_heads", built["n_kv_heads"], low=1, high=32, label=text["kv_heads"]),
            slider("d_ff", built["d_ff"], low=4_096, high=20_480, step=256, label=text["d_ff"]),
            slider("vocab_size", built["vocab_size"], low=32_000, high=256_000, step=4_000, label=text["vocab"]),
        ],
        marks={
            "tables": Bar(table_billions),
            "attention": Bar(attention_billions),
            "mlp": Bar(mlp_billions),
        },
        numbers={"total": Number(total_params, "exact")},
        sentence=text["says"],
    )


if __name__ == "__main__":
    print(compute())
