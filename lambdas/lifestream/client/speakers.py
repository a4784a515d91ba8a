"""A speaker's name in, results that carry it out; no engine runs again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifestream.aws.artifacts import DIAGNOSTICS, Artifacts
from lifestream.aws.voiceprints import VoiceprintStore
from lifestream.client.results import Results
from lifestream.domain.base import Frozen
from lifestream.domain.speech.diagnostics import Diagnostics
from lifestream.domain.speech.quality import QualityReport
from lifestream.domain.speech.voiceprints import NamedVoiceprint, with_given
from lifestream.domain.summary import Summary
from lifestream.domain.text import one_line
from lifestream.domain.transcript import Transcript
from lifestream.errors import ConfigurationError
from lifestream.rendering.manifest import Manifest
from lifestream.rendering.result_files import content_type, result_files
from lifestream.step_names import Step

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lifestream.aws.job_table import JobRecord

MAX_NAME_CHARACTERS = 80


class Naming(Frozen):
    """`is_remembered`: later recordings of the same voice will carry the name too."""

    names: dict[str, str]
    is_remembered: bool


def name_speaker(s3: S3Client, record: JobRecord, speaker: str, name: str) -> Naming:
    """Rewrites the published results of one job, and remembers the voice where the deployment
    keeps voices (REMEMBER_VOICES) and the job's artifacts are still there.

    Raises ConfigurationError, ArtifactMissingError.
    """
    results, voices = Results(s3, record), VoiceprintStore(s3, record.bucket)
    transcript = Transcript.model_validate_json(results.read("transcript.json"))
    known = [one.id for one in transcript.speakers]
    if speaker not in known:
        raise ConfigurationError(f"the recording has no {speaker!r}, only {', '.join(known)}")
    name = clean_name(name)
    voice = voice_of(Artifacts(s3, record.bucket), record.job_id, speaker, name)
    if voice:
        voices.remember(voice)
    names = voices.give_name(record.job_id, speaker, name)
    rewrite(s3, record, results, with_given(transcript, names))
    return Naming(names=names, is_remembered=voice is not None)


def clean_name(name: str) -> str:
    cleaned = one_line(name)
    if not 0 < len(cleaned) <= MAX_NAME_CHARACTERS:
        raise ConfigurationError(f"a name has 1 to {MAX_NAME_CHARACTERS} characters")
    return cleaned


def voice_of(artifacts: Artifacts, job_id: str, speaker: str, name: str) -> NamedVoiceprint | None:
    diagnostics = artifacts.find(job_id, Step.TRANSCRIBE_SPEECH, DIAGNOSTICS, Diagnostics)
    for voice in diagnostics.voices if diagnostics else ():
        if voice.speaker == speaker and diagnostics:
            return NamedVoiceprint(
                name=name,
                engine=diagnostics.diarization_engine,
                vector=voice.vector,
                job_id=job_id,
                speaker=speaker,
            )
    return None


def rewrite(s3: S3Client, record: JobRecord, results: Results, transcript: Transcript) -> None:
    """From what is published, which outlives the artifacts."""
    manifest = Manifest.model_validate_json(results.read("manifest.json"))
    has_summary = "summary.json" in manifest.files
    files = result_files(
        file_name=record.job.file_name,
        options=manifest.options,
        transcript=transcript,
        quality=QualityReport.model_validate_json(results.read("quality.json")),
        summary=Summary.model_validate_json(results.read("summary.json")) if has_summary else None,
        indexed=manifest.indexed,
        missing=manifest.missing,
        switched_off=manifest.switched_off,
    )
    published = Artifacts(s3, record.bucket)
    for file, text in files.items():
        published.put(results.prefix + file, text.encode(), content_type(file))
