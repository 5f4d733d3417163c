"""A log explained in the page where it is pasted: text in, text out, nothing sent anywhere."""

import json
from collections.abc import Callable, Iterable

from llmnotes.config import ConfigError
from llmnotes.config.files import from_text
from llmnotes.engines.logs import MARKS, explain, state_bits_of
from llmnotes.engines.logs.telling import problem_text, report_facts
from llmnotes.spec import ModelSpec
from llmnotes.wording.log import WORDS


def marks() -> str:
    """Words without which no line is read, as JSON: the page leaves other lines empty before it hands a log over."""
    return json.dumps(sorted(MARKS))


def answer(log: str, config: str, lang: str, ids: Iterable[str], find: Callable[[str], str]) -> str:
    """What the page says of a log, as JSON: the findings, or the one line that refuses it.

    Args:
        log: The log.
        config: The model's `config.json`, or nothing: then its name is looked for in the log.
        lang: Language of the words.
        ids: Names of registered models.
        find: Gives the configuration of such a name, as JSON.

    >>> json.loads(answer("nothing", "", "en", [], str))["error"][:29]
    'none of 1 lines is one of lla'
    """

    def named(model_id: str) -> tuple[ModelSpec, int | None]:
        text = find(model_id)
        return from_text(text, name=model_id), state_bits_of(json.loads(text))

    model = bits = None
    if config.strip():
        try:
            model = from_text(config)
        except ConfigError as error:
            return json.dumps({"error": str(error)})
        bits = state_bits_of(json.loads(config))
    report = explain(log, model=model, state_bits=bits, ids=list(ids), find=named)
    if not report.findings:
        return json.dumps({"error": "; ".join(problem_text(each, lang) for each in report.problems)})
    words = {"columns": WORDS[lang]["columns"].split("|"), "remedies_title": WORDS[lang]["remedies"]}
    return json.dumps({**report_facts(report, lang), **words})
