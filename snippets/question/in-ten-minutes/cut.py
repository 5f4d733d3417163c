"""One sentence in Chinese and in English, cut by four published vocabularies."""

from llmnotes.figures import grouped_bars, label, name
from llmnotes.numerics.vocabularies import load_vocabulary
from llmnotes.quantities import count, number, ratio

# Universal Declaration of Human Rights, first sentence of Article 1.
SENTENCES = {
    "zh": "人人生而自由，在尊严和权利上一律平等。",
    "en": "All human beings are born free and equal in dignity and rights.",
}
VOCABULARIES = ("cl100k", "o200k", "deepseek", "qwen")


# --8<-- [start:compute]
def compute():
    counts = {
        vocabulary: {lang: load_vocabulary(vocabulary).count(text) for lang, text in SENTENCES.items()}
        for vocabulary in VOCABULARIES
    }
    qwen = load_vocabulary("qwen")
    if any(qwen.decode(qwen.encode(text)) != text for text in SENTENCES.values()):
        raise ValueError("decoding the tokens does not give the sentence back")
    return {
        "counts": count(counts),
        "chars": count({lang: len(text) for lang, text in SENTENCES.items()}),
        "per_token": number({lang: len(text) / counts["qwen"][lang] for lang, text in SENTENCES.items()}),
        "growth": ratio(counts["cl100k"]["zh"] / counts["qwen"]["zh"]),
        "vocabulary": count(len(qwen.ids)),
    }


# --8<-- [end:compute]


def draw(result):
    languages = {"zh": label(zh="中文句", en="Chinese"), "en": label(zh="英文句", en="English")}
    return grouped_bars(
        {
            name(vocabulary): {languages[lang]: size for lang, size in sizes.items()}
            for vocabulary, sizes in result["counts"].items()
        },
        x="tokens",
        rows="vocabulary",
    )
