"""Weights as one rank loads them, against the parameters of the model."""

from llmnotes.engines.logs.findings import EQUAL, EXPLAINED, INPUT, Finding
from llmnotes.engines.logs.reading import Line, Printed
from llmnotes.engines.outline import Outline
from llmnotes.engines.parts import Parallel

SIXTEEN_BITS = 2.0
CLOSE = 0.02
FEWEST_BITS = 1.5
"""No checkpoint stores a parameter in fewer on average."""


def weights(
    line: Line, engine: str, said: Printed, model: Outline | None, cards: Parallel, stage_params: int = 0
) -> Finding:
    """What the weights of one rank are: parameters at 16 bits, or how many bits each takes on average.

    Tables of positions, padding and scales come on top of parameters; norms and small projections stand on every card.

    Args:
        line: The line.
        engine: The engine.
        said: The bytes that it names.
        model: The model.
        cards: How it divides among cards.
        stage_params: Parameters of the stage of a pipeline that the line is about; an even share where it is not known.
    """
    if model is None or not model.n_params:
        return Finding(line.number, engine, "weights", said, INPUT, why="weights_of_one_rank")
    held, among = (stage_params, cards.tensor) if stage_params else (model.n_params, cards.n_cards)
    each = held / among
    divided = f" / {among}" if among > 1 else ""
    ways = [(each * SIXTEEN_BITS, f"{held:,} × 2 B{divided}")]
    if model.weight_bytes:
        stored = model.weight_bytes * held / model.n_params
        ways.insert(0, (stored / among, f"{stored:,.0f} B{divided}"))
    for derived, formula in ways:
        if abs(said.value - derived) <= CLOSE * derived:
            agrees = said.agrees(derived)
            values = {"more": f"{(said.value - derived) / 2**20:,.0f} MiB"}
            why = "" if agrees else "weights_and_buffers"
            verdict = EQUAL if agrees else EXPLAINED
            return Finding(line.number, engine, "weights", said, verdict, derived, formula, why, values)
    bits = said.value * 8 / each
    if bits < FEWEST_BITS:  # more cards share the layers than the log shows
        return Finding(line.number, engine, "weights", said, INPUT, why="weights_of_one_rank")
    values = {"bits": f"{bits:.2f}"}
    return Finding(line.number, engine, "weights", said, INPUT, None, "", "weights_in_bits", values)
