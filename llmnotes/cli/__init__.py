"""The `llmnotes` command: size a model of the registry, or the one behind a config.json."""

import argparse
import sys

from llmnotes import units
from llmnotes.cli import verbs


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    options = _parser().parse_args(argv)
    try:
        model = read_model(options.model)
        facts = options.facts(model, options)
        if options.json:
            import json

            text = json.dumps(facts, ensure_ascii=False, indent=2)
        else:
            text = "\n".join([*options.text(facts, model, options), *verbs.notes_text(model, options.lang)])
        print(text)
    except ValueError as error:
        print(f"llmnotes: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()  # the reader of the pipe has left; there is nobody to tell
        return 0
    return 0


def read_model(text: str):
    """The spec that MODEL names: a registry id, the path of a config.json, or `-`."""
    if text == "-":
        from llmnotes.config.files import from_stdin

        return from_stdin()
    if "/" in text or "\\" in text or text.endswith(".json"):
        from llmnotes.config.files import from_config

        return from_config(text)
    from llmnotes.registry import load_model

    return load_model(text)


class _Parser(argparse.ArgumentParser):
    """Errors in one line, as everywhere else."""

    def error(self, message: str):
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _argument(parse):
    """A parser of `units` whose own words reach the user."""

    def read(text: str):
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def _batch(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{text!r} is not a number of sequences; write 1 or more")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="llmnotes", description="What a language model's parameters and context length cost.")
    commands = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, help_text in (
        ("params", "parameters, by component"),
        ("kv", "size of the KV cache: ideal and reserved"),
        ("flops", "operations of a prompt and of one decode step"),
        ("show", "the model as its layers"),
    ):
        verb = commands.add_parser(name, help=help_text, description=help_text.capitalize() + ".")
        verb.add_argument(
            "model", metavar="MODEL", help="a registry id, the path of a config.json, or - (standard input)"
        )
        verb.add_argument("--json", action="store_true", help="print JSON")
        verb.add_argument("--lang", choices=units.LANGUAGES, default="en", help="language of the words (zh or en)")
        verb.set_defaults(facts=getattr(verbs, f"{name}_facts"), text=getattr(verbs, f"{name}_text"))
        if name != "params":
            tokens_help = "context length such as 8192, 128k (k = 1,024) or 1M; the model's own limit unless given"
            verb.add_argument("--tokens", type=_argument(units.parse_tokens), metavar="N", help=tokens_help)
        if name == "kv":
            bits = _argument(units.parse_bits)
            verb.add_argument("--batch", type=_argument(_batch), default=1, metavar="B", help="sequences at once (1)")
            verb.add_argument(
                "--kv-bits", type=bits, default=16, metavar="BITS", help="of the cache: 16, 8, fp8 … (16)"
            )
            verb.add_argument("--state-bits", type=bits, default=32, metavar="BITS", help="of recurrent states (32)")
        if name == "flops":
            verb.add_argument("--causal", action="store_true", help="count pairs within the causal mask only")
            verb.add_argument("--logits", choices=("all", "last"), default="all", help="positions with logits (all)")
            latent_help = "how latent attention reads its cache (the cheaper)"
            verb.add_argument(
                "--latent", choices=("cheaper", "expanded", "absorbed"), default="cheaper", help=latent_help
            )
    return parser
