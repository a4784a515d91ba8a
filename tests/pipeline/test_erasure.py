"""Nothing of an erased recording is left in any store of the deployed stack."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from builders import a_draft
from fakes import chat_completion
from lifestream.aws import clients
from lifestream.client.speakers import name_speaker
from local_stack import Pipeline
from pipeline.erasing import erase_through, logged, traces
from pipeline.every_route import Api

SAID_ONCE = "Quetzalcoatl"
PERSON = "Zaphod"


def test_nothing_of_an_erased_recording_is_left(
    pipeline: Pipeline, clip: Path, tmp_path: Path
) -> None:
    draft = a_draft(abstract=f"About {SAID_ONCE}.").model_dump(mode="json")
    pipeline.openai.answer = lambda _path, _request: chat_completion(json.dumps(draft))
    job = pipeline.run_one(Path(shutil.copy(clip, tmp_path / "confidential.mp4"))).job
    name_speaker(clients.s3(), pipeline.service.job(job.job_id), "Speaker 1", PERSON)
    words = [job.job_id, "confidential", SAID_ONCE, PERSON]
    before = traces(pipeline, words)
    assert {word for word in words if any(repr(word) in place for place in before)} == {*words}

    receipt = erase_through(Api(pipeline), pipeline, job)

    assert traces(pipeline, words) == []
    assert not [line for line in logged(pipeline) if SAID_ONCE in line or PERSON in line]
    found = receipt["found"]
    assert (found["uploads"], found["index"]) == (1, 1)
    assert found["results"] > 9  # some were written again, with the name
    assert min(found["artifacts"], found["voiceprints"]) > 0
