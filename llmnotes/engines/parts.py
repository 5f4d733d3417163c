"""The shape of every engine's answer: named bytes with the formula that gave them, and how work divides among cards."""

from dataclasses import dataclass


class EngineError(ValueError):
    """A setting that an engine does not have: names the setting, its value and the remedy."""


@dataclass(frozen=True)
class Part:
    """Bytes of one card set aside for one thing.

    Attributes:
        name: `cache`, `state`, `weights`, `compute`, `output`, `activation`, `graphs`, `runtime`.
        formula: The numbers multiplied, as read.
    """

    name: str
    bytes: float
    formula: str


@dataclass(frozen=True)
class Allocation:
    """What an engine sets aside on one card (the fullest).

    Attributes:
        engine: Name of the engine.
        version: Version of the source that the rules were read from.
    """

    engine: str
    version: str
    parts: tuple[Part, ...]

    @property
    def total_bytes(self) -> float:
        """All parts."""
        return sum(part.bytes for part in self.parts)

    def bytes_of(self, *names: str) -> float:
        """The parts of these names."""
        return sum(part.bytes for part in self.parts if part.name in names)


@dataclass(frozen=True)
class Parallel:
    r"""How a model divides among cards.

    Attributes:
        tensor: Cards that share every layer (TP); KV heads divide, and are copied where there are fewer than cards.
        pipeline: Stages that hold layers one after another (PP).
        expert: Cards among which routed experts divide (EP).
        data: Groups within `tensor` that each hold the attention of their own requests (DP attention): KV heads divide
            among `tensor / data` cards, and a request's cache stands in one group alone.
        context: Cards among which the tokens of one request divide (decode context parallelism).

    Source:
        Pope et al. 2022, arXiv:2211.05102, section 3; SGLang, `python/sglang/srt/layers/dp_attention.py`; vLLM,
        `vllm/config/parallel.py` (decode_context_parallel_size), `vllm/model_executor/layers/fused_moe/config.py` at
        00c1c6a (FusedMoEParallelConfig.make: experts divide among data × tensor cards, by width or, with
        `--enable-expert-parallel`, whole) and `docs/serving/data_parallel_deployment.md`.
    """

    tensor: int = 1
    pipeline: int = 1
    expert: int = 1
    data: int = 1
    context: int = 1

    def __post_init__(self):
        for name in ("tensor", "pipeline", "expert", "data", "context"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise EngineError(f"{name} parallelism must be a whole number above 0, not {value!r}")
        if self.tensor % self.data:
            raise EngineError(
                f"data parallelism of attention ({self.data}) must divide tensor parallelism ({self.tensor}); "
                "give a divisor"
            )

    @property
    def attention(self) -> int:
        """Cards that share the attention of one request."""
        return self.tensor // self.data

    @property
    def n_cards(self) -> int:
        """Cards in all."""
        return self.tensor * self.pipeline

    def weight_bytes_on_one_card(self, *, dense_bytes: float, routed_bytes: float) -> float:
        r"""Bytes of weights on one card: each group holds what is not routed, and all cards share the routed experts.

        $$ \frac{1}{P} \left( \frac{W_d}{T / D} + \frac{W_E}{T} \right) $$

        >>> Parallel(tensor=8, data=8).weight_bytes_on_one_card(dense_bytes=10e9, routed_bytes=80e9)
        20000000000.0
        """
        return (dense_bytes / self.attention + routed_bytes / self.tensor) / self.pipeline

    def heads_on_one_card(self, n_heads: int) -> int:
        """KV heads on the fullest card: a head is not split, and each card holds at least one."""
        return -(-n_heads // self.attention)

    def tokens_on_one_card(self, n_tokens: int) -> int:
        """Tokens of one request on the fullest card."""
        return -(-n_tokens // self.context)


def padded(n: int, to: int) -> int:
    """The next multiple.

    >>> padded(2560, 256), padded(2561, 256)
    (2560, 2816)
    """
    return -(-n // to) * to
