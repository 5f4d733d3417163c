r"""Layers of a model on chips one after another: who holds what, what passes between them, and how long that takes.

Every stage works on another part of the batch, so that none is idle: a sequence waits for all stages, and chips for the
slowest. Emitted as JavaScript too.
"""

FIRST, BEFORE_LAST, LAST = "first", "before the last", "last"
"""Stages that take one more layer where layers do not divide evenly."""


def stage_layers(*, n_layers: int, n_stages: int, stage: int, spare: str) -> int:
    r"""Layers of one stage.

    $$ \lfloor L / p \rfloor + [\text{spare}] $$

    What is left over goes to the first stages, to the last ones, or backwards from the last but one, since the last
    holds the output head too.

    Args:
        n_layers: Layers of the model, $L$.
        n_stages: Stages, $p$.
        stage: Which, from 0.
        spare: Who takes what is left over: `"first"`, `"last"` or `"before the last"`.

    Source:
        TensorRT-LLM at 05ebebb, `tensorrt_llm/mapping.py` (pp_layers); SGLang at 1107be1,
        `python/sglang/srt/distributed/utils.py`; vLLM, `vllm/distributed/utils.py` (both get_pp_indices).

    >>> [stage_layers(n_layers=62, n_stages=4, stage=stage, spare="before the last") for stage in range(4)]
    [15, 16, 16, 15]
    """
    each = n_layers // n_stages
    left = n_layers - each * n_stages
    if spare == "first":
        return each + (1 if stage < left else 0)
    if spare == "last":
        return each + (1 if stage >= n_stages - left else 0)
    return each + (1 if n_stages - 1 - left <= stage < n_stages - 1 else 0)


def hop_bytes(*, n_tokens: float, d_model: int) -> float:
    r"""Bytes that pass from one stage to the next.

    $$ 2 \cdot 2 \, d \, t $$

    The output of a layer and the residual stream are sent apart, in 16 bits. Where chips share a stage, each sends its
    part, and the next stage gathers the parts: for each chip the same bytes in all.

    Args:
        n_tokens: Tokens that pass together, $t$.
        d_model: Width of the model, $d$.

    Source:
        vLLM's models (make_empty_intermediate_tensors_factory: hidden_states and residual) and
        `vllm/v1/worker/gpu_worker.py` (recv_tensor_dict, all_gather_group=get_tp_group()), read 2026-12-02.

    >>> hop_bytes(n_tokens=32, d_model=8192)
    1048576
    """
    return 4 * d_model * n_tokens


def slowest_stage_seconds(
    *, through_seconds: float, head_seconds: float, n_layers: int, most_layers: int, last_layers: int
) -> float:
    r"""Seconds of the slowest stage: the one with the most layers, or the last, which has the output head.

    $$ \max\left((t - h) \frac{L_{max}}{L},\; (t - h) \frac{L_p}{L} + h\right) $$

    Args:
        through_seconds: All stages one after another, $t$ [s].
        head_seconds: Of it the output head, $h$ [s].
        n_layers: Layers of the model, $L$, taken as equally slow.
        most_layers: Layers of the largest stage, $L_{max}$.
        last_layers: Layers of the last one, $L_p$.

    Source:
        Counting; vLLM leaves the last stage without a layer more for that reason (get_pp_indices).

    >>> slowest_stage_seconds(through_seconds=0.042, head_seconds=0.002, n_layers=80, most_layers=20, last_layers=20)
    0.012
    """
    body = through_seconds - head_seconds
    return max(body * most_layers / n_layers, body * last_layers / n_layers + head_seconds)


def pipeline_seconds(*, through_seconds: float, slowest_seconds: float, n_flying: float) -> float:
    r"""Seconds after which the same sequence is served again.

    $$ \max(t, m \, t_{max}) $$

    With fewer parts of a batch under way than stages, a part is through before its turn comes; else the slowest stage
    has to take all of them one after another.

    Args:
        through_seconds: One part through all stages, $t$ [s].
        slowest_seconds: The slowest stage, $t_{max}$ [s].
        n_flying: Parts under way, $m$: as many as stages, if there are so many sequences.

    Source:
        Counting, as for any assembly line; played out stage by stage in `tests/test_pipeline.py`. vLLM at 00080ee,
        `vllm/v1/engine/core.py` (batch_queue: as many batches under way).

    >>> pipeline_seconds(through_seconds=0.04, slowest_seconds=0.012, n_flying=4)
    0.048
    """
    return max(through_seconds, n_flying * slowest_seconds)


def pipeline_prompt_seconds(*, through_seconds: float, n_passes: float, largest_share: float) -> float:
    r"""Seconds of a prompt that is read in passes which follow each other from stage to stage.

    $$ \frac{t}{k} + \left(t - \frac{t}{k}\right) f $$

    The first pass goes through all stages; the others come one behind another at the pace of the largest stage.

    Args:
        through_seconds: All passes through all stages, one after another, $t$ [s].
        n_passes: Passes, $k$.
        largest_share: Share of the layers that the largest stage has, $f$.

    Source:
        Counting; played out stage by stage in `tests/test_pipeline.py`.

    >>> pipeline_prompt_seconds(through_seconds=0.8, n_passes=4, largest_share=0.5)
    0.5
    """
    one = through_seconds / n_passes
    return one + (through_seconds - one) * largest_share


def prompt_turn_share(*, n_passes: float, largest_share: float, n_flying: float) -> float:
    r"""Share of a prompt's time for which it keeps other sequences waiting.

    $$ \max\left(\frac{1}{m},\; \frac{f}{1/k + (1 - 1/k) f}\right) $$

    A prompt in one pass holds up the slowest stage alone, while others go on; passes that follow each other leave no
    stage to others.

    Args:
        n_passes: Passes in which it is read, $k$.
        largest_share: Share of the layers that the largest stage has, $f$; 1 without a pipeline.
        n_flying: Parts of the batch under way, $m$.

    Source:
        Counting; played out stage by stage in `tests/test_pipeline.py`.

    >>> prompt_turn_share(n_passes=1, largest_share=0.25, n_flying=4)
    0.25
    """
    alone = pipeline_prompt_seconds(through_seconds=1, n_passes=n_passes, largest_share=largest_share)
    return max(1 / n_flying, largest_share / alone)
