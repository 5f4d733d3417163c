"""The verbs of the command for agents, over the Model Context Protocol: `llmnotes mcp` (extra `mcp`).

Each verb is a tool, and its options are the tool's arguments, read from the command's own parser: a schema and a
refusal say the same as the command does. A tool reads the registry and nothing else: a configuration or a log is given
as content, and no path, address or program is ever opened.
"""

import argparse
import inspect
import json
import math
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field, StrictFloat, StrictInt, StrictStr, ValidationError

from llmnotes.cli.parser import MOST, VERBS, parser_of
from llmnotes.spec import ModelSpec

INSTRUCTIONS = (
    "Exact arithmetic on language models: parameters, KV cache, FLOPs, memory, speed and price, from the config.json "
    "that the authors published. Name a registered model by id (tool `models` lists them), or give the content of a "
    "config.json. Bytes are bytes, FLOPs are FLOPs; `ideal_bytes` is what the architecture must keep, `reserved_bytes` "
    "what an engine sets aside at full length. Say `warnings` and `assumed` to the user with the numbers."
)
LONGEST = 200
# What the command has for people, and an agent does not need.
LEFT_OUT = ("help", "json", "lang", "base", "model", "models", "log", "config")
MODEL = Annotated[
    str | dict[str, Any],
    Field(description="a registry id such as qwen3-32b, or the content of a config.json; paths are not opened"),
]
MODELS = Annotated[list[str | dict[str, Any]], Field(description=f"2 to {MOST} of them, each as an id or as content")]
LOG = Annotated[str, Field(description="the text of the log of vLLM, SGLang, llama.cpp, Ollama or TensorRT-LLM")]
SUBJECTS = {"model": ("model", MODEL), "models": ("models", MODELS), "log": ("log", LOG)}
READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


class _Server(MCPServer):
    """Refuses arguments that a tool has not, or of another kind, in one line."""

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        tool = self._tool_manager.get_tool(name)
        known = tool.parameters["properties"] if tool else arguments
        if unknown := sorted(set(arguments) - set(known)):
            raise ToolError(f"{name} has no argument {unknown[0][:40]!r}; it has {', '.join(known)}")
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if not isinstance(error.__cause__, ValidationError):
                raise
            wrong = str(error.__cause__.errors()[0]["loc"][0])
            # Without its cause, which shows values and addresses on many lines.
            raise ToolError(f"{name}: {wrong} is missing or of another kind; see the schema of the tool") from None


def server() -> MCPServer:
    """The server with a tool for each verb."""
    made = _Server("llmnotes", version=version("llmnotes"), instructions=INSTRUCTIONS, log_level="WARNING")
    for verb, about in VERBS.items():
        if verb != "mcp":
            made.add_tool(_tool(verb), name=verb, description=about.capitalize() + ".", annotations=READS)
    return made


def serve() -> None:
    """Answer over standard input and output until the client leaves."""
    server().run(transport="stdio")


def _tool(verb: str) -> Callable[..., dict[str, Any]]:
    """A function with the arguments of a verb that returns its facts."""
    parser = _parser(verb)
    options = {action.dest: action for action in parser._actions if action.dest not in LEFT_OUT}

    def tool(**given: Any) -> dict[str, Any]:
        try:
            return _facts(verb, options, given)
        except ValueError as error:
            raise ToolError(" ".join(str(error).split())) from None
        except (ArithmeticError, RecursionError, MemoryError):
            raise ToolError(f"{verb}: these arguments are beyond what can be counted; give smaller ones") from None

    signature = inspect.Signature(list(_parameters(parser, options)), return_annotation=dict[str, Any])
    vars(tool)["__signature__"] = signature
    return tool


def _parser(verb: str) -> argparse.ArgumentParser:
    """The parser of a verb, which raises what the command would print."""
    whole = parser_of([verb])
    commands = next(action for action in whole._actions if isinstance(action, argparse._SubParsersAction))
    found = commands.choices[verb]

    def refuse(message: str) -> None:
        raise ValueError(message)

    found.error = refuse
    return found


def _parameters(parser: argparse.ArgumentParser, options: dict[str, argparse.Action]) -> Iterator[inspect.Parameter]:
    """Parameters of a tool: what the verb is about, then its options."""
    kind = inspect.Parameter.KEYWORD_ONLY
    if (subject := parser.get_default("subject")) in SUBJECTS:
        name, annotation = SUBJECTS[subject]
        yield inspect.Parameter(name, kind, annotation=annotation)
    if subject == "log":
        about = Annotated[str | dict[str, Any] | None, Field(description="the model, where the log does not say it")]
        yield inspect.Parameter("model", kind, annotation=about, default=None)
    for name, action in options.items():
        kind_of: Any = _type(action)
        shown = Annotated[kind_of, Field(description=action.help)]
        default = inspect.Parameter.empty if action.required else action.default
        yield inspect.Parameter(name, kind, annotation=shown, default=default)


def _type(action: argparse.Action) -> Any:
    if isinstance(action, argparse._StoreTrueAction):
        return bool
    if isinstance(action, argparse._AppendAction):
        return list[str] | None
    literal: Any = Literal
    # Strict: true is no 1.
    kind: Any = literal[tuple(action.choices)] if action.choices else StrictStr | StrictInt | StrictFloat
    return kind if action.required or action.default is not None else kind | None


def _facts(verb: str, options: dict[str, argparse.Action], given: dict[str, Any]) -> dict[str, Any]:
    parser = _parser(verb)
    subject = parser.get_default("subject")
    argv = {"model": ["given"], "models": ["given"], "log": ["given"]}.get(subject, [])
    for name, action in options.items():
        argv += _words(action, given.get(name, action.default))
    parsed = parser.parse_args(argv)
    parsed.base = parsed.config = parsed.model = None
    facts = parsed.facts(_subject(subject, given), parsed)
    # Plain values, as the command prints them.
    plain = json.loads(json.dumps(facts, ensure_ascii=False))
    return plain if isinstance(plain, dict) else {verb: plain}


def _words(action: argparse.Action, value: Any) -> list[str]:
    """The words of the command for a value."""
    option = action.option_strings[-1]
    if value is None or value is False or value == action.default:
        return []
    if value is True:
        return [option]
    # What JSON does not have and clients send all the same; some options are read by no equation of a verb.
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{option} is {value}, which is no finite number; give one, or leave it out")
    texts = [str(one) for one in (value if isinstance(value, list) else [value])]
    for text in texts:
        if len(text) > LONGEST or not text.isprintable() or set("/\\") & set(text):
            raise ValueError(f"{option} is no path and no text: {text[:40]!r}; give a name or a number")
    return [f"{option}={text}" for text in texts]


def _subject(kind: str, given: dict[str, Any]) -> Any:
    if kind == "model":
        return model_of(given["model"])
    if kind == "models":
        if not 2 <= len(given["models"]) <= MOST:
            raise ValueError(f"compare got {len(given['models'])} models; give 2 to {MOST} of them")
        return [model_of(one) for one in given["models"]]
    return _explained(given["log"], given.get("model")) if kind == "log" else None


def model_of(given: str | dict[str, Any]) -> ModelSpec:
    """The model that an id names, or that the content of a `config.json` describes.

    Raises:
        ValueError: If it is neither. Nothing is opened.
    """
    from llmnotes.config.files import from_text
    from llmnotes.registry import load_model, resolve

    if isinstance(given, dict):
        return from_text(json.dumps(given))
    if given.lstrip().startswith("{"):
        return from_text(given)
    if len(given) > LONGEST or not given.isprintable() or set("/\\:") & set(given) or given.strip() in ("", "-", "."):
        remedy = "give an id of the registry (tool models lists them) or the content of a config.json"
        raise ValueError(f"model is {given[:60]!r}: paths and addresses are not opened; {remedy}")
    return load_model(resolve(given))


def _explained(log: str, model: str | dict[str, Any] | None) -> Any:
    """What an engine's log says, explained."""
    from llmnotes.cli.engine import weigh
    from llmnotes.engines.logs import explain, state_bits_of
    from llmnotes.engines.logs.reading import MOST_BYTES
    from llmnotes.registry import find, model_ids

    if len(log) > MOST_BYTES:
        raise ValueError(f"log has {len(log):,} characters; {MOST_BYTES:,} are read: give the part about memory")

    def found(model_id: str) -> Any:
        entry = find(model_id)
        return entry.spec, state_bits_of(entry.config)

    known = None if model is None else model_of(model)
    state_bits = state_bits_of(find(model).config) if isinstance(model, str) and model in model_ids() else None
    return explain(log, model=known, state_bits=state_bits, ids=model_ids(), find=found, weigh=weigh)
