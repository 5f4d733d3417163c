"""What EleutherAI's parameter script answers for Llama 3.1 8B at several sequence lengths, beside the right answer."""

from llmnotes import count_params, load_model, registry
from llmnotes.figures import label_lines, new_figure
from llmnotes.units import format_count, format_exact, format_number, format_percent

TEXT = {
    "zh": {
        "title": "同一个模型，脚本却给出 {{at_8k}}和 {{at_128k}}两个参数总数，差别只在序列长度",
        "caption": "Llama 3.1 8B。脚本那条线照 EleutherAI/cookbook（827ee3b）calc_transformer_params.py 的公式算，"
        "参数 -ff 4 -nl 3 -kv 0.25。",
        "description": "两条线。脚本的总数随序列长度上升，正确的总数是一条水平线。",
        "script": "脚本",
        "exact": "正确",
        "x": "-s，序列长度（token）",
        "y": "参数（十亿个）",
    },
    "en": {
        "title": "One model, two answers: {{at_8k}} or {{at_128k}} parameters, as the sequence length is set",
        "caption": "Llama 3.1 8B. The upper line follows the formula of calc_transformer_params.py in "
        "EleutherAI/cookbook (827ee3b), with -ff 4 -nl 3 -kv 0.25.",
        "description": "Two lines: the script's total rises with the sequence length, the right total is level.",
        "script": "script",
        "exact": "right",
        "x": "-s, sequence length (tokens)",
        "y": "parameters (billions)",
    },
}


# --8<-- [start:compute]
def compute() -> dict:
    model, small = load_model("llama-3.1-8b"), load_model("llama-3.2-1b")
    config = registry.find("llama-3.1-8b").config
    d, n_layers = model.d_model, model.n_layers
    kv_ratio = config["num_key_value_heads"] / config["num_attention_heads"]
    lengths = [2_048, 8_192, 32_768, 131_072]
    positions = [d * n for n in lengths]  # one row for every position, whatever the model does about order
    factor = 4  # it takes whole multiples of d only; the model's own factor is not one
    the_rest = 2 * d * model.vocab_size + 2 * (1 + kv_ratio) * n_layers * d**2  # embeddings, attention
    the_rest += 3 * factor * n_layers * d**2 + 8 * n_layers * d + 2 * d  # feed-forward, norms
    script = [the_rest + added for added in positions]
    return {
        "lengths": lengths,
        "script": script,
        "exact": count_params(model).total,
        "positions": positions,
        "difference": script[-1] - script[1],
        "factor": factor,
        "true_factor": config["intermediate_size"] / d,
        "small_added": small.d_model * lengths[-1],
        "small_share": small.d_model * lengths[-1] / count_params(small).total,
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    return {
        "s_2k": format_exact(result["lengths"][0], lang),
        "s_8k": format_exact(result["lengths"][1], lang),
        "s_128k": format_exact(result["lengths"][-1], lang),
        "at_2k": format_count(result["script"][0], lang),
        "at_8k": format_count(result["script"][1], lang),
        "at_128k": format_count(result["script"][-1], lang),
        "exact": format_count(result["exact"], lang),
        "difference": format_exact(round(result["difference"]), lang),
        "factor": format_number(result["factor"]),
        "true_factor": format_number(result["true_factor"]),
        "small_added": format_exact(result["small_added"], lang),
        "small_share": format_percent(result["small_share"], lang),
    }


def draw(result, text, width):
    fig, ax = new_figure(width)
    ax.plot(result["lengths"], [total / 1e9 for total in result["script"]], label=text["script"])
    ax.plot(result["lengths"], [result["exact"] / 1e9] * len(result["lengths"]), label=text["exact"])
    ax.set_xticks([0, 32_768, 65_536, 98_304, 131_072], ["0", "32K", "64K", "96K", "128K"])
    label_lines(ax)
    ax.set(xlabel=text["x"], ylabel=text["y"])
    return fig


def table(result, text):
    rows = [[n, round(total), result["exact"]] for n, total in zip(result["lengths"], result["script"], strict=True)]
    return {"columns": [text["x"], text["script"], text["exact"]], "rows": rows, "unit": text["y"]}


if __name__ == "__main__":
    print(compute())
