"""A server that is never idle: while answers are written, the prompts of those to come are read."""

from llmnotes.cost.assumptions import PREFILL_CHUNK, USABLE_SHARE, Precision
from llmnotes.cost.inverses import largest_batch
from llmnotes.registry import Chip
from llmnotes.timing.runtimes import Runtime
from llmnotes.timing.work import Counted, Sharing, prompt_terms, step_terms

MOST_SEQUENCES = 2048
"""Sequences that a server runs at once at most, however many fit: TensorRT-LLM's default of `max_batch_size`."""


def sequences_at_once(
    model: Counted, chip: Chip, sharing: Sharing, *, n_tokens: int, precision: Precision, most: int = MOST_SEQUENCES
) -> int:
    """Sequences of a length that fit the chips that share a model; 0 where none does."""
    fitting = largest_batch(
        model.profile,
        n_tokens=n_tokens,
        n_chips=sharing.n_chips,
        weight_bits=precision.weights,
        expert_bits=precision.expert_bits,
        kv_bits=precision.cache,
        memory_bytes=chip.memory_bytes,
        usable_share=USABLE_SHARE,
        prefill_chunk=PREFILL_CHUNK,
    )
    return min(most, fitting)


def serving_terms(
    model: Counted,
    chip: Chip,
    sharing: Sharing,
    *,
    n_prompt: int,
    n_output: int,
    precision: Precision,
    runtime: Runtime,
    batch_size: int | None = None,
) -> dict[str, float]:
    r"""Ideal seconds of one chip for one output token: a share of a step, and of the prompt that came before.

    $$ x = n \left( \frac{x_s}{B} + \frac{x_p}{n_o} \right) $$

    $x_s$ is a step of $B$ sequences in the middle of their answers, $x_p$ the reading of one prompt, $n_o$ the tokens
    of an answer and $n$ the chips that share the model. Holds while as many requests wait as fit.

    Raises:
        ValueError: If not one sequence fits.
    """
    batch = batch_size or sequences_at_once(model, chip, sharing, n_tokens=n_prompt + n_output, precision=precision)
    if not batch:
        raise ValueError(f"{model.name} does not fit {sharing.n_chips} × {chip.name} with {n_prompt + n_output} tokens")
    step = step_terms(model, chip, sharing, n_past=n_prompt + n_output // 2, batch_size=batch, precision=precision)
    prompt = prompt_terms(
        model,
        chip,
        sharing,
        n_new=n_prompt,
        n_past=0,
        micro_batch=runtime.micro_batch,
        precision=precision,
        absorbed=runtime.absorbed,
    )
    whole = {name: amount / batch for name, amount in step.items()}
    for name, amount in prompt.items():
        whole[name] = whole.get(name, 0.0) + amount / n_output
    return {_unpacked(name, chip): sharing.n_chips * amount for name, amount in whole.items()}


def _unpacked(name: str, chip: Chip) -> str:
    """The part as a chip does it that cannot multiply in four bits: it unpacks first."""
    if "fp4" in chip.peak_flops_per_s or not name.endswith("products_4"):
        return name
    return name.removesuffix("_4") + "_mix"
