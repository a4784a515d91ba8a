"""Name the speakers of a recording; list and forget the people whose voices are known.

Names are no part of an address, because an HTTP API decodes the path: a name may contain a slash.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lifestream import resources
from lifestream.api.jobs import JobId, found
from lifestream.aws import clients
from lifestream.client.speakers import name_speaker
from lifestream.rest.speakers import Forgotten, GivenName, Naming, People, Person

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # its constructor has no hints


@router.put("/v1/jobs/<job_id>/speakers", description="Name a speaker in the results of a job.")
def give_name(job_id: JobId, given: GivenName) -> Naming:
    return name_speaker(clients.s3(), found(job_id), given.speaker, given.name)


@router.get("/v1/speakers", description="List the people whose voices are known.")
def list_people() -> People:
    voices = Counter(voice.name for voice in resources.voiceprints().known())
    people = (Person(name=name, recordings=voices[name]) for name in sorted(voices))
    return People(people=tuple(people))


@router.delete("/v1/speakers", description="Delete the voiceprints of a person.")
def forget(name: Annotated[str, Query(min_length=1, max_length=100)]) -> Forgotten:
    return Forgotten(voiceprints=resources.voiceprints().forget(name))
