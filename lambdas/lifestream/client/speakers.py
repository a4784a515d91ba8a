"""Give a speaker a name, and rewrite the published results with it. No engine runs again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifestream.aws.artifacts import DIAGNOSTICS, Artifacts
from lifestream.aws.voiceprints import VoiceprintStore
from lifestream.client.s3_results import S3Results
from lifestream.domain.file_types import result_type
from lifestream.domain.speech.diagnostics import Diagnostics
from lifestream.domain.speech.quality import QualityReport
from lifestream.domain.speech.speakers import (
    display_names,
    parse_speaker_id,
    speakers_called,
)
from lifestream.domain.speech.voiceprints import NamedVoiceprint, with_given
from lifestream.domain.summary import Summary
from lifestream.domain.text import has_a_shape, one_line
from lifestream.domain.transcript import Speaker, Transcript
from lifestream.errors import UnknownSpeakerError, UsageError
from lifestream.rendering.manifest import Manifest
from lifestream.rendering.result_files import result_files
from lifestream.rest.speakers import MAX_NAME_CHARACTERS, Naming
from lifestream.step_names import Step

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lifestream.domain.job_record import JobRecord


def name_speaker(s3: S3Client, record: JobRecord, called: str, name: str) -> Naming:
    """Rewrite the published results of one job with the name. Remember the voice if the deployment
    keeps voices (REMEMBER_VOICES) and the job's artifacts are still there.

    called: "SPEAKER_00", "Speaker 1", or the name that the speaker has now.
    name: 1 to 80 characters. A form of an id, such as "Speaker 1", is not allowed.

    Raises UnknownSpeakerError, UsageError, NoResultsError, ArtifactMissingError.
    """
    results, voices = S3Results(s3, record), VoiceprintStore(s3, record.bucket)
    transcript = Transcript.model_validate_json(results.read("transcript.json"))
    speaker, name = find_speaker(transcript, called), clean_name(name)
    voice = voice_of(Artifacts(s3, record.bucket), record.job_id, speaker.id, name)
    if voice:
        voices.remember(voice)
    names = voices.give_name(record.job_id, speaker.id, name)
    rewrite(s3, record, results, with_given(transcript, names))
    if speaker.name:
        voices.remove_note(record.job_id, speaker.id, speaker.name)
    voices.note_names(record.job_id, names)
    return Naming(names=names, is_remembered=voice is not None)


def find_speaker(transcript: Transcript, called: str) -> Speaker:
    """Return the one speaker that is meant, by either form of the id or by name."""
    meant = speakers_called(called, transcript.speakers)
    if len(meant) > 1:
        raise UnknownSpeakerError(f"several speakers are called {called!r}: {', '.join(meant)}")
    for speaker in transcript.speakers:
        if speaker.id in meant:
            return speaker
    known = ", ".join(display_names(transcript.speakers).values()) or "none"
    raise UnknownSpeakerError(f"the recording has no speaker {called!r}; its speakers: {known}")


def clean_name(name: str) -> str:
    cleaned = one_line(name)
    if not (has_a_shape(cleaned) and len(cleaned) <= MAX_NAME_CHARACTERS):
        raise UsageError(f"a name has 1 to {MAX_NAME_CHARACTERS} characters")
    if parse_speaker_id(cleaned):
        raise UsageError(f"{cleaned!r} is reserved for speakers without a name")
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


def rewrite(s3: S3Client, record: JobRecord, results: S3Results, transcript: Transcript) -> None:
    """Rewrite the result files from the published ones, because the artifacts may have expired."""
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
        published.put(results.prefix + file, text.encode(), result_type(file))
