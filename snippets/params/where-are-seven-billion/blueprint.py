"""The blueprint of Llama 2 7B in the reader's hands: what KV heads, feed-forward and vocabulary do to the total."""

from llmnotes import registry
from llmnotes.equations import params
from llmnotes.figures import bars, label
from llmnotes.figures.play import Bar, Number, Play, doublings, slider
from llmnotes.quantities import count

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
def compute():
    built, mistral = (registry.find(model_id).config for model_id in ("llama-2-7b", "mistral-7b-v0.1"))
    kv_heads, ffn, vocab = built["num_attention_heads"], built["intermediate_size"], built["vocab_size"]
    mine = {"n_kv_heads": 4, "d_ff": 12_288, "vocab_size": 100_000}
    return {
        "tables": count(table_params(vocab_size=vocab)),
        "attention": count(layers_attention(n_kv_heads=kv_heads)),
        "feed-forward": count(mlp_params(d_ff=ffn)),
        "total": count(total_params(n_kv_heads=kv_heads, d_ff=ffn, vocab_size=vocab)),
        "built": count({"layers": N_LAYERS, "width": D_MODEL, "heads": N_HEADS, "head_dim": HEAD_DIM}),
        "kv_heads": count(kv_heads),
        "ffn": count(ffn),
        "vocab": count(vocab),
        "mistral": count({"kv_heads": mistral["num_key_value_heads"], "ffn": mistral["intermediate_size"]}),
        "mine": count({"kv_heads": mine["n_kv_heads"], "ffn": mine["d_ff"], "vocab": mine["vocab_size"]}),
        "mine_total": count(total_params(**mine)),
    }


# --8<-- [end:compute]


def draw(result):
    tables = label(zh="嵌入和输出头", en="embedding and head", id="tables")
    parts = {tables: result["tables"], "attention": result["attention"], "feed-forward": result["feed-forward"]}
    return bars(parts, x="parameter-count", rows="component", form=None, height=250, until=8e9)


def play(result):
    ffn, vocab = result["ffn"].value, result["vocab"].value
    return Play(
        controls=[
            doublings("n_kv_heads", result["kv_heads"].value, low=1, high=32, label=label(zh="KV 头", en="KV heads")),
            slider("d_ff", ffn, low=4_096, high=20_480, step=256, label=label(zh="前馈维度", en="feed-forward")),
            slider("vocab_size", vocab, low=32_000, high=256_000, step=4_000, label="vocabulary"),
        ],
        marks={"tables": Bar(table_params), "attention": Bar(layers_attention), "feed-forward": Bar(mlp_params)},
        numbers={"total": Number(total_params, "exact")},
        sentence=label(
            zh="{{n_kv_heads}} 个 KV 头、前馈维度 {{d_ff}}、词表 {{vocab_size}}：一共 {{total}} 个参数。",
            en="{{n_kv_heads}} KV heads, feed-forward {{d_ff}}, vocabulary {{vocab_size}}: {{total}} parameters in all.",
        ),
    )
