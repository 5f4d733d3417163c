"""How far published speeds are from what is expected of them: shares of rows by error."""

from llmnotes.figures import SERIES, new_figure
from llmnotes.timing.compare import compare_all, summarize
from llmnotes.timing.constants import fit_facts
from llmnotes.units import format_exact, format_percent

TEXT = {
    "zh": {
        "title": "{{n}} 条公开的速度，一半的误差在 {{median}} 以内",
        "caption": "横轴是误差，纵轴是误差不超过它的实测占多少；线越早升高越准。参与拟合的都在内，留出之后的误差在下面的表里。",
        "description": "五条上升的曲线：llama.cpp 的解码和 vLLM 的一步升得最快，读提示词慢些，TensorRT-LLM 的吞吐最慢。",
        "x": "误差（%）",
        "y": "误差不超过它的（%）",
        "llama.cpp decode": "llama.cpp 解码",
        "llama.cpp prefill": "llama.cpp 读提示词",
        "vllm step": "vLLM 一步",
        "tensorrt-llm throughput": "TensorRT-LLM 吞吐",
        "set": "引擎和测的是什么",
        "rows": "条数",
        "unit": "预计的速度比实测的差多少；来源见各引擎的页",
    },
    "en": {
        "title": "Half of {{n}} published speeds are met within {{median}}",
        "caption": "Across: the error. Up: the share of measurements with at most that error; the sooner a line rises, "
        "the closer. Rows that set the constants are among them; errors of what was held out are in the table below.",
        "description": "Rising curves: decoding with llama.cpp and steps of vLLM rise first, prompts more slowly, "
        "the throughput of TensorRT-LLM last.",
        "x": "error (%)",
        "y": "measurements with at most that error (%)",
        "llama.cpp decode": "llama.cpp, decode",
        "llama.cpp prefill": "llama.cpp, prompts",
        "vllm step": "vLLM, steps",
        "tensorrt-llm throughput": "TensorRT-LLM, throughput",
        "set": "engine and what is measured",
        "rows": "rows",
        "unit": "error of the expected speed against the measured one; sources stand on the pages of the engines",
    },
}

KIND = "reported"
ERRORS = (0, 2, 4, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50)


# --8<-- [start:compute]
def compute() -> dict:
    fitted = [one for one in compare_all() if one.point.source.inferred is None]
    sets: dict[str, list] = {}
    for one in fitted:
        sets.setdefault(f"{one.point.engine} {one.point.kind}", []).append(one)
    whole = summarize(fitted)
    held = fit_facts()["held_out"]
    return {
        "n": whole.n,
        "median": whole.median_error,
        "chips": len({one.point.chip for one in fitted}),
        "models": len({one.point.model for one in fitted}),
        "held": {
            "llama_decode": held["decode"]["local"]["model"],
            "llama_prefill": held["prefill"]["local"]["model"],
            "vllm_step": held["decode"]["servers"]["model"],
            "trt_throughput": held["decode"]["busy servers"]["model"],
        },
        "curves": {
            name: {
                "n": len(rows),
                "shares": [sum(100 * abs(one.ratio - 1) <= error for one in rows) / len(rows) for error in ERRORS],
            }
            for name, rows in sorted(sets.items())
        },
    }


# --8<-- [end:compute]


def claims(result, lang):
    found = {
        "n": format_exact(result["n"]),
        "median": format_percent(result["median"], lang),
        "chips": format_exact(result["chips"]),
        "models": format_exact(result["models"]),
    }
    for name, held in result["held"].items():
        found[f"{name}_median"] = format_percent(held["median_error"], lang)
    decode = result["held"]["llama_decode"]
    found["llama_decode_within"] = format_percent(decode["within_25"], lang)
    found["llama_decode_covered"] = format_percent(decode["covered"], lang)
    return found


def draw(result, text, width):
    fig, ax = new_figure(width, height=380)
    for (name, curve), color in zip(result["curves"].items(), SERIES, strict=False):
        ax.plot(ERRORS, [100 * share for share in curve["shares"]], "-", color=color, label=text[name], linewidth=2)
    ax.set(xlabel=text["x"], ylabel=text["y"], xlim=(0, 50), ylim=(0, 100))
    ax.legend(loc="lower right")
    return fig


def table(result, text):
    rows = [
        [text[name], curve["n"], *(round(100 * share, 1) for share in curve["shares"][1:])]
        for name, curve in result["curves"].items()
    ]
    return {
        "columns": [text["set"], text["rows"], *(f"≤ {error}%" for error in ERRORS[1:])],
        "rows": rows,
        "unit": text["unit"],
    }


if __name__ == "__main__":
    print(compute())
