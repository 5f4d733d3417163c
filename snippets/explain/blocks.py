"""Blocks that one request takes of vLLM's pool, group by group of layers: a short request inside the longest."""

from llmnotes import load_model, registry
from llmnotes.engines import vllm
from llmnotes.engines.logs import state_bits_of
from llmnotes.engines.outline import outline_of
from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import bytes_of, count

MODEL, LONGEST, SHORT = "qwen3.6-35b-a3b", 131_072, 16_384
FULL = label(zh="全局注意力", en="full attention")
STATES = label(zh="状态", en="state")
COLUMNS, GAP = 21, 8


# --8<-- [start:compute]
def compute():
    bits = state_bits_of(registry.find(MODEL).config) or 16
    settings = vllm.Settings(LONGEST, kv_cache_dtype="fp8", state_bits=bits)
    seen = outline_of(load_model(MODEL))
    pool = vllm.pool(seen, settings)
    full, *states = sorted(pool.groups, key=lambda group: group.kind != vllm.FULL)
    return {
        "model": registry.find(MODEL).name,
        **count({"short": SHORT, "longest": LONGEST, "tokens": full.block_size, "layers": full.n_layers}),
        "token": count(pool.block_bytes // full.n_layers // full.block_size),
        "kv_heads": count(registry.find(MODEL).config["num_key_value_heads"]),
        "head_dim": count(seen.entries[0].key_dim),
        "bytes": count(pool.block_bytes),
        "block": bytes_of(pool.block_bytes),
        "state_layers": count(sum(group.n_layers for group in states)),
        "state_groups": count(len(states)),
        "state": count(states[0].blocks(SHORT, settings)),
        "full": count({"short": full.blocks(SHORT, settings), "longest": full.blocks(LONGEST, settings)}),
        "each": count({"short": pool.blocks(SHORT, settings), "longest": pool.blocks(LONGEST, settings)}),
    }


# --8<-- [end:compute]


def draw(result, canvas):
    size, (few, many) = 14 if canvas.narrow else 26, (result["full"][key].value for key in ("short", "longest"))
    n_rows, n_groups, each = -(-many // COLUMNS), result["state_groups"].value, result["state"].value
    drawing = Mechanism(canvas, height=44 + n_rows * size + GAP + 22 + size)
    drawing.words(0, 10, FULL)
    taken = [divmod(cell, COLUMNS) for cell in range(few)]
    for row in range(n_rows):
        columns = min(COLUMNS, many - row * COLUMNS)
        filled = [(0, column) for at, column in taken if at == row]
        drawing.cells(1, 22 + row * size, rows=1, columns=columns, size=size, filled=filled)
    top = 22 + n_rows * size + GAP
    drawing.words(0, top + 12, STATES)
    for group in range(n_groups):
        left = 1 + group * (each * size + 24)
        drawing.cells(left, top + 26, rows=1, columns=each, size=size, filled=[(0, at) for at in range(each)], color=1)
    return drawing


def table(result):
    columns = [label(zh="层", en="layers"), *(label(zh=f"{n} token", en=f"{n} tokens") for n in ("16K", "128K"))]
    states = count(result["state"].value * result["state_groups"].value)
    rows = [
        [FULL, result["full"]["short"], result["full"]["longest"]],
        [STATES, states, states],
        [label(zh="一共", en="together"), result["each"]["short"], result["each"]["longest"]],
    ]
    return Table(columns, rows)
