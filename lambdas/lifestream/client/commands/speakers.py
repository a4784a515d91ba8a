"""`lifestream speakers`: who is who."""

from __future__ import annotations

from typing import Annotated

import typer

from lifestream.aws import clients
from lifestream.aws.voiceprints import VoiceprintStore
from lifestream.client.commands.terminal import Job, Stage, console, plain, plain_errors
from lifestream.client.connection import connect
from lifestream.client.speakers import name_speaker
from lifestream.client.video_service import VideoService

speakers = typer.Typer(help="Who is who in the recordings.", no_args_is_help=True)


@speakers.command()
def name(
    job: Job,
    speaker: Annotated[str, typer.Argument(help="As the transcript calls them: SPEAKER_01.")],
    called: Annotated[str, typer.Argument(help="Their name.")],
    stage: Stage = None,
) -> None:
    """Give a speaker a name; the results are written anew, no engine runs again."""
    with plain_errors():
        record = VideoService(connect(stage)).job(job)
        naming = name_speaker(clients.s3(), record, speaker, called)
        for one, person in sorted(naming.names.items()):
            console.print(f"{one}  {plain(person)}", soft_wrap=True)
        console.print(
            "Later recordings of this voice will carry the name."
            if naming.is_remembered
            else "The name holds in this recording; no voice of it is kept.",
            soft_wrap=True,
        )


@speakers.command()
def forget(
    called: Annotated[str, typer.Argument(help="The name whose voice is to be forgotten.")],
    stage: Stage = None,
) -> None:
    """Forget a voice: later recordings will not be compared with it."""
    with plain_errors():
        settings = connect(stage)
        count = VoiceprintStore(clients.s3(), settings.bucket).forget(called)
        console.print(f"{count} prints of the voice are deleted")
