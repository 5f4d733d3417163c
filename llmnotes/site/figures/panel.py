"""The controls below a drawing and its result in words."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import Any

from llmnotes.site.text.shown import Shown
from llmnotes.units import format_number

WORDS = {
    "zh": {
        "try": "换成你的数",
        "reset": "恢复原样",
        "built": "原图：",
        "beyond": "超出坐标轴的部分画在边上。",
        "model": "模型",
        "chip": "芯片",
        "n_tokens": "上下文（token）",
        "n_past": "已有的上下文（token）",
        "n_new": "新 token",
        "batch_size": "同时的序列",
        "kv_bits": "缓存位数",
        "weight_bits": "权重位数",
        "n_chips": "芯片数",
    },
    "en": {
        "try": "Try your own",
        "reset": "As built",
        "built": "As built: ",
        "beyond": "What lies beyond the axes stands at their edge.",
        "model": "Model",
        "chip": "Chip",
        "n_tokens": "Context (tokens)",
        "n_past": "Context so far (tokens)",
        "n_new": "New tokens",
        "batch_size": "Sequences at once",
        "kv_bits": "Bits in the cache",
        "weight_bits": "Bits of weights",
        "n_chips": "Chips",
    },
}
CHOSEN = ("model", "chip")


def html_of(shown: Shown) -> str:
    """Return the controls and the result of a figure as HTML, or nothing where there is none to show."""
    if not shown.play or not shown.play["sentence"]:
        return ""
    words = WORDS[shown.lang]
    controls = "".join(_control(shown, control) for control in shown.play["controls"])
    label = html.escape(f"{words['try']}: {shown.title}")
    said = html.escape(shown.play["said"], quote=False)
    return (
        f'<div class="ln-panel" role="group" aria-label="{label}" data-search-exclude>'
        f'<div class="ln-controls">{controls}'
        f'<button class="ln-reset" type="button" disabled>{words["reset"]}</button></div>'
        f'<p class="ln-result" aria-live="polite">{said}</p>'
        f'<p class="ln-built" hidden>{words["built"]}{said}</p>'
        f'<p class="ln-beyond" hidden>{words["beyond"]}</p></div>'
    )


def _control(shown: Shown, control: Mapping[str, Any]) -> str:
    name, kind, built = control["name"], control["kind"], control["built"]
    label = html.escape(control.get("label") or WORDS[shown.lang][name], quote=False)
    text = html.escape(shown.play["built"][name] if shown.play else "", quote=False)
    if kind in CHOSEN:
        return (
            f'<button class="ln-pick" type="button" aria-haspopup="dialog" data-control="{name}">'
            f"<span>{label}</span> <b>{text}</b></button>"
        )
    if kind == "choice":
        options = "".join(
            f'<option value="{value}"{" selected" if value == built else ""}>{format_number(value)}</option>'
            for value in control["options"]
        )
        return f'<label><span>{label}</span><select data-control="{name}">{options}</select></label>'
    ends = [control["low"], control["high"], control.get("step", 1), built]
    if kind == "doublings":
        ends = [*(round(math.log2(end)) for end in (control["low"], control["high"])), 1, round(math.log2(built))]
    low, high, step, value = ends
    return (
        f'<label><span>{label}</span><input type="range" data-control="{name}" min="{low}" max="{high}" step="{step}" '
        f'value="{value}" aria-valuetext="{text}"><output>{text}</output></label>'
    )
