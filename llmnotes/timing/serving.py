"""A server that is never idle: while answers are written, the prompts of those to come are read."""

from dataclasses import replace
from math import ceil

from llmnotes.cost import CostProfile
from llmnotes.cost.assumptions import PREFILL_CHUNK, USABLE_SHARE, Precision
from llmnotes.cost.inverses import largest_batch
from llmnotes.equations.pipeline import stage_layers
from llmnotes.registry import Chip
from llmnotes.timing.runtimes import Runtime
from llmnotes.timing.terms import tokens_on_one_chip
from llmnotes.timing.work import Counted, Sharing, prompt_terms, step_terms

MOST_SEQUENCES = 2048
"""Sequences that a group of chips runs at once at most, however many fit: TensorRT-LLM's default of `max_batch_size`
(`tensorrt_llm/llmapi/llm_args.py`, BuildConfig)."""


def sequences_at_once(
    model: Counted,
    chip: Chip,
    sharing: Sharing,
    *,
    n_tokens: int,
    precision: Precision,
    most: int = MOST_SEQUENCES,
    spare: str = "",
) -> int:
    """Sequences of a length that fit the chips that share a model; 0 where none does.

    In a pipeline the stage with the least room decides: the first, which has the table, the last, which has the head,
    or the last but one. `spare` says which stages take the layers left over.
    """
    n_groups, n_stages = sharing.n_groups, sharing.n_stages
    fitting = min(
        largest_batch(
            held_profile(model, sharing, stage, spare),
            n_tokens=tokens_on_one_chip(n_tokens=n_tokens, n_context=sharing.n_context),
            n_chips=sharing.n_chips // n_stages // n_groups,
            weight_bits=precision.held_bits,
            expert_bits=precision.expert_bits,
            kv_bits=precision.cache,
            memory_bytes=chip.memory_bytes,
            usable_share=USABLE_SHARE,
            prefill_chunk=PREFILL_CHUNK,
        )
        for stage in sorted({0, max(0, n_stages - 2), n_stages - 1})
    )
    return n_groups * min(most, fitting)


def held_profile(model: Counted, sharing: Sharing, stage: int, spare: str) -> CostProfile:
    """What the chips of one group and stage hold, as far as memory goes: every group dense layers whole, and of the
    experts its share; every stage its share of the layers, which are taken as equal, and of the ends table or head.
    """
    profile, n_groups, n_stages = model.profile, sharing.n_groups, sharing.n_stages
    if n_groups == 1 and n_stages == 1:
        return profile
    n_layers = model.layers.n_layers
    share = stage_layers(n_layers=n_layers, n_stages=n_stages, stage=stage, spare=spare) / n_layers
    experts = (replace(group, n_experts=group.n_experts / n_groups * share) for group in profile.experts)
    if n_stages == 1:
        return replace(profile, experts=tuple(experts))
    head = profile.logits_flops / 2
    table = profile.lookup_params or head  # a tied head is held a second time
    return replace(
        profile,
        read_params=(profile.read_params - head) * share + (head if stage == n_stages - 1 else 0),
        lookup_params=0 if stage else table,
        experts=tuple(experts),
        growing_elements=profile.growing_elements * share,
        capped_elements=tuple(replace(group, amount=group.amount * share) for group in profile.capped_elements),
        entry_keeps=tuple(
            replace(group, per_entry=group.per_entry * share, per_waiting=group.per_waiting * share)
            for group in profile.entry_keeps
        ),
        conv_elements=profile.conv_elements * share,
        state_elements=profile.state_elements * share,
        heads=tuple(replace(group, elements_per_head=group.elements_per_head * share) for group in profile.heads),
    )


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
