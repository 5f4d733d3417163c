"""Published files of a model hub: `hf:org/name`. The only module that imports huggingface_hub."""

import os
from collections.abc import Callable
from typing import TypeVar

from llmnotes.spec import ModelSpec

PREFIX = "hf:"
T = TypeVar("T")
CHUNK = 2**19  # bytes asked for at once where a header alone is wanted


class HubError(ValueError):
    """A model that the hub did not give: names the model, the reason and the remedy."""


def from_hub(address: str) -> ModelSpec:
    """The spec of `hf:org/name`, of one revision of it, `hf:org/name@revision`, or of one of its weight files,
    `hf:org/name/model.gguf`, of which the header alone is asked for; of a model in several files, the header of each.

    `config.json` is asked for, from `HF_ENDPOINT` where that is set, beside a safetensors file's header too; where it
    says nothing of quantization, `hf_quant_config.json` as well, in which some checkpoints say it; and the index of the
    weight files, which says how many bytes they hold. No token is sent and no telemetry, so a model behind a licence
    form is refused. What was fetched before is read from the disk when the hub is out of reach.

    Raises:
        HubError: In one line, with the model, the reason and the remedy.
        ConfigError: If the file is not understood.
    """
    quiet = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_VERBOSITY": "critical"}
    for name, value in quiet.items():
        os.environ.setdefault(name, value)
    try:
        import huggingface_hub  # noqa: F401 - whether it is there
    except ImportError:
        raise HubError(
            f"{address}: needs the package huggingface_hub; install it with: pip install huggingface_hub"
        ) from None
    place, file = _parsed(address)
    if file:
        return _from_weight_file(address, place, file)
    return _from_config(address, place)


def _from_config(address: str, place: str) -> ModelSpec:
    """The spec of the configuration, and of what lies beside it where that says how the weights are stored."""
    from llmnotes.config.files import INDEXES, QUANTIZED, from_config

    path, away = _fetched(address, place, "config.json")
    model = from_config(path, name=address)
    quantized = not model.stated.get("quantization") and _is_beside(address, place, QUANTIZED, away=away)
    indexed = any(_is_beside(address, place, index, away=away) for index in INDEXES)
    return from_config(path, name=address) if quantized or indexed else model


def _is_beside(address: str, place: str, file: str, *, away: bool) -> bool:
    """Whether a further file is published beside a configuration; then it lies beside it on this disk too."""
    try:
        _downloaded(address, place, file, away=away)
    except HubError:
        return False
    return True


def _parsed(address: str) -> tuple[str, str]:
    """`org/name@revision`, and the weight file within it; empty where none is named."""
    rest = address.removeprefix(PREFIX)
    if rest.endswith((".gguf", ".safetensors")) and rest.count("/") >= 2:
        org, name, file = rest.split("/", 2)
        return f"{org}/{name}", file
    return rest, ""


def _answered(address: str, revision: str, file: str, ask: Callable[[], T]) -> T:
    """What the hub answers; what it refuses in one line."""
    from huggingface_hub import errors

    reasons = (
        (errors.HFValidationError, "not the name of a model; write hf:org/name, or hf:org/name@revision"),
        (errors.GatedRepoError, f"its authors ask for a login; download its {file} yourself and give the path"),
        (errors.RepositoryNotFoundError, "the hub has no such public model; check the spelling"),
        (errors.RevisionNotFoundError, f"has no revision {revision!r}; leave it out for the newest"),
        (errors.RemoteEntryNotFoundError, f"has no {file}; what is published without one cannot be sized"),
        (errors.LocalEntryNotFoundError, "the hub cannot be reached; check the network, or HF_ENDPOINT"),
        (OSError, "could not be fetched"),
    )
    try:
        return ask()
    except tuple(kind for kind, _ in reasons) as error:
        kind, reason = next(found for found in reasons if isinstance(error, found[0]))
        detail = f" ({str(error).splitlines()[0]})" if kind is OSError and str(error) else ""
        raise HubError(f"{address}: {reason}{detail}") from None


def _fetched(address: str, place: str, file: str) -> tuple[str, bool]:
    """The path of a published file on this disk, fetched if the hub is within reach; and whether it is out of it."""
    from huggingface_hub import errors, get_hf_file_metadata, hf_hub_url

    repository, _, revision = place.partition("@")
    wanted, endpoint = revision or None, os.environ.get("HF_ENDPOINT") or None

    def within_reach() -> bool:
        # Asked once, without the half minute of retries of the download itself.
        try:
            get_hf_file_metadata(hf_hub_url(repository, file, revision=wanted, endpoint=endpoint), token=False)
        except (errors.HTTPError, ConnectionError) as error:
            response = getattr(error, "response", None)
            if response is not None and response.status_code < 500:
                raise
            return False
        return True

    away = not _answered(address, revision, file, within_reach)
    return _downloaded(address, place, file, away=away), away


def _downloaded(address: str, place: str, file: str, *, away: bool) -> str:
    """The path of a published file on this disk: what was fetched before where the hub is `away`."""
    from huggingface_hub import hf_hub_download

    repository, _, revision = place.partition("@")
    wanted, endpoint = revision or None, os.environ.get("HF_ENDPOINT") or None

    def download() -> str:
        return hf_hub_download(repository, file, revision=wanted, endpoint=endpoint, token=False, local_files_only=away)

    return _answered(address, revision, file, download)


class _Remote:
    """A file on the hub of which only those bytes are asked for that are read, `CHUNK` at a time."""

    def __init__(self, address: str, url: str, size: int):
        self.address, self.url, self.size = address, url, size
        self.at, self.start, self.held = 0, 0, b""

    def read(self, n: int = -1, /) -> bytes:
        end = min(self.at + n, self.size)
        if not self.start <= self.at <= end <= self.start + len(self.held):
            self.start, self.held = self.at, self._asked(self.at, min(self.at + max(n, CHUNK), self.size))
        data = self.held[self.at - self.start : end - self.start]
        self.at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.at = offset + (0, self.at, self.size)[whence]
        return self.at

    def _asked(self, start: int, end: int) -> bytes:
        from huggingface_hub import get_session

        response = get_session().get(self.url, headers={"Range": f"bytes={start}-{end - 1}"}, follow_redirects=True)
        if response.status_code != 206:
            raise HubError(f"{self.address}: the hub sends no part of a file (status {response.status_code})")
        return response.content[: end - start]


def _remote(address: str, place: str, file: str) -> _Remote:
    from huggingface_hub import errors, get_hf_file_metadata, hf_hub_url

    repository, _, revision = place.partition("@")
    endpoint = os.environ.get("HF_ENDPOINT") or None

    def found() -> _Remote:
        try:
            url = hf_hub_url(repository, file, revision=revision or None, endpoint=endpoint)
            metadata = get_hf_file_metadata(url, token=False)
        except (errors.HTTPError, ConnectionError) as error:
            response = getattr(error, "response", None)
            if response is not None and response.status_code < 500:
                raise
            raise HubError(f"{address}: the hub cannot be reached; check the network, or HF_ENDPOINT") from None
        return _Remote(address, metadata.location, metadata.size or 0)

    return _answered(address, revision, file, found)


def _header(address: str, place: str, file: str, read: Callable[[_Remote, int, str], T]) -> T:
    """The header of a weight file on the hub."""
    remote = _remote(address, place, file)
    return _answered(address, place.partition("@")[2], file, lambda: read(remote, remote.size, address))


def _from_weight_file(address: str, place: str, file: str) -> ModelSpec:
    from llmnotes.headers.gguf import read_gguf
    from llmnotes.headers.models import from_gguf, joined, parts_of, with_safetensors
    from llmnotes.headers.safetensors import read_safetensors

    if not file.endswith(".gguf"):
        header = _header(address, place, file, read_safetensors)
        return with_safetensors(_from_config(address, place), header)
    first = _header(address, place, file, read_gguf)
    parts = parts_of(first, file)
    headers = [_header(address, place, part, read_gguf) for part in parts]
    return from_gguf(joined(headers) if parts else first, address)
