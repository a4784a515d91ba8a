"""The container's own speech task on a local FLAC and local models, without the cloud around it."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from transcribe_speech import heartbeat, pipeline

from builders import an_inspected_job
from lifestream.domain.options import JobOptions
from lifestream.domain.speech.diagnostics import Diagnostics
from lifestream.domain.transcript import Transcript
from lifestream.settings import SpeechSettings


def transcribe(flac: Path, settings: SpeechSettings) -> tuple[Transcript, Diagnostics]:
    """Only what reaches for S3 and DynamoDB is replaced."""
    job = an_inspected_job().model_copy(update={"options": JobOptions(language="en")})
    here = SimpleNamespace(download=lambda *names: shutil.copyfile(flac, names[-1]))
    nothing: Any = SimpleNamespace(show_progress=lambda *_: None)
    vars(pipeline).update(
        artifacts=lambda: here,
        load=lambda _: SimpleNamespace(bucket=""),
        fetch_models=lambda *_: None,
        clients=SimpleNamespace(s3=lambda: None),
    )
    vars(heartbeat).update(job_table=lambda: nothing)
    return pipeline.run_pipeline(job, settings)
