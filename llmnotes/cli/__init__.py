"""The `llmnotes` command: size a model of the registry, or the one behind a config.json."""

import argparse
import os
import sys
from importlib import import_module

from llmnotes import units
from llmnotes.cli import engine, precision, several, verbs


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    parser = _parser()
    if "_ARGCOMPLETE" in os.environ:
        from llmnotes.cli.completion import complete

        complete(parser)
    options = parser.parse_args(argv)
    try:
        subject = options.read(options)
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


def _number(of: str):
    """A parser of whole numbers above 0, of sequences, chips or tokens."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < 1:
            raise ValueError(f"{text!r} is not a number of {of}; write 1 or more")
        return int(text)

    return _argument(read)


def _one(options: argparse.Namespace):
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


def _adapted(options: argparse.Namespace, error):
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


def _all(options: argparse.Namespace):
    if not 2 <= len(options.models) <= MOST:
        raise ValueError(f"compare got {len(options.models)} models; name 2 to {MOST} of them")
    return [read_model(text) for text in options.models]


class _Completion(argparse.Action):
    """Print the script that makes a shell complete the words of this command, and stop."""

    def __call__(self, parser, namespace, values, option_string=None):
        from llmnotes.cli.completion import script

        print(script(str(values)))
        parser.exit()


def _none(options: argparse.Namespace):
    return None


def _late(module: str, name: str):
    """A function of `llmnotes.cli.module`, loaded when it is called: a verb pays for no other."""

    def call(*arguments):
        return getattr(import_module(f"llmnotes.cli.{module}"), name)(*arguments)

    return call


def _with_notes(text):
    """The text of a verb about one model, with what the reader must know behind it."""

    def lines(facts, model, options):
        return [*text(facts, model, options), *verbs.notes_text(model, options.lang)]

    return lines


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a share; write for example 0.9") from None


ONE_MODEL = (
    "a registry id, the path of a config.json, a params.json or a weight file, hf:org/name, or - (standard input)"
)
MOST = 8  # models side by side
SHELLS = ("bash", "zsh", "fish")
BITS_HELP = "16, 8, fp8, 4.5 …"


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="llmnotes", description="What a language model's parameters and context length cost.")
    script_help = "print the script that completes verbs, options and model ids in this shell"
    parser.add_argument("--completion", choices=SHELLS, action=_Completion, help=script_help)
    commands = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def add(name: str, help_text: str, read, facts, text) -> argparse.ArgumentParser:
        verb = commands.add_parser(name, help=help_text, description=help_text.capitalize() + ".")
        verb.add_argument("--json", action="store_true", help="print JSON")
        verb.add_argument("--lang", choices=units.LANGUAGES, default="en", help="language of the words (zh or en)")
        verb.set_defaults(read=read, facts=facts, text=text)
        if read is _one:
            verb.add_argument("model", metavar="MODEL", help=ONE_MODEL)
            verb.add_argument("--base", metavar="MODEL", help="the model of a LoRA or DoRA adapter_config.json")
        return verb

    add("params", "parameters, by component", _one, verbs.params_facts, _with_notes(verbs.params_text))
    kv = add("kv", "size of the KV cache: ideal and reserved", _one, verbs.kv_facts, _with_notes(verbs.kv_text))
    flops = add(
        "flops", "operations of a prompt and of one decode step", _one, verbs.flops_facts, _with_notes(verbs.flops_text)
    )
    show = add("show", "the model as its layers", _one, verbs.show_facts, _with_notes(verbs.show_text))
    fit = add(
        "fit",
        "whether it fits a chip, or what would",
        _one,
        _late("memory", "fit_facts"),
        _with_notes(_late("memory", "fit_text")),
    )
    pace = add(
        "speed",
        "tokens a second with an interval, and the time to the first",
        _one,
        _late("speed", "speed_facts"),
        _with_notes(_late("speed", "speed_text")),
    )
    planner = add(
        "plan",
        "chips that meet what users need, and their price",
        _one,
        _late("plan", "plan_facts"),
        _late("plan", "plan_text"),
    )
    compare = add("compare", "models side by side", _all, several.compare_facts, several.compare_text)
    weigh = add(
        "weights",
        "bytes of the weights, each tensor in its own form",
        _one,
        _late("weights", "weights_facts"),
        _with_notes(_late("weights", "weights_text")),
    )
    models = add("models", "the models of the registry", _none, several.models_facts, several.models_text)

    explain_help = "what each line of an engine's log means, and where its number comes from"
    explain = add("explain", explain_help, engine.read_log, engine.explain_facts, engine.explain_text)
    explain.add_argument("log", metavar="LOG", help="path of a log, or - (standard input)")
    about = explain.add_mutually_exclusive_group()
    about.add_argument("--config", metavar="FILE", help="the model's config.json")
    about.add_argument("--model", metavar="MODEL", help="a registry id, where the log does not say it")

    tokens_help = "context length such as 8192, 128k (k = 1,024) or 1M"
    for verb in (kv, flops, show, fit, compare, pace):
        default = "131,072" if verb is compare else "the model's own limit"
        help_text = f"{tokens_help}; {default} unless given"
        verb.add_argument("--tokens", type=_argument(units.parse_tokens), metavar="N", help=help_text)
    bits = _argument(units.parse_bits)
    for verb in (kv, fit, compare, pace):
        verb.add_argument("--batch", type=_number("sequences"), default=1, metavar="B", help="sequences at once (1)")
        verb.add_argument("--kv-bits", type=bits, metavar="BITS", help=f"of the cache, as a number: {BITS_HELP}")
        verb.add_argument("--state-bits", type=bits, default=32, metavar="BITS", help="of recurrent states (32)")
    for verb in (kv, fit, compare):
        verb.add_argument("--page", type=_number("tokens"), default=1, metavar="N", help="tokens of one page (1: none)")
    for verb in (kv, show, fit, compare, pace):
        precision.add_cache(verb)
    for verb in (weigh, kv, show, fit, compare, pace):
        precision.add_weights(verb)
    for verb in (fit, pace):
        verb.add_argument("--weight-bits", type=bits, metavar="BITS", help=f"of every weight, as a number: {BITS_HELP}")
        verb.add_argument("--expert-bits", type=bits, metavar="BITS", help="of routed experts, where that differs")
    _fit_options(fit)
    for verb in (kv, fit):
        engine.add_options(verb, _number)
    _speed_options(pace)
    _plan_options(planner)
    flops.add_argument("--causal", action="store_true", help="count pairs within the causal mask only")
    flops.add_argument("--logits", choices=("all", "last"), default="all", help="positions with logits (all)")
    latent_help = "how latent attention reads its cache (the cheaper)"
    flops.add_argument("--latent", choices=("cheaper", "expanded", "absorbed"), default="cheaper", help=latent_help)
    compare.add_argument("models", nargs="+", metavar="MODEL", help=ONE_MODEL)
    models.add_argument("--family", metavar="F", help="only this model_type, such as qwen3_moe")
    models.add_argument(
        "--sort", choices=several.ORDERS, default="id", help="order of the rows, smallest or oldest first (id)"
    )
    return parser


def _fit_options(fit: argparse.ArgumentParser) -> None:
    size = fit.add_mutually_exclusive_group(required=True)
    size.add_argument("--chip", metavar="ID", help="a chip of the registry, such as rtx-4090 or h100-sxm-80gb")
    size.add_argument("--memory", type=_argument(units.parse_bytes), metavar="SIZE", help="of one chip, such as 24GiB")
    fit.add_argument("--chips", type=_number("chips"), default=1, metavar="N", help="chips that split the model (1)")
    chunk_help = "tokens of one pass over all sequences (2048)"
    fit.add_argument("--prefill-chunk", type=_number("tokens"), default=2048, metavar="N", help=chunk_help)
    share_help = "share of the memory that the engine fills (0.92)"
    fit.add_argument("--usable", type=_argument(_share), default=0.92, metavar="SHARE", help=share_help)


def _speed_options(pace: argparse.ArgumentParser) -> None:
    pace.add_argument("--chip", required=True, metavar="ID", help="a chip of the registry, such as rtx-4090")
    pace.add_argument(
        "--engine", default="llama.cpp", metavar="E", help="llama.cpp, vllm, sglang, tensorrt-llm (llama.cpp)"
    )
    pace.add_argument("--backend", metavar="B", help="cuda, rocm, metal, vulkan …; the usual one of the chip's vendor")
    pace.add_argument(
        "--chips", "--n-chips", type=_number("chips"), default=1, metavar="N", help="chips that share the model (1)"
    )
    pace.add_argument(
        "--micro-batch",
        type=_number("tokens"),
        metavar="N",
        help="tokens of a prompt computed at a time; the engine's own default",
    )
    offload_help = "leave in RAM what the chips cannot hold, as llama.cpp does: -ngl, --n-cpu-moe, -ot, and the speed"
    pace.add_argument("--offload", action="store_true", help=offload_help)
    ram_help = "bandwidth of the RAM in GB/s (51.2: two channels of DDR4-3200)"
    pace.add_argument("--ram-bandwidth", type=_argument(_gb_per_s), default=51.2, metavar="GB/S", help=ram_help)


def _gb_per_s(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 10_000:
        raise ValueError(f"{text!r} is not a bandwidth; write GB/s such as 51.2 or 89.6")
    return number


def _plan_options(planner: argparse.ArgumentParser) -> None:
    tokens = _argument(units.parse_tokens)
    planner.add_argument("--tokens", type=tokens, default=4096, metavar="N", help="tokens of a prompt (4,096)")
    planner.add_argument("--output", type=tokens, default=512, metavar="N", help="tokens of an answer (512)")
    planner.add_argument("--users", type=_number("users"), default=1, metavar="N", help="users at the same moment (1)")
    ttft_help = "longest time to the first token in seconds (2)"
    planner.add_argument("--ttft", type=_argument(_above_zero), default=2.0, metavar="S", help=ttft_help)
    speed_help = "least tokens a second for each user (20)"
    planner.add_argument("--speed", type=_argument(_above_zero), default=20.0, metavar="R", help=speed_help)
    planner.add_argument("--weights", metavar="FORM", help="form of the weights (bf16, fp8, nvfp4 and awq are tried)")
    planner.add_argument("--engine", metavar="E", help="engine (vllm and tensorrt-llm are tried)")
    planner.add_argument("--chips", type=_number("chips"), metavar="N", help="chips of a replica (1 to 8 are tried)")
    price_help = "a chip and its dollars an hour, once for each chip to think of (a list of two providers)"
    planner.add_argument("--price", action="append", metavar="CHIP=USD", help=price_help)
    planner.add_argument("--sure", action="store_true", help="meet the need at the slow end of the interval")


def _above_zero(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ValueError(f"{text!r} is not a number above 0")
    return number
