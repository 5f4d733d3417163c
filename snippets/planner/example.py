"""The need with which the planner opens, answered by hand: the cheapest safe way, one round of its steps, its price."""

from llmnotes import load_model
from llmnotes.figures import Mechanism, Table, label
from llmnotes.quantities import count, number, seconds, share, usd
from llmnotes.registry import find_chip
from llmnotes.timing.estimate import Setup
from llmnotes.timing.formats import precision_of
from llmnotes.timing.plan import Need, pareto, plan, replica_of
from llmnotes.timing.runtimes import find_runtime
from llmnotes.timing.work import count as counted

MODEL, NEED = "llama-3.3-70b", Need(4096, 512, 32, 2, 20)
ENGINES = {"vllm": "vLLM", "tensorrt-llm": "TensorRT-LLM"}


# --8<-- [start:compute]
def compute():
    model = load_model(MODEL)
    found = plan(model, NEED)
    kept, middle = pareto(found), pareto(plan(model, NEED, sure=False))[0]
    best = kept[0]
    precision = precision_of(model, best.form)
    setup = Setup(find_chip(best.chip), find_runtime(best.engine), best.n_chips, precision)
    replica = replica_of(counted(model), setup, NEED)
    assert replica is not None
    turns, (step, prompt) = NEED.n_output // best.batch_size, (replica.step.expected, replica.prompt.expected)
    return {
        "model": model.name,
        **count({"n_prompt": NEED.n_prompt, "n_output": NEED.n_output, "n_users": NEED.n_users}),
        **number({"asked": NEED.tokens_per_s, "within": NEED.first_token_s}),
        "best": said(best),
        "middle": said(middle),
        **seconds({"step": step, "prompt": prompt, "each": replica.each.expected}),
        **seconds({"steps": turns * step, "round": turns * step + prompt}),
        "reading": share(prompt / (turns * step + prompt)),
        "alone": number(1 / step),
        "hourly": count(round(3600 * NEED.n_users * best.promised[0])),
        "person": usd(best.usd_per_hour / NEED.n_users),
        "batch": count(best.batch_size),
        "turns": count(turns),
        "ways": count(len(found)),
        "kept": count(len(kept)),
        "dearer": share(best.usd_per_hour / middle.usd_per_hour - 1),
    }


def said(one):
    return {
        "n": count(one.all_chips),
        "chip": find_chip(one.chip).name,
        "form": one.form.upper(),
        "engine": ENGINES[one.engine],
        "way": one.parallelism,
        **usd({"hour": one.usd_per_hour, "million": one.usd_per_million}),
        **number({"speed": one.tokens_per_s[0], "slow": one.tokens_per_s[1]}),
        "first": seconds(one.first_token_s[0]),
    }


# --8<-- [end:compute]


def draw(result, canvas):
    turns, share_read = result["turns"].value, result["reading"].value
    drawing = Mechanism(canvas, height=176)
    step = drawing.width * (1 - share_read) / turns
    middle = turns * step
    drawing.words(0, 12, label(zh=f"卡：{turns} 步", en=f"card: {turns} steps"), muted=True)
    drawing.words(middle, 12, label(zh="读一段提示词", en="one prompt"), muted=True)
    for turn in range(turns):
        drawing.box(turn * step, 26, step, 44, color=0)
    drawing.box(middle, 26, drawing.width - middle, 44, label(zh="读", en="reads"), color=1)
    drawing.words(0, 94, label(zh="其中一个人", en="one of the others"), muted=True)
    size = min(16, step - 2)
    for turn in range(turns):
        at = (turn + 1) * step - size
        drawing.cells(at, 110, rows=1, columns=1, size=size, filled=[(0, 0)], color=0)
    drawing.box(middle + 4, 106, drawing.width - middle - 4, 30, label(zh="等", en="waits"), dashed=True)
    steps, prompt = (result[key] for key in ("steps", "prompt"))
    drawing.words(middle / 2, 158, canvas.say(steps), anchor="middle")
    drawing.words((middle + drawing.width) / 2, 158, canvas.say(prompt), anchor="middle")
    return drawing


def table(result):
    said = (
        label(zh="在一轮里", en="in one round"),
        label(zh="时间", en="time"),
        label(zh="这个人拿到", en="tokens for one user"),
    )
    steps = label(zh="给每个人各写一个 token", en="steps that write a token for each")
    prompt = label(zh="读一段新的提示词", en="reading one new prompt")
    return Table(said, [[steps, result["steps"], result["turns"]], [prompt, result["prompt"], count(0)]])
