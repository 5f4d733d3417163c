"""The words of the command: verbs and their options. A call pays for the options of the verb it names alone."""

import argparse
import os
from collections.abc import Sequence
from importlib import import_module

from llmnotes import units

ONE_MODEL = (
    "a registry id, the path of a config.json, a params.json or a weight file, hf:org/name, or - (standard input)"
)
MOST = 8  # models side by side
SHELLS = ("bash", "zsh", "fish")
BITS_HELP = "16, 8, fp8, 4.5 …"


def _help(prog: str) -> argparse.HelpFormatter:
    """Help as wide as the terminal; argparse would load archives to ask for that, at every option."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return argparse.HelpFormatter(prog, width=int(columns) - 2)
    try:
        return argparse.HelpFormatter(prog, width=os.get_terminal_size(1).columns - 2)
    except OSError:
        return argparse.HelpFormatter(prog, width=78)


class _Parser(argparse.ArgumentParser):
    """Errors in one line, as everywhere else."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs, formatter_class=_help)

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


class _Completion(argparse.Action):
    """Print the script that makes a shell complete the words of this command, and stop."""

    def __call__(self, parser, namespace, values, option_string=None):
        from llmnotes.cli.completion import script

        print(script(str(values)))
        parser.exit()


def _late(module: str, name: str):
    """A function of `llmnotes.cli.module`, loaded when it is called: a verb pays for no other."""

    def call(*arguments):
        return getattr(import_module(f"llmnotes.cli.{module}"), name)(*arguments)

    return call


def _with_notes(text):
    """The text of a verb about one model, with what the reader must know behind it."""

    def lines(facts, model, options):
        from llmnotes.cli.verbs import notes_text

        return [*text(facts, model, options), *notes_text(model, options.lang, facts.get("assumed"))]

    return lines


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a share; write for example 0.9") from None


class Words:
    """The verbs, each with the options that it shares with others and those of its own."""

    def __init__(self, commands):
        self.commands = commands

    def add(self, name: str, subject: str, facts, text) -> argparse.ArgumentParser:
        """One verb: the options that every verb has, and what computes and tells its facts."""
        help_text = VERBS[name]
        verb = self.commands.add_parser(name, help=help_text, description=help_text.capitalize() + ".")
        verb.add_argument("--json", action="store_true", help="print JSON")
        verb.add_argument("--lang", choices=units.LANGUAGES, default="en", help="language of the words (zh or en)")
        verb.set_defaults(subject=subject, facts=facts, text=text)
        if subject == "model":
            verb.add_argument("model", metavar="MODEL", help=ONE_MODEL)
            verb.add_argument("--base", metavar="MODEL", help="the model of an adapter_config.json")
        return verb

    def of_one(self, name: str, module: str = "verbs") -> argparse.ArgumentParser:
        """A verb about one model: `<name>_facts` and `<name>_text` of a module, with its notes behind."""
        return self.add(name, "model", _late(module, f"{name}_facts"), _with_notes(_late(module, f"{name}_text")))

    def params(self) -> None:
        self.of_one("params")

    def kv(self) -> None:
        verb = self.of_one("kv")
        _length(verb)
        _cache(verb)
        _page(verb)
        _forms(verb)
        _engine(verb)

    def flops(self) -> None:
        verb = self.of_one("flops")
        _length(verb)
        verb.add_argument("--causal", action="store_true", help="count pairs within the causal mask only")
        verb.add_argument("--logits", choices=("all", "last"), default="all", help="positions with logits (all)")
        latent_help = "how latent attention reads its cache (the cheaper)"
        ways = ("cheaper", "expanded", "absorbed")
        verb.add_argument("--latent", choices=ways, default="cheaper", help=latent_help)

    def show(self) -> None:
        verb = self.of_one("show")
        _length(verb)
        _forms(verb)

    def fit(self) -> None:
        verb = self.of_one("fit", "memory")
        _length(verb)
        _cache(verb)
        _page(verb)
        _forms(verb)
        _bits_of_weights(verb)
        _fit_options(verb)
        _engine(verb)

    def speed(self) -> None:
        verb = self.of_one("speed", "speed")
        _length(verb)
        _cache(verb)
        _forms(verb)
        _bits_of_weights(verb)
        _speed_options(verb)

    def plan(self) -> None:
        _plan_options(self.of_one("plan", "plan"))

    def train(self) -> None:
        verb = self.of_one("train", "train")
        _length(verb, default="2,048")
        _train_options(verb)

    def compare(self) -> None:
        facts, text = _late("several", "compare_facts"), _late("several", "compare_text")
        verb = self.add("compare", "models", facts, text)
        _length(verb, default="131,072")
        _cache(verb)
        _page(verb)
        _forms(verb)
        verb.add_argument("models", nargs="+", metavar="MODEL", help=ONE_MODEL)

    def weights(self) -> None:
        from llmnotes.cli import precision

        precision.add_weights(self.of_one("weights", "weights"))

    def models(self) -> None:
        from llmnotes.cli.several import ORDERS

        verb = self.add("models", "none", _late("several", "models_facts"), _late("several", "models_text"))
        verb.add_argument("--family", metavar="F", help="only this model_type, such as qwen3_moe")
        order_help = "order of the rows, smallest or oldest first (id)"
        verb.add_argument("--sort", choices=ORDERS, default="id", help=order_help)

    def explain(self) -> None:
        verb = self.add("explain", "log", _late("engine", "explain_facts"), _late("engine", "explain_text"))
        verb.add_argument("log", metavar="LOG", help="path of a log, or - (standard input)")
        about = verb.add_mutually_exclusive_group()
        about.add_argument("--config", metavar="FILE", help="the model's config.json")
        about.add_argument("--model", metavar="MODEL", help="a registry id, where the log does not say it")

    def mcp(self) -> None:
        about = VERBS["mcp"].capitalize() + "."
        self.commands.add_parser("mcp", help=VERBS["mcp"], description=about).set_defaults(subject="agent")


VERBS = {
    "params": "parameters, by component",
    "kv": "size of the KV cache: ideal, and at full length in every layer",
    "flops": "operations of a prompt and of one decode step",
    "show": "the model as its layers",
    "fit": "whether it fits a chip, or what would",
    "speed": "tokens a second with an interval, and the time to the first",
    "plan": "chips that meet what users need, and their price",
    "train": "memory of fine-tuning: full, LoRA or QLoRA, part by part",
    "compare": "models side by side",
    "weights": "bytes of the weights, each tensor in its own form",
    "models": "the models of the registry",
    "explain": "what each line of an engine's log means, and where its number comes from",
    "mcp": "answer an agent: the other verbs as tools over the Model Context Protocol (extra mcp)",
}


def parser_of(argv: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of a call: of the verb it begins with, or of all where it begins with none."""
    parser = _Parser(prog="llmnotes", description="What a language model's parameters and context length cost.")
    script_help = "print the script that completes verbs, options and model ids in this shell"
    parser.add_argument("--completion", choices=SHELLS, action=_Completion, help=script_help)
    commands = parser.add_subparsers(dest="verb", required=True, metavar="VERB", prog="llmnotes")
    words = Words(commands)
    for name in VERBS if not argv or argv[0] not in VERBS else (argv[0],):
        getattr(words, name)()
    return parser


def _length(verb: argparse.ArgumentParser, default: str = "the model's own limit") -> None:
    help_text = f"context length such as 8192, 128k (k = 1,024) or 1M; {default} unless given"
    verb.add_argument("--tokens", type=_argument(units.parse_tokens), metavar="N", help=help_text)


def _cache(verb: argparse.ArgumentParser) -> None:
    bits = _argument(units.parse_bits)
    verb.add_argument("--batch", type=_number("sequences"), default=1, metavar="B", help="sequences at once (1)")
    verb.add_argument("--kv-bits", type=bits, metavar="BITS", help=f"of the cache, as a number: {BITS_HELP}")
    verb.add_argument("--state-bits", type=bits, default=32, metavar="BITS", help="of recurrent states (32)")


def _page(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--page", type=_number("tokens"), default=1, metavar="N", help="tokens of one page (1: none)")


def _forms(verb: argparse.ArgumentParser) -> None:
    from llmnotes.cli import precision

    precision.add_cache(verb)
    precision.add_weights(verb)


def _engine(verb: argparse.ArgumentParser) -> None:
    from llmnotes.cli import engine

    engine.add_options(verb, _number)


def _bits_of_weights(verb: argparse.ArgumentParser) -> None:
    bits = _argument(units.parse_bits)
    verb.add_argument("--weight-bits", type=bits, metavar="BITS", help=f"of every weight, as a number: {BITS_HELP}")
    verb.add_argument("--expert-bits", type=bits, metavar="BITS", help="of routed experts, where that differs")


def _fit_options(fit: argparse.ArgumentParser) -> None:
    size = fit.add_mutually_exclusive_group(required=True)
    size.add_argument("--chip", metavar="ID", help="a chip of the registry, such as rtx-4090 or h100-sxm-80gb")
    size.add_argument("--memory", type=_argument(units.parse_bytes), metavar="SIZE", help="of one chip, such as 24GiB")
    chips_help = "chips that split the model (as many as --tp and --pp ask for, else 1)"
    fit.add_argument("--chips", type=_number("chips"), metavar="N", help=chips_help)
    chunk_help = "tokens of one pass over all sequences (2048)"
    fit.add_argument("--prefill-chunk", type=_number("tokens"), default=2048, metavar="N", help=chunk_help)
    share_help = "share of the memory that the engine fills (0.92)"
    fit.add_argument("--usable", type=_argument(_share), default=0.92, metavar="SHARE", help=share_help)


def _train_options(verb: argparse.ArgumentParser) -> None:
    from llmnotes.finetuning import FROZEN, LORA, METHODS, OPTIMIZERS, RANK

    verb.add_argument("--method", choices=METHODS, default=LORA, help=f"what is trained ({LORA})")
    batch_help = "sequences of one pass (1)"
    verb.add_argument("--batch", "--batch-size", type=_number("sequences"), default=1, metavar="B", help=batch_help)
    verb.add_argument("--rank", type=_number("columns"), metavar="R", help=f"rank of the adapter ({RANK})")
    targets_help = "modules with an adapter, by the ends of their names: q_proj,v_proj (all in the layers)"
    verb.add_argument("--targets", metavar="NAMES", help=targets_help)
    verb.add_argument("--optimizer", choices=tuple(OPTIMIZERS), default="adamw", help="what updates weights (adamw)")
    frozen_help = "form of the frozen weights ({})".format(", ".join(f"{one}: {form}" for one, form in FROZEN.items()))
    verb.add_argument("--weights", metavar="FORM", help=frozen_help)
    checkpointing_help = "what is computed again in the backward pass: every layer, or none (layers)"
    verb.add_argument("--checkpointing", choices=("layers", "none"), default="layers", help=checkpointing_help)
    loss_help = "whether the logits of a whole text stand in memory, or pieces of them (stored)"
    verb.add_argument("--loss", choices=("stored", "fused"), default="stored", help=loss_help)
    size = verb.add_mutually_exclusive_group()
    size.add_argument("--chip", metavar="ID", help="a chip of the registry, such as rtx-4090 or h100-sxm-80gb")
    size.add_argument("--memory", type=_argument(units.parse_bytes), metavar="SIZE", help="of a chip, such as 24GiB")
    share_help = "share of the memory that may be filled (0.92)"
    verb.add_argument("--usable", type=_argument(_share), default=0.92, metavar="SHARE", help=share_help)


def _speed_options(pace: argparse.ArgumentParser) -> None:
    pace.add_argument("--chip", required=True, metavar="ID", help="a chip of the registry, such as rtx-4090")
    pace.add_argument(
        "--engine", default="llama.cpp", metavar="E", help="llama.cpp, vllm, sglang, tensorrt-llm (llama.cpp)"
    )
    pace.add_argument("--backend", metavar="B", help="cuda, rocm, metal, vulkan …; the usual one of the chip's vendor")
    chips_help = "chips that share the model (as many as --dp and --pp ask for, else 1)"
    pace.add_argument("--chips", "--n-chips", type=_number("chips"), metavar="N", help=chips_help)
    groups_help = "groups of data-parallel attention, which share routed experts alone (1)"
    pace.add_argument("--dp", type=_number("groups"), default=1, metavar="N", help=groups_help)
    stages_help = "stages of a pipeline, which hold the layers one after another (1)"
    pace.add_argument("--pp", type=_number("stages"), default=1, metavar="N", help=stages_help)
    context_help = "chips, of those that would hold the same heads, that divide the tokens of a sequence (1)"
    pace.add_argument("--cp", type=_number("chips"), default=1, metavar="N", help=context_help)
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


def _plan_options(planner: argparse.ArgumentParser) -> None:
    tokens = _argument(units.parse_tokens)
    planner.add_argument("--tokens", type=tokens, default=4096, metavar="N", help="tokens of a prompt (4,096)")
    planner.add_argument("--output", type=tokens, default=512, metavar="N", help="tokens of an answer (512)")
    planner.add_argument("--users", type=_number("users"), default=1, metavar="N", help="users at the same moment (1)")
    ttft_help = "longest time to the first token in seconds (2)"
    planner.add_argument("--ttft", type=_argument(_above_zero), default=2.0, metavar="S", help=ttft_help)
    speed_help = "least tokens a second for each user (20)"
    planner.add_argument("--speed", type=_argument(_above_zero), default=20.0, metavar="R", help=speed_help)
    planner.add_argument(
        "--weights", metavar="FORM", help="form of the weights (the checkpoint's, fp8, nvfp4 and awq are tried)"
    )
    bits = _argument(units.parse_bits)
    planner.add_argument("--kv-bits", type=bits, metavar="BITS", help=f"of the cache (16): {BITS_HELP}")
    planner.add_argument("--engine", metavar="E", help="engine (vllm and tensorrt-llm are tried)")
    planner.add_argument("--chips", type=_number("chips"), metavar="N", help="chips of a replica (1 to 8 are tried)")
    price_help = "a chip and its dollars an hour, once for each chip to think of (a list of two providers)"
    planner.add_argument("--price", action="append", metavar="CHIP=USD", help=price_help)
    planner.add_argument(
        "--middle",
        dest="sure",
        action="store_false",
        help="meet the need in the middle of the interval only, not at its slow end (which is safe)",
    )


def _above_zero(text: str, below: float = float("inf"), what: str = "a number above 0") -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < below:
        raise ValueError(f"{text!r} is not {what}")
    return number


def _gb_per_s(text: str) -> float:
    return _above_zero(text, 10_000, "a bandwidth; write GB/s such as 51.2 or 89.6")
