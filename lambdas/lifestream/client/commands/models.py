"""`lifestream models`: the speech models, from their hub to the deployment or to this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from lifestream.aws import clients
from lifestream.aws.api_keys import load_api_keys
from lifestream.client.commands.terminal import Stage, console, plain
from lifestream.client.connection import connect
from lifestream.client.model_weights import MODELS, fetch, upload
from lifestream.errors import UsageError
from lifestream.settings import ApiKeys, SpeechSettings, load


def models(
    names: Annotated[
        list[str] | None, typer.Argument(help="Models. Default: those that the stack uses.")
    ] = None,
    folder: Annotated[
        Path, typer.Option(help="The folder in which this machine keeps a copy of the models.")
    ] = Path("models"),
    to: Annotated[
        Path | None,
        typer.Option(help="Fetch into this folder only, for `lifestream local`. Needs no stack."),
    ] = None,
    stage: Stage = None,
) -> None:
    """Copy the speech models from their hub to the deployment.

    Needed once, before the first video.
    """
    if to:
        _fetch_for_local_use(names or [], to)
        return
    settings, speech = connect(stage), load(SpeechSettings)
    token = load_api_keys(settings.api_keys_secret).huggingface_token
    for name in names or (speech.whisper_model, speech.pyannote_model):
        fetched = fetch(name, folder, token)
        upload(clients.s3(), settings.bucket, fetched, on_file=console.print)


def _fetch_for_local_use(names: Sequence[str], folder: Path) -> None:
    if not names:
        raise UsageError(f"name at least one model, such as {', '.join(MODELS)}")
    for name in names:
        fetched = fetch(name, folder, load(ApiKeys).huggingface_token)
        console.print(plain(f"{fetched} is complete"), soft_wrap=True)
        if (fetched / "model.bin").is_file():
            use = f"MODELS_DIR={folder} WHISPER_MODEL={fetched.name} lifestream local VIDEO"
            console.print(plain(f"Use it: {use}"), soft_wrap=True)
