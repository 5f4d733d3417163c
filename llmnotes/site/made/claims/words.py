"""What the site says around claims, in both languages."""

TEXT = {
    "zh": {
        "all": "全部",
        "verdict": "判定",
        "topic": "主题",
        "shows": "证据：",
        "who": "谁说的：",
        "opened": "{} 读",
        "sources": "依据：",
        "row": "第 {} 条",
        "sep": "、",
        "correct": "对",
        "imprecise": "不准",
        "wrong": "错",
        "unverifiable": "查不到",
        "context": "上下文",
        "cache": "KV 缓存",
        "weights": "权重",
        "compute": "计算",
        "params": "参数和结构",
        "speed": "速度",
        "products": "产品",
    },
    "en": {
        "all": "all",
        "verdict": "Verdict",
        "topic": "Topic",
        "shows": "Evidence: ",
        "who": "Who says it: ",
        "opened": "read {}",
        "sources": "based on ",
        "row": "row {}",
        "sep": ", ",
        "correct": "correct",
        "imprecise": "imprecise",
        "wrong": "wrong",
        "unverifiable": "beyond checking",
        "context": "context",
        "cache": "KV cache",
        "weights": "weights",
        "compute": "compute",
        "params": "parameters and shape",
        "speed": "speed",
        "products": "products",
    },
}

# What stands before the right statement of a card, by its verdict.
HOLDS = {
    "zh": {"correct": "补一句：", "imprecise": "要加上：", "wrong": "其实：", "unverifiable": "为什么："},
    "en": {
        "correct": "And note: ",
        "imprecise": "More exactly: ",
        "wrong": "In fact: ",
        "unverifiable": "Why: ",
    },
}
