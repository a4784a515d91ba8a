"""Run both engines on the extracted audio, and build the transcript and its diagnostics.

The audio is decoded once and searched for speech once. Both engines get the same array, which is
the only copy. Their models load while the audio is downloaded.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from transcribe_speech.heartbeat import Heartbeat
from transcribe_speech.missed_speech import recognize

from lifestream.aws import clients
from lifestream.aws.artifacts import AUDIO
from lifestream.aws.model_weights import fetch_models
from lifestream.domain.speech.diagnostics import Diagnostics, Diarization
from lifestream.domain.speech.hallucinations import flagged
from lifestream.domain.speech.speaker_assignment import segments_by_speaker
from lifestream.domain.speech.word_times import timed_by_speech
from lifestream.domain.step_payloads import InspectedJob
from lifestream.domain.transcript import (
    Engines,
    Recognition,
    Segment,
    Source,
    Span,
    Speaker,
    Transcript,
)
from lifestream.engines.diarization import Diarizer, load_diarizer
from lifestream.engines.speech_runtime.device import capacity_of, resolve_device
from lifestream.engines.transcription import Transcriber, load_transcriber
from lifestream.media.audio import Audio, load_samples
from lifestream.media.loudness import loud_spans
from lifestream.media.second_look import THRESHOLD_SHARE, second_look
from lifestream.media.voice_activity import speech_spans
from lifestream.observability import logger
from lifestream.resources import artifacts
from lifestream.settings import SpeechSettings, Storage, load
from lifestream.step_names import Step


def run_pipeline(job: InspectedJob, settings: SpeechSettings) -> tuple[Transcript, Diagnostics]:
    with threads() as pool:
        loading = pool.submit(load_engines, settings)
        audio = load_audio(job, settings)
        transcriber, diarizer = loading.result()
        recognition, diarization = run_engines(pool, transcriber, diarizer, audio, job, settings)
    speech = tuple(
        Span(start_seconds=round(s.start_seconds, 3), end_seconds=round(s.end_seconds, 3))
        for s in audio.speech
    )
    recognized = timed_by_speech(recognition.segments, audio.speech)
    segments = segments_by_speaker(recognized, diarization.exclusive_turns)
    diagnostics = Diagnostics(
        job_id=job.job_id,
        diarization_engine=diarizer.name,
        speech=speech,
        loud=audio.loud,
        turns=diarization.turns,
        voices=diarization.voices if settings.remember_voices else (),
    )
    return build_transcript(
        job,
        max(job.duration_seconds, round(audio.seconds, 3)),
        recognition.language,
        Engines(transcription=transcriber.name, diarization=diarizer.name),
        flagged(segments, recognized, speech),
    ), diagnostics


@contextmanager
def threads() -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(2)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # an interruption waits for no engine


def load_engines(settings: SpeechSettings) -> tuple[Transcriber, Diarizer]:
    fetch_models(clients.s3(), load(Storage).bucket, settings.models_prefix, settings.models_dir)
    return load_transcriber(settings), load_diarizer(settings)


def load_audio(job: InspectedJob, settings: SpeechSettings) -> Audio:
    with tempfile.TemporaryDirectory() as folder:
        flac = Path(folder) / AUDIO
        artifacts().download(job.job_id, Step.EXTRACT_AUDIO, AUDIO, flac)
        samples = load_samples(flac)
    return detect_speech(samples, settings)


def detect_speech(samples: NDArray[np.float32], settings: SpeechSettings) -> Audio:
    """Detect speech. Loud stretches in which none was detected are searched twice."""
    detect = partial(
        speech_spans, min_silence_ms=settings.vad_min_silence_ms, pad_ms=settings.vad_pad_ms
    )
    loud, speech = loud_spans(samples), detect(samples, threshold=settings.vad_threshold)
    again = partial(detect, threshold=THRESHOLD_SHARE * settings.vad_threshold)
    more = second_look(samples, loud, speech, again)
    return Audio(samples, tuple(sorted((*speech, *more))), loud)


def run_engines(
    pool: ThreadPoolExecutor,
    transcriber: Transcriber,
    diarizer: Diarizer,
    audio: Audio,
    job: InspectedJob,
    settings: SpeechSettings,
) -> tuple[Recognition, Diarization]:
    """Run both engines at once if the device has room for both, else one after the other."""
    heartbeat = Heartbeat(job, audio.seconds)
    at_once = run_at_once(settings)
    logger.info("audio loaded", extra={"speech_spans": len(audio.speech), "both_at_once": at_once})
    words: Future[Recognition] = pool.submit(
        recognize, transcriber, audio, job.options, heartbeat.recognized
    )
    if not at_once:
        words.result()
    voices = pool.submit(diarizer.diarize, audio, job.options, heartbeat.diarized)
    return words.result(), voices.result()


def run_at_once(settings: SpeechSettings) -> bool:
    if settings.both_at_once != "auto":
        return settings.both_at_once == "yes"
    return capacity_of(resolve_device(settings.device)).both_at_once


def build_transcript(
    job: InspectedJob,
    seconds: float,
    language: str,
    engines: Engines,
    segments: tuple[Segment, ...],
) -> Transcript:
    """Build the transcript. Its speakers are those with reliable text."""
    speakers = {s.speaker for s in segments if s.speaker and not s.flags}
    return Transcript(
        job_id=job.job_id,
        source=Source(
            **job.model_dump(
                include={"bucket", "key", "version_id", "etag", "container", "audio_codec"}
            )
        ),
        language=language,
        duration_seconds=seconds,
        engines=engines,
        speakers=tuple(Speaker(id=speaker) for speaker in sorted(speakers)),
        segments=segments,
    )
