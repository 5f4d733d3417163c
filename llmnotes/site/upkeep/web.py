"""One request at a time to what the world says: a limit on time and size, and failures as one line."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

AGENT = "llmnotes (compares its registry with what is published)"
PATIENCE_S = 20.0
LARGEST_BYTES = 32 * 2**20


class Unreachable(ValueError):  # noqa: N818 - callers read it as a sentence: except Unreachable
    """An address that gave no answer that can be used; says why."""


def ask(address: str, *, method: str = "GET") -> tuple[int, bytes]:
    """Return status and body of an answer; a body of more than `LARGEST_BYTES` is none.

    Raises:
        Unreachable: If there is no answer.
    """
    if not address.startswith(("https://", "http://")):
        raise Unreachable("is no address of the web")
    request = urllib.request.Request(address, method=method, headers={"User-Agent": AGENT, "Accept": "*/*"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            body = answer.read(LARGEST_BYTES + 1) if method == "GET" else b""
            if len(body) > LARGEST_BYTES:
                raise Unreachable(f"answers with more than {LARGEST_BYTES:,} bytes")
            return answer.status, body
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, b""
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, Unreachable):
            raise
        raise Unreachable(str(getattr(error, "reason", error)) or type(error).__name__) from None


def ask_json(address: str) -> Any:
    """Return what an address answers as JSON.

    Raises:
        Unreachable: If it answers with another status than 200, or with no JSON.
    """
    status, body = ask(address)
    if status != 200:
        asks_login = "; it asks for a login" if status in (401, 403) else ""
        raise Unreachable(f"answers with status {status}{asks_login}")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Unreachable("answers with no JSON") from None
