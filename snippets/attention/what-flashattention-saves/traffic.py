"""Elements that one head must move between slow memory and the chip: plain attention and attention in tiles."""

from llmnotes.equations.attention_traffic import least_traffic_elements, plain_traffic_elements
from llmnotes.figures import bars, label
from llmnotes.figures.play import Bar, Number, Play, choice, tokens
from llmnotes.quantities import bytes_of, count, ratio

N_TOKENS, N_BYTES = 4_096, 2
WIDTHS = (64, 128, 256)


# --8<-- [start:compute]
def row(head_dim):
    shape = {"n_tokens": N_TOKENS, "head_dim": head_dim}
    plain, least = count(plain_traffic_elements(**shape)), count(least_traffic_elements(**shape))
    return {"d": count(head_dim), "plain": plain, "least": least, "ratio": plain / least}


def compute():
    rows = {str(head_dim): row(head_dim) for head_dim in WIDTHS}
    return {
        **{f"at_{head_dim}": one for head_dim, one in rows.items()},
        "n": count(N_TOKENS),
        "bits": count(8 * N_BYTES),
        "plain_bytes": bytes_of(N_BYTES * rows["128"]["plain"].value),
        "least_bytes": bytes_of(N_BYTES * rows["128"]["least"].value),
        "matrix_bytes": bytes_of(N_BYTES * N_TOKENS * 128),
        "table_bytes": bytes_of(N_BYTES * N_TOKENS**2),
        "table_moved": bytes_of(4 * N_BYTES * N_TOKENS**2),
        "decode": ratio(decode(128)),
    }


def decode(head_dim):
    """One new token: query, output, all keys and values; plain attention also its row of scores, four times."""
    moved = 2 * head_dim + 2 * N_TOKENS * head_dim
    return (moved + 4 * N_TOKENS) / moved


# --8<-- [end:compute]


def draw(result):
    plain, least = label(zh="普通注意力", en="plain attention", id="plain"), label(zh="分块", en="tiles", id="least")
    values = {plain: result["plain_bytes"], least: result["least_bytes"]}
    return bars(
        values,
        rows=label(zh="哪一种", en="which"),
        x=label(zh="一个头至少要搬的数据", en="least traffic of one head"),
        form=None,
        until=600 * 2**20,
    )


def plain_bytes(*, n_tokens: int, head_dim: int) -> float:
    return N_BYTES * plain_traffic_elements(n_tokens=n_tokens, head_dim=head_dim)


def least_bytes(*, n_tokens: int, head_dim: int) -> float:
    return N_BYTES * least_traffic_elements(n_tokens=n_tokens, head_dim=head_dim)


def times(*, n_tokens: int, head_dim: int) -> float:
    return plain_bytes(n_tokens=n_tokens, head_dim=head_dim) / least_bytes(n_tokens=n_tokens, head_dim=head_dim)


def play(result):
    width = label(zh="头维度", en="head dimension")
    return Play(
        controls=[
            tokens(N_TOKENS, low=256, high=8_192),
            choice("head_dim", 128, options=(64, 96, 128, 192, 256), label=width),
        ],
        marks={"plain": Bar(plain_bytes), "least": Bar(least_bytes)},
        numbers={
            "plain": Number(plain_bytes, "bytes"),
            "least": Number(least_bytes, "bytes"),
            "times": Number(times, "ratio"),
        },
        sentence=label(
            zh="{{n_tokens}} 个 token、头维度 {{head_dim}}：普通注意力至少搬 {{plain}}，分块至少搬 {{least}}，前者是后者的 {{times}}。",
            en="{{n_tokens}} tokens, head dimension {{head_dim}}: plain attention must move {{plain}}, tiles {{least}}; "
            "the former is {{times}} the latter.",
        ),
    )
