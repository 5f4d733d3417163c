"""Words that a shell completes: verbs, options and their choices, ids of models and chips, paths."""

import argparse
from collections.abc import Iterable

import argcomplete
from argcomplete.completers import BaseCompleter, FilesCompleter


def script(shell: str) -> str:
    """What a shell must read once; it asks the command itself for words, so it never goes stale."""
    return argcomplete.shellcode(["llmnotes"], shell=shell)


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell that asks, and end."""
    argcomplete.autocomplete(parser, always_complete_options=False, default_completer=_Values())


class _Values(BaseCompleter):
    """Values of an option or argument that has no fixed choices."""

    def __call__(self, *, prefix: str, action: argparse.Action, **_) -> Iterable[str]:
        from llmnotes.registry import chip_ids, model_ids

        if action.dest in ("model", "models"):
            ids = [model_id for model_id in model_ids() if model_id.startswith(prefix)]
            return ids or FilesCompleter(("json",))(prefix)
        if action.dest == "chip":
            return chip_ids()
        if action.dest == "family":
            from llmnotes.config import families

            return families()
        return ()
