"""The `llmnotes` command: size a model of the registry, or the one behind a config.json."""

import os
import sys
from argparse import Namespace

from llmnotes.cli.parser import MOST, parser_of


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    parser = parser_of(sys.argv[1:] if argv is None else argv)
    if "_ARGCOMPLETE" in os.environ:
        from llmnotes.cli.completion import complete

        complete(parser)
    options = parser.parse_args(argv)
    try:
        if options.subject == "agent":
            _serve()
            return 0
        subject = READERS[options.subject](options)
        facts = options.facts(subject, options)
        if options.json:
            import json

            text = json.dumps(facts, ensure_ascii=False, indent=2)
        else:
            text = "\n".join(options.text(facts, subject, options))
        print(text)
    except UnicodeEncodeError as error:
        print(
            f"llmnotes: output in {error.encoding} has no {error.object[error.start]!a}; set PYTHONIOENCODING=utf-8",
            file=sys.stderr,
        )
        return 2
    except ValueError as error:
        print(f"llmnotes: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()  # the reader of the pipe has left; there is nobody to tell
        return 0
    except KeyboardInterrupt:
        return 130  # what a shell expects of a command that was stopped
    return 0


def _serve() -> None:
    try:
        from llmnotes.mcp import serve
    except ModuleNotFoundError as error:
        raise ValueError(f"mcp needs the package {error.name}; run pip install 'llmnotes[mcp]'") from None
    serve()


def read_model(text: str):
    """The spec that MODEL names: a registered model, the path of a config.json, `-`, or `hf:org/name`.

    A registered model may be written as people write it; what it was taken for is said where that is not its id.
    """
    if text == "-":
        from llmnotes.config.files import from_stdin

        return from_stdin()
    if text.startswith("hf:"):
        from llmnotes.cli.hub import from_hub

        return from_hub(text)
    in_a_folder = "/" in text or "\\" in text
    if text.endswith(".json") or os.path.isfile(text) or (in_a_folder and os.path.lexists(text)):
        from llmnotes.config.files import from_config

        return from_config(text)
    from llmnotes.registry import UnknownModel, load_model, resolve

    try:
        model_id = resolve(text)
    except UnknownModel as error:
        if in_a_folder:
            raise UnknownModel(f"there is no file {text!r}; and {error}") from None
        raise
    if model_id != text:
        print(f"llmnotes: {text!r} is taken for {model_id}", file=sys.stderr)
    return load_model(model_id)


def _one(options: Namespace):
    from llmnotes.config.keys import ConfigError

    try:
        model = read_model(options.model)
    except ConfigError as error:
        if getattr(error, "adapter", None) is None:
            raise
        return _adapted(options, error)
    if options.base is not None:
        raise ValueError("--base names the model of an adapter_config.json; this is a model of its own")
    return model


def _adapted(options: Namespace, error):
    """The adapter beside its base: the one that is named, or the one that its file names and the registry has."""
    from llmnotes.adapters import with_adapter
    from llmnotes.registry import UnknownModel, load_model, resolve

    adapter = error.adapter
    if options.base is not None:
        return with_adapter(read_model(options.base), adapter, options.model)
    try:
        base = load_model(resolve(adapter.base)) if adapter.base else None
    except UnknownModel:
        base = None
    if base is None:
        raise error
    return with_adapter(base, adapter, options.model)


def _all(options: Namespace):
    if not 2 <= len(options.models) <= MOST:
        raise ValueError(f"compare got {len(options.models)} models; name 2 to {MOST} of them")
    return [read_model(text) for text in options.models]


def _log(options: Namespace):
    from llmnotes.cli.engine import read_log

    return read_log(options)


READERS = {"model": _one, "models": _all, "none": lambda options: None, "log": _log}
"""What a verb is about, by the word that the parser notes."""
