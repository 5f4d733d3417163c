"""The measured cases of `tests/data`, and our specs of those whose family is read here."""

import json
from pathlib import Path

from llmnotes.config import ALIASES, families, from_mapping

DATA = Path(__file__).parents[1] / "data"
CASES: list[dict] = [
    case for file in sorted(DATA.glob("cases*.json")) for case in json.loads(file.read_text())["cases"]
]
KNOWN = [case for case in CASES if case["family"] in families() | ALIASES]
MODELS = {case["id"]: from_mapping(case["config"], name=case["id"]) for case in KNOWN}
