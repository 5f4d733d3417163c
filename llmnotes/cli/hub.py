"""Published configurations from a model hub: `hf:org/name`. The only module that imports huggingface_hub."""

import os

from llmnotes.spec import ModelSpec

PREFIX = "hf:"


class HubError(ValueError):
    """A model that the hub did not give: names the model, the reason and the remedy."""


def from_hub(address: str) -> ModelSpec:
    """The spec of `hf:org/name`, or of one revision of it, `hf:org/name@revision`.

    One file is asked for, `config.json`, from `HF_ENDPOINT` where that is set. No token is sent and no telemetry, so
    a model behind a licence form is refused. A file fetched before is read from the disk when the hub is out of reach.

    Raises:
        HubError: In one line, with the model, the reason and the remedy.
        ConfigError: If the file is not understood.
    """
    quiet = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_VERBOSITY": "critical"}
    for name, value in quiet.items():
        os.environ.setdefault(name, value)
    try:
        from huggingface_hub import errors, get_hf_file_metadata, hf_hub_download, hf_hub_url
    except ImportError:
        raise HubError(
            f"{address}: needs the package huggingface_hub; install it with: pip install huggingface_hub"
        ) from None
    repository, _, revision = address.removeprefix(PREFIX).partition("@")
    wanted, endpoint = revision or None, os.environ.get("HF_ENDPOINT") or None
    reasons = (
        (errors.HFValidationError, "not the name of a model; write hf:org/name, or hf:org/name@revision"),
        (errors.GatedRepoError, "its authors ask for a login; download its config.json yourself and give the path"),
        (errors.RepositoryNotFoundError, "the hub has no such public model; check the spelling"),
        (errors.RevisionNotFoundError, f"has no revision {revision!r}; leave it out for the newest"),
        (errors.RemoteEntryNotFoundError, "has no config.json; what is published without one cannot be sized"),
        (errors.LocalEntryNotFoundError, "the hub cannot be reached; check the network, or HF_ENDPOINT"),
        (OSError, "could not be fetched"),
    )
    try:
        # Asked once, without the half minute of retries of the download itself.
        try:
            get_hf_file_metadata(hf_hub_url(repository, "config.json", revision=wanted, endpoint=endpoint), token=False)
            within_reach = True
        except (errors.HTTPError, ConnectionError) as error:
            response = getattr(error, "response", None)
            if response is not None and response.status_code < 500:
                raise
            within_reach = False
        path = hf_hub_download(
            repository,
            "config.json",
            revision=wanted,
            endpoint=endpoint,
            token=False,
            local_files_only=not within_reach,
        )
    except tuple(kind for kind, _ in reasons) as error:
        kind, reason = next(found for found in reasons if isinstance(error, found[0]))
        detail = f" ({str(error).splitlines()[0]})" if kind is OSError else ""
        raise HubError(f"{address}: {reason}{detail}") from None
    from llmnotes.config.files import from_config

    return from_config(path, name=address)
