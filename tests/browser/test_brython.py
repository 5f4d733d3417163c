"""The package, unchanged, in a real browser: a reader's own configuration gets the numbers and errors of Python."""

from __future__ import annotations

import json
import math
import random
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from llmnotes.registry import find, model_ids
from llmnotes.site.script import browser as package
from llmnotes.site.script.library import BRYTHON
from tests.browser import sizing

pytestmark = pytest.mark.browser

TIMEOUT_MS = 120_000
PAGE = """<!doctype html>
<meta charset="utf-8">
<title>Brython</title>
<pre id="answer"></pre>
<script src="brython.js"></script>
<script src="library.js"></script>
<script src="package.js"></script>
<script src="questions.js"></script>
<script type="text/python">
import json
from browser import document, window

answer = {}
try:
    from sizing import size
    answer["sizes"] = [size(text) for text in window.CONFIGS]
except BaseException as error:
    answer["fatal"] = f"{type(error).__name__}: {error}"
document["answer"].text = json.dumps(answer)
</script>
<script>brython()</script>
"""
JUNK = [
    None,
    0,
    -1,
    7,
    10**12,
    10**30,
    0.5,
    1e400,
    -math.inf,
    math.nan,
    True,
    "",
    "7",
    [],
    [1],
    {},
    {"a": 1},
    ["x"] * 3,
]
N_BROKEN = 300
# What each parser says of text that is not JSON.
OWN_WORDS = re.compile(r"(?<=: not JSON) \(.*\)(?=;)")
NOT_CONFIGS = [
    "",
    "{",
    "[1, 2]",
    "null",
    "7",
    '"llama"',
    "{'model_type': 'llama'}",
    '{"model_type": }',
    "{}",
    "[" * 900,
    '{"model_type" "llama"}',
    '{"model_type": "llama",}',
    '{"model_type": "llama"} x',
    '{"model_type": "llama"',
    '{"model_type": "llama}',
    '{"model_type": [}',
    '{"hidden_size": 1.2.3}',
    '{"tie_word_embeddings": tru}',
    '{"tie_word_embeddings": True}',
]


def plain(value: Any) -> Any:
    return {key: plain(inner) for key, inner in value.items()} if isinstance(value, Mapping) else value


def published() -> dict[str, str]:
    """The text of every registered configuration, by id. NaN and infinities stand bare in it, as published."""
    return {model_id: json.dumps(plain(find(model_id).config)) for model_id in model_ids()}


def broken(texts: list[str]) -> list[str]:
    """What is no configuration, and published ones with a key or two lost, misspelt or given a useless value."""
    rng = random.Random(20261123)
    found = [*NOT_CONFIGS]
    while len(found) < N_BROKEN:
        config = json.loads(rng.choice(texts))
        for key in rng.sample(sorted(config), 2):
            value = config.pop(key)
            match rng.randrange(4):
                case 0:
                    config[key[:-1]] = value
                case 1 | 2:
                    config[key] = rng.choice(JUNK)
        found.append(json.dumps(config))
    return found


def asked(texts: list[str], folder: Path, browser: Browser) -> list[list]:
    """What the package answers for each text in a page on the disk, with the network cut."""
    shutil.copy(BRYTHON / "brython.js", folder)
    (folder / "library.js").write_text(package.library(), encoding="utf-8")
    (folder / "package.js").write_text(package.script(), encoding="utf-8")
    module = Path(sizing.__file__)
    entry = {"sizing": [".py", module.read_text(encoding="utf-8"), package.imports(module)]}
    questions = f"__BRYTHON__.update_VFS({json.dumps(entry)});\nwindow.CONFIGS = {json.dumps(texts)};"
    (folder / "questions.js").write_text(questions, encoding="utf-8")
    (folder / "page.html").write_text(PAGE, encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto((folder / "page.html").as_uri())
    page.wait_for_function("document.getElementById('answer').textContent", timeout=TIMEOUT_MS)
    answer = json.loads(page.text_content("#answer") or "")
    context.close()
    assert [url for url in requested if not url.startswith(folder.as_uri())] == []
    assert "fatal" not in answer, answer["fatal"]
    return answer["sizes"]


def same(there: list, here: list) -> bool:
    """Whether two answers agree: whole numbers and words by letter, fractions by value."""
    if 1 in (len(there), len(here)):
        return len(there) == len(here) and OWN_WORDS.sub("", there[0]) == OWN_WORDS.sub("", here[0])
    numbers = zip(there[1], here[1], strict=False)
    agree = all(a == b or ("." in a + b and float(a) == float(b)) for a, b in numbers)
    return agree and [there[0], *there[2:]] == [here[0], *here[2:]]


def test_sizes_configurations_as_python_does(tmp_path: Path, browser: Browser) -> None:
    by_id = published()
    texts = [*by_id.values(), *broken([*by_id.values()])]
    names = [*by_id, *texts[len(by_id) :]]
    there = asked(texts, tmp_path, browser)
    here = [sizing.size(text) for text in texts]
    assert all(len(answer) > 1 for answer in here[: len(by_id)])
    assert [(name, a, b) for name, a, b in zip(names, there, here, strict=True) if not same(a, b)] == []
    refused = [answer[0] for answer in here[len(by_id) :] if len(answer) == 1]
    assert len(refused) > N_BROKEN / 3
    assert [sentence for sentence in refused if "\n" in sentence] == []


def test_files_of_every_kind_are_answered_as_in_python(tmp_path: Path, browser: Browser) -> None:
    data = Path(__file__).parents[1] / "data"
    texts = [path.read_text(encoding="utf-8") for path in sorted((data / "kinds").glob("*.json"))]
    for name in ("encoders", "towers"):
        cases = json.loads((data / f"{name}.json").read_text(encoding="utf-8"))["cases"]
        texts += [json.dumps(case["config"]) for case in cases[::6]]
    here = [sizing.size(text) for text in texts]
    assert sum(len(answer) > 1 for answer in here) > 50
    there = asked(texts, tmp_path, browser)
    assert [(text[:80], a, b) for text, a, b in zip(texts, there, here, strict=True) if not same(a, b)] == []
