"""One sentence in Chinese and in English, cut by four published vocabularies."""

from llmnotes.figures import label_bars, new_figure
from llmnotes.numerics.vocabularies import load_vocabulary
from llmnotes.units import format_exact, format_number, format_ratio

TEXT = {
    "zh": {
        "title": "同一句话：Qwen 切成 {{qwen_zh}} 个 token，GPT-4 的 cl100k 切成 {{cl100k_zh}} 个",
        "caption": "中文句：“人人生而自由，在尊严和权利上一律平等。”（{{chars_zh}} 个字符）；英文句是它的对应句（{{chars_en}} 个字符）。",
        "description": "四组横条，每组一套词表，分别是中文句和英文句的 token 数；英文都一样长，中文从 cl100k 到 qwen 越来越短。",
        "zh": "中文句",
        "en": "英文句",
        "x": "token 数",
        "vocabulary": "词表",
    },
    "en": {
        "title": "The same sentence in Chinese is {{qwen_zh}} tokens for Qwen and {{cl100k_zh}} for GPT-4’s cl100k",
        "caption": "The English sentence is “All human beings are born free and equal in dignity and rights.” "
        "({{chars_en}} characters); the Chinese one is its counterpart ({{chars_zh}} characters).",
        "description": "Four pairs of bars, one per vocabulary, for the Chinese and the English sentence; the English bars are "
        "equally long, the Chinese ones shrink from cl100k to qwen.",
        "zh": "Chinese",
        "en": "English",
        "x": "tokens",
        "vocabulary": "vocabulary",
    },
}
# Universal Declaration of Human Rights, first sentence of Article 1.
SENTENCES = {
    "zh": "人人生而自由，在尊严和权利上一律平等。",
    "en": "All human beings are born free and equal in dignity and rights.",
}
VOCABULARIES = ("cl100k", "o200k", "deepseek", "qwen")


# --8<-- [start:compute]
def compute() -> dict:
    counts = {
        name: {lang: load_vocabulary(name).count(sentence) for lang, sentence in SENTENCES.items()}
        for name in VOCABULARIES
    }
    qwen = load_vocabulary("qwen")
    pieces = {lang: [token.decode() for token in qwen.tokens(text)] for lang, text in SENTENCES.items()}
    joined = {lang: qwen.decode(qwen.encode(text)) == text for lang, text in SENTENCES.items()}
    if not all(joined.values()):
        raise ValueError("decoding the tokens does not give the sentence back")
    return {
        "counts": counts,
        "pieces": pieces,
        "n_chars": {lang: len(text) for lang, text in SENTENCES.items()},
        "chars_per_token": {lang: len(text) / counts["qwen"][lang] for lang, text in SENTENCES.items()},
        "growth": counts["cl100k"]["zh"] / counts["qwen"]["zh"],
        "n_vocabulary": len(qwen.ids),
    }


# --8<-- [end:compute]


def claims(result, lang) -> dict[str, str]:
    return {
        "chars_zh": format_exact(result["n_chars"]["zh"], lang),
        "chars_en": format_exact(result["n_chars"]["en"], lang),
        "per_token_zh": format_number(result["chars_per_token"]["zh"], 2),
        "per_token_en": format_number(result["chars_per_token"]["en"], 2),
        "growth": format_ratio(result["growth"], lang),
        "n_vocabulary": format_exact(result["n_vocabulary"], lang),
        "qwen_en": format_exact(result["counts"]["qwen"]["en"], lang),
        **{f"{name}_zh": format_exact(counts["zh"], lang) for name, counts in result["counts"].items()},
    }


def draw(result, text, width):
    fig, ax = new_figure(width, height=330)
    names = list(result["counts"])
    for offset, language in ((-0.2, "zh"), (0.2, "en")):
        sizes = [result["counts"][name][language] for name in names]
        bars = ax.barh([row + offset for row in range(len(names))], sizes, height=0.36, label=text[language])
        label_bars(ax, bars, [str(size) for size in sizes])
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set(xlabel=text["x"])
    ax.legend()
    return fig


def table(result, text):
    rows = [[name, counts["zh"], counts["en"]] for name, counts in result["counts"].items()]
    return {"columns": [text["vocabulary"], text["zh"], text["en"]], "rows": rows, "unit": text["x"]}


if __name__ == "__main__":
    print(compute())
