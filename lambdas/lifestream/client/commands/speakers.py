"""`lifestream speakers`: name speakers, forget voices."""

from __future__ import annotations

from typing import Annotated

import typer

from lifestream.client.commands.terminal import Job, Stage, console, plain, say
from lifestream.client.deployment import deployment
from lifestream.domain.speech.speakers import display_name

speakers = typer.Typer(
    help="Name speakers, and forget voices.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@speakers.command()
def name(
    job: Job,
    speaker: Annotated[
        str, typer.Argument(help="'Speaker 1', SPEAKER_00, or the speaker's present name.")
    ],
    called: Annotated[str, typer.Argument(help="The person's name.", metavar="NAME")],
    stage: Stage = None,
) -> None:
    """Name a speaker. The results are written again; no engine runs."""
    naming = deployment(stage).name_speaker(job, speaker, called)
    for one, person in sorted(naming.names.items()):
        console.print(f"{display_name(one)}  {plain(person)}", soft_wrap=True)
    say(
        "Later recordings of this voice will show the name."
        if naming.is_remembered
        else "The name applies to this recording only; no voiceprint is kept."
    )


@speakers.command()
def forget(
    called: Annotated[str, typer.Argument(help="The person's name.", metavar="NAME")],
    stage: Stage = None,
) -> None:
    """Delete the voiceprints of a person. Later recordings are not compared with them."""
    say(f"{deployment(stage).forget(called)} voiceprints deleted")
