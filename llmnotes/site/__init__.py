"""What pages and their authors call. Nothing outside this folder imports it."""

from __future__ import annotations


def __getattr__(name: str) -> object:
    if name == "show":
        from llmnotes.site.figures.present import show

        return show
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
