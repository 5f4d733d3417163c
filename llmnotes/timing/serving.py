"""A server that is never idle: while answers are written, the prompts of those to come are read."""

from dataclasses import replace
from math import ceil

from llmnotes.cost.assumptions import PREFILL_CHUNK, USABLE_SHARE, Precision
from llmnotes.cost.inverses import largest_batch
from llmnotes.registry import Chip
from llmnotes.timing.runtimes import Runtime
from llmnotes.timing.work import Counted, Sharing, prompt_terms, step_terms

MOST_SEQUENCES = 2048
"""Sequences that a group of chips runs at once at most, however many fit: TensorRT-LLM's default of `max_batch_size`
(`tensorrt_llm/llmapi/llm_args.py`, BuildConfig)."""


def sequences_at_once(
    model: Counted, chip: Chip, sharing: Sharing, *, n_tokens: int, precision: Precision, most: int = MOST_SEQUENCES
) -> int:
    """Sequences of a length that fit the chips that share a model; 0 where none does."""
    n_groups, profile = sharing.n_groups, model.profile
    if n_groups > 1:  # every group holds dense layers whole, and of the experts its share
        experts = (replace(group, n_experts=group.n_experts / n_groups) for group in profile.experts)
        profile = replace(profile, experts=tuple(experts))
    fitting = largest_batch(
        profile,
        n_tokens=n_tokens,
        n_chips=sharing.n_chips // n_groups,
        weight_bits=precision.weights,
        expert_bits=precision.expert_bits,
        kv_bits=precision.cache,
        memory_bytes=chip.memory_bytes,
        usable_share=USABLE_SHARE,
        prefill_chunk=PREFILL_CHUNK,
    )
    return n_groups * min(most, fitting)


def serving_terms(
    model: Counted,
    chip: Chip,
    sharing: Sharing,
    *,
    n_prompt: int,
    n_output: int,
    precision: Precision,
    runtime: Runtime,
    n_requests: int = 0,
) -> dict[str, float]:
    r"""Ideal seconds of one chip for one output token: a share of a step, and of the prompt that came before.

    $$ x = n \left( \frac{x_s}{B} + \frac{x_p}{n_o} \right), \qquad B = \frac{R}{\lceil R / B_{max} \rceil} $$

    $x_s$ is a step of $B$ sequences in the middle of their answers, $x_p$ the reading of one prompt, $n_o$ the tokens
    of an answer and $n$ the chips that share the model. Of $R$ requests of one length, which a benchmark sends at once,
    as many run together as fill their waves evenly; without a number, as many wait as fit.

    Raises:
        ValueError: If not one sequence fits.
    """
    most = sequences_at_once(model, chip, sharing, n_tokens=n_prompt + n_output, precision=precision)
    if not most:
        raise ValueError(f"{model.name} does not fit {sharing.n_chips} × {chip.name} with {n_prompt + n_output} tokens")
    batch = n_requests / ceil(n_requests / most) if n_requests else most
    step = step_terms(model, chip, sharing, n_past=n_prompt + n_output // 2, batch_size=batch, precision=precision)
    n_prompts = max(1, sharing.n_groups * runtime.micro_batch // n_prompt)
    prompt = prompt_terms(
        model,
        chip,
        sharing,
        n_new=n_prompt,
        n_past=0,
        n_prompts=n_prompts,
        micro_batch=runtime.micro_batch,
        precision=precision,
        absorbed=runtime.absorbed,
    )
    whole = {name: amount / batch for name, amount in step.items()}
    for name, amount in prompt.items():
        whole[name] = whole.get(name, 0.0) + amount / n_prompts / n_output
    return {name: sharing.n_chips * amount for name, amount in whole.items()}
