"""The shape of a model as llama.cpp prints it when it loads a file."""

import re
from collections import Counter
from dataclasses import dataclass

from llmnotes.engines.outline import HEADS, LATENT, Entry, Kept, Outline, State

NAMES = frozenset(
    """arch n_ctx_train n_embd n_layer n_layer_all n_head n_head_kv n_swa is_swa_any n_embd_head_k n_embd_head_v
    n_embd_k_gqa n_embd_v_gqa n_ff n_expert n_expert_used n_vocab n_lora_kv ssm_d_conv ssm_d_inner ssm_d_state
    ssm_n_group""".split()  # noqa: SIM905 - a list literal would fill a screen
)
LATENT_ARCHITECTURES = ("deepseek2", "deepseek3", "deepseek32", "glm-dsa", "kimi-linear", "minicpm3", "plm")
_ARRAY = re.compile(r"\[([\d,\s]+)")


def numbers(text: str) -> list[int]:
    """The value of a hyperparameter: one number, or one for each layer.

    >>> numbers("1024"), numbers("[0, 8, 0, 8]")
    ([1024], [0, 8, 0, 8])
    """
    array = _ARRAY.match(text)
    if array:
        return [int(part) for part in array[1].split(",") if part.strip().isdigit()]
    return [int(text)] if text.isdigit() else []


@dataclass(frozen=True)
class Shape:
    """What the printed hyperparameters say.

    Attributes:
        key_rows: Numbers of a key row: how many layers have one so wide.
        value_rows: The same of value rows, by width of the key row.
        conv_row: Numbers that one layer's convolution keeps for a sequence.
        state_row: Numbers of one layer's recurrent state.
    """

    arch: str
    n_layers: int
    d_model: int
    vocab_size: int
    n_heads: int
    n_ctx_train: int
    window: int
    key_rows: Counter[int]
    value_rows: dict[int, int]
    conv_row: int
    state_row: int

    @property
    def latent(self) -> bool:
        """Values are a part of the keys."""
        return self.arch in LATENT_ARCHITECTURES

    def rows(self, n_layers: int) -> list[tuple[int, int]]:
        """Key and value rows that a cache of so many layers may have; the likeliest first."""
        fitting = [width for width, n in self.key_rows.items() if n == n_layers]
        others = [width for width in self.key_rows if width not in fitting]
        return [(width, self.value_rows.get(width, width)) for width in (*fitting, *others)]

    def outline(self) -> Outline | None:
        """The outline, where the printed shape alone says what every layer keeps: one width, no window, no state."""
        if self.window or self.state_row or self.conv_row or len(self.key_rows) != 1 or not self.d_model:
            return None
        ((width, _),) = self.key_rows.items()
        kind = LATENT if self.latent else HEADS
        entry = Entry(kind, 1, width, 0 if self.latent else self.value_rows.get(width, width))
        return Outline(
            "the model of the log",
            self.d_model,
            self.vocab_size,
            self.n_heads,
            self.n_ctx_train or None,
            self.n_layers * (Kept((entry,)),),
        )

    def state(self) -> State:
        """One layer's state."""
        return State(self.conv_row, 1, self.state_row, 1)


def shape_of(printed: dict[str, str]) -> Shape | None:
    """The shape, or `None` where too little is printed.

    >>> shape_of({"arch": "llama", "n_layer": "32", "n_embd": "4096", "n_embd_k_gqa": "1024"}).key_rows
    Counter({1024: 32})
    """

    def one(name: str) -> int:
        values = numbers(printed.get(name, ""))
        return max(values) if values else 0

    n_layers = one("n_layer_all") or one("n_layer")
    if not n_layers:
        return None
    keys = numbers(printed.get("n_embd_k_gqa", ""))
    values = numbers(printed.get("n_embd_v_gqa", "")) or keys
    if len(keys) == 1:
        keys = keys * n_layers
    if len(values) == 1:
        values = values * len(keys)
    pairs = [(key, value) for key, value in zip(keys, values, strict=False) if key]
    taps, inner, width, groups = (one(name) for name in ("ssm_d_conv", "ssm_d_inner", "ssm_d_state", "ssm_n_group"))
    return Shape(
        arch=printed.get("arch", ""),
        n_layers=n_layers,
        d_model=one("n_embd"),
        vocab_size=one("n_vocab"),
        n_heads=one("n_head"),
        n_ctx_train=one("n_ctx_train"),
        window=one("n_swa"),
        key_rows=Counter(key for key, _ in pairs),
        value_rows=dict(pairs),
        conv_row=max(0, taps - 1) * (inner + 2 * groups * width),
        state_row=inner * width,
    )
