"""AWS's runtime client loads every function, and the steps process a real video."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from builders import evidence_of, words
from cdk_app.bundling import SOURCE
from lambda_runtime.cloud import QUOTE, Cloud
from lambda_runtime.conftest import Warm
from lambda_runtime.execution import FunctionError
from lifestream.aws.artifacts import AUDIO, DIAGNOSTICS, TRANSCRIPT
from lifestream.domain import fingerprints
from lifestream.domain.bucket_layout import artifact_key
from lifestream.domain.job import JobStatus
from lifestream.domain.step_payloads import InspectedJob
from lifestream.domain.transcript import Engines, Segment, Source, Speaker, Transcript
from lifestream.media.audio import load_samples
from lifestream.settings import SpeechSettings
from lifestream.step_names import Step
from media_files import SAMPLE

KINDS = ("steps", "triggers")
FILES = [path for kind in KINDS for path in sorted((SOURCE / kind).glob("[!_]*.py"))]
HANDLERS = [f"{path.parent.name}.{path.stem}.handler" for path in FILES]


@pytest.mark.parametrize("handler", HANDLERS)
def test_every_handler_is_loaded(warm: Warm, handler: str) -> None:
    assert "Traceback" not in warm(handler).log.read_text()


def test_every_handler_is_deployed(cloud: Cloud) -> None:
    assert set(cloud.functions) == set(HANDLERS)


@pytest.fixture(scope="module")
def job(cloud: Cloud) -> dict[str, Any]:
    """Return the input of the state machine."""
    return cloud.upload("uploads/team-meeting.mp4", SAMPLE.read_bytes()).model_dump(mode="json")


@pytest.fixture(scope="module")
def inspected(warm: Warm, job: dict[str, Any]) -> dict[str, Any]:
    return invoke(warm, Step.INSPECT_VIDEO, job)


@pytest.fixture(scope="module")
def transcribed(warm: Warm, cloud: Cloud, inspected: dict[str, Any]) -> dict[str, Any]:
    """Write the sample's reference transcript instead of running the container."""
    extracted = invoke(warm, Step.EXTRACT_AUDIO, inspected)
    transcribe(cloud, InspectedJob.model_validate(extracted))
    return extracted


@pytest.fixture(scope="module")
def published(warm: Warm, transcribed: dict[str, Any]) -> dict[str, Any]:
    for step in (Step.SUMMARIZE_TRANSCRIPT, Step.INDEX_TRANSCRIPT):
        invoke(warm, step, transcribed)
    return invoke(warm, Step.PUBLISH_RESULTS, transcribed | {"missing": []})


def test_a_video_is_inspected(inspected: dict[str, Any]) -> None:
    assert (inspected["container"], inspected["audio_codec"]) == ("mov", "aac")
    assert inspected["duration_seconds"] == pytest.approx(56.7, abs=1)
    assert not inspected["is_transcribed"]


def test_its_audio_is_extracted(cloud: Cloud, transcribed: dict[str, Any], tmp_path: Path) -> None:
    flac = tmp_path / AUDIO
    key = artifact_key(transcribed["job_id"], Step.EXTRACT_AUDIO, AUDIO)
    cloud.s3.download_file(cloud.bucket, key, str(flac))

    samples = load_samples(flac)

    assert len(samples) / 16_000 == pytest.approx(transcribed["duration_seconds"], abs=0.2)


def test_a_transcript_is_found_again(
    warm: Warm, job: dict[str, Any], transcribed: dict[str, Any]
) -> None:
    """Settings and options have the same fingerprint in every process."""
    again = invoke(warm, Step.INSPECT_VIDEO, job)

    assert again == transcribed | {"is_transcribed": True}


def test_summary_and_passages_are_published(cloud: Cloud, published: dict[str, Any]) -> None:
    key = published["published_prefix"] + "summary.json"
    summary = cloud.s3.get_object(Bucket=cloud.bucket, Key=key)["Body"].read()

    [point] = json.loads(summary)["key_points"]
    assert point["quote"] == QUOTE
    assert point["start_seconds"] == pytest.approx(26.4, abs=0.1)
    assert any(name.startswith(published["job_id"]) for _, name in cloud.pinecone.vectors)


def test_the_row_says_that_it_succeeded(
    warm: Warm, cloud: Cloud, published: dict[str, Any]
) -> None:
    invoke(warm, Step.RECORD_SUCCESS, published)

    record = cloud.job_table.find(published["job_id"])
    assert record
    assert record.status == JobStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("name", "error"),
    [("notes.txt", "UnsupportedExtensionError"), ("notes.mp4", "NotAVideoError")],
)
def test_step_functions_sees_our_error_names(
    warm: Warm, cloud: Cloud, name: str, error: str
) -> None:
    job = cloud.upload(f"uploads/{name}", b"These are notes.")

    with pytest.raises(FunctionError) as refused:
        invoke(warm, Step.INSPECT_VIDEO, job.model_dump(mode="json"))

    assert refused.value.error_type == error


def invoke(warm: Warm, step: Step, event: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = warm(f"steps.{step.module_name}.handler").invoke(event)
    return answer


def transcribe(cloud: Cloud, job: InspectedJob) -> None:
    """Write the container's artifacts, with its fingerprint."""
    settings = SpeechSettings.model_validate(
        cloud.functions["steps.inspect_video.handler"].variables
    )
    fingerprint = fingerprints.of_transcript(job.job_id, job.options, settings.identity())
    transcript = spoken(job)
    for name, content in {TRANSCRIPT: transcript, DIAGNOSTICS: evidence_of(transcript)}.items():
        cloud.artifacts.save(job.job_id, Step.TRANSCRIBE_SPEECH, name, content)
    checkpoint = cloud.artifacts.checkpoint(job.job_id, Step.TRANSCRIBE_SPEECH, fingerprint)
    checkpoint.save(transcript.engines, outputs=[TRANSCRIPT, DIAGNOSTICS])


def spoken(job: InspectedJob) -> Transcript:
    """Return the words that are spoken in the sample."""
    turns = json.loads(SAMPLE.with_suffix(".reference.json").read_text())["turns"]
    return Transcript(
        job_id=job.job_id,
        source=Source(bucket=job.bucket, key=job.key, version_id=job.version_id, etag=job.etag),
        language="en",
        duration_seconds=job.duration_seconds,
        engines=Engines(transcription="reference", diarization="reference"),
        speakers=tuple(Speaker(id=name) for name in sorted({turn["speaker"] for turn in turns})),
        segments=tuple(segment(number, turn) for number, turn in enumerate(turns)),
    )


def segment(number: int, turn: dict[str, Any]) -> Segment:
    start, end, text = turn["start_seconds"], turn["end_seconds"], turn["text"]
    return Segment(
        id=number,
        start_seconds=start,
        end_seconds=end,
        speaker=turn["speaker"],
        text=text,
        words=words(text, start=start, seconds_each=(end - start) / len(text.split())),
    )
