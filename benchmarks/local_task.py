"""Run the container's speech pipeline on a local FLAC file and local models, without AWS."""

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
    """Transcribe with the real pipeline. Only its calls to S3 and DynamoDB are replaced."""
    job = an_inspected_job().model_copy(update={"options": JobOptions(language="en")})
    local_artifacts = SimpleNamespace(download=lambda *names: shutil.copyfile(flac, names[-1]))
    no_table: Any = SimpleNamespace(show_progress=lambda *_: None)
    vars(pipeline).update(
        artifacts=lambda: local_artifacts,
        load=lambda _: SimpleNamespace(bucket=""),
        fetch_models=lambda *_: None,
        clients=SimpleNamespace(s3=lambda: None),
    )
    vars(heartbeat).update(job_table=lambda: no_table)
    return pipeline.run_pipeline(job, settings)
