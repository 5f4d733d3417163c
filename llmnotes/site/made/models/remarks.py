"""Remarks on sources, which the registry has in English, as they read in Chinese."""

from __future__ import annotations

import re

# Whole remarks, and parts of a remark between semicolons. What stands in none of them stays English and is marked so.
PHRASES = {
    "parameters in its weight files, as the hub adds them up": "权重文件里的参数，由 Hub 合计",
    "read where public lists quote it": "读自引用它的公开列表",
    r"read where it is quoted at (.+)": r"读自引用它的 \1",
    r"read in the copy at +(?:entry )?(.+)": r"读自副本 \1",
    r"read in the abridged copy at +(.+)": r"读自节略的副本 \1",
    r"values read in the copy at +(.+)": r"数值读自副本 \1",
    r"values read in the transcription at +(.+)": r"数值读自转录 \1",
    r"its text_config \(read in the copy at (.+)\)": r"其中的 text_config，读自副本 \1",
    r"its text_config \(read in the copy of (\S+), the same shape at (.+)\)": (
        r"其中的 text_config，读自形状相同的 \1 \2"
    ),
    r"read in the copy of (\S+), the same shape at (.+)": r"读自形状相同的 \1 \2",
    r"read in several public copies that agree": "读自几份一致的公开副本",
    r"its text_config \(read as public repositories quote it\)": "其中的 text_config，读自引用它的公开仓库",
    r"Tables 1 and 2": "表 1、表 2",
    r"read in (\S+)": r"读自 \1",
    "secondary": "二手来源",
    "table of models": "模型一览表",
    "mirror of the LLM Architecture Gallery, secondary": "LLM Architecture Gallery 的镜像，二手来源",
    "first commit": "首次提交",
    "first release": "首个版本",
    "first submission": "首次投稿",
    "Updates": "更新记录",
    "measured on the Instruct model": "在 Instruct 模型上测得",
    "its authors' own repository": "作者自己的仓库",
    "128K for 7B to 72B": "7B 到 72B 是 128K",
    "32K below 7B": "7B 以下是 32K",
    r"claimed length, (\w+)": r"自称的长度，\1",
    "as reported by the Qwen3 authors": "Qwen3 的作者所报",
    "as reported by its authors": "作者所报",
    "the longest length tested": "测过的最长的长度",
    "by its rule, over 85.6, from the scores that the Qwen3 authors report": (
        "按 RULER 的线，得分高于 85.6，得分取自 Qwen3 的作者"
    ),
    "the label of the row says 64K, where the score is below": "那一行写着 64K，得分却在线下",
    r"(\d+[kKM])": r"\1",
    "The text model": "文本模型",
    "The main model": "主模型",
    r"The text model with the ([0-9,]+) rows of its tokenizer": r"文本模型，词表按分词器的 \1 行",
    "the vision encoder is counted apart, and padding rows are left out": "视觉编码器另算，补齐行不算",
    "the vision encoder and padding rows are left out": "视觉编码器和补齐行不算",
    "The text model with the table of each layer": "文本模型，连同每层的表",
    "the vision and audio encoders are left out": "视觉和音频编码器不算",
    "the vision encoder is counted apart": "视觉编码器另算",
    "the vision encoder is left out": "视觉编码器不算",
    "the audio encoder is counted apart": "音频编码器另算",
    "the vision and audio encoders are counted apart": "视觉和音频编码器另算",
    "the multi-token prediction modules? (?:is|are) left out": "多 token 预测模块不算",
    "the vision encoder and the multi-token prediction module are counted apart": "视觉编码器和多 token 预测模块另算",
    "the vision encoder and the multi-token prediction module are left out": "视觉编码器和多 token 预测模块不算",
    "the vision encoder and the prediction module are left out": "视觉编码器和预测模块不算",
    r"Also stored: (.+)": r"文件里还有：\1",
    "The published figure is higher by 2.2 billion than the main model": "公布的数比主模型多 22 亿",
    "the multi-token prediction layer, which its weights carry, is left out here": (
        "权重里带的多 token 预测层，这里不算"
    ),
    "The published figure is of the whole model": "公布的是整个模型",
    "the text model alone is counted here": "这里只算文本模型",
}
# What is stored beside, after its number.
STORED = {
    "of the multi-token prediction module": "个属于多 token 预测模块",
    "of the image encoder": "个属于图像编码器",
    "of the image and audio encoders": "个属于图像和音频编码器",
    "of a second copy of its table and head": "个属于词嵌入表和输出头的第二份",
    "of a second copy of its tied table": "个属于共享的词嵌入表的第二份",
    "scales of 8-bit blocks and routing biases": "个 8 位块的缩放和路由偏置",
    "scales of 8-bit blocks": "个 8 位块的缩放",
    "routing biases": "个路由偏置",
    "scales of its layers": "个层的缩放",
    "of 64 padding rows of its table": "个属于词嵌入表的 64 个补齐行",
    "of keys and values that layers with a shared cache never use": "个属于共享缓存的层用不到的键和值",
    "angles of the position encoding": "个位置编码的角度",
}


def in_chinese(said: str) -> str | None:
    """Return a remark in Chinese; `None` where a part of it has no words here.

    >>> in_chinese("secondary"), in_chinese("Also stored: 6,656 routing biases.")
    ('二手来源', '文件里还有：6,656 个路由偏置。')
    >>> in_chinese("what nobody wrote before")
    """
    found = [_phrase(part) for part in said.removesuffix(".").split("; ")]
    if any(part is None for part in found):
        return None
    return "；".join(part or "" for part in found) + ("。" if said.endswith(".") else "")


def _phrase(said: str) -> str | None:
    for pattern, words in PHRASES.items():
        if found := re.fullmatch(pattern, said):
            if not said.startswith("Also stored: "):
                return found.expand(words)
            stored = [_stored(one) for one in re.split(r", (?=\d)", found[1])]
            return None if None in stored else "文件里还有：" + "，".join(one or "" for one in stored)
    return None


def _stored(said: str) -> str | None:
    n, _, what = said.partition(" ")
    return f"{n} {STORED[what]}" if what in STORED else None
