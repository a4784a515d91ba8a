"""The FLAC in, the transcript and what it can be checked against out.

The sound is decoded once and searched for voices once; both engines get the same array, which
is the only copy. Their models load while the sound is fetched.
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
from lifestream.domain.speech.diagnostics import Diarization, Evidence
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
from lifestream.engines.speech_runtime.device import capacity_of, chosen
from lifestream.engines.transcription import Transcriber, load_transcriber
from lifestream.media.audio import Sound, load_samples
from lifestream.media.loudness import loud_spans
from lifestream.media.second_look import LOWER, overheard
from lifestream.media.voice_activity import speech_spans
from lifestream.observability import logger
from lifestream.settings import SpeechSettings, Storage, load
from lifestream.step import artifacts
from lifestream.step_names import Step


def listen(job: InspectedJob, settings: SpeechSettings) -> tuple[Transcript, Evidence]:
    with threads() as pool:
        loading = pool.submit(load_engines, settings)
        sound = fetch_sound(job, settings)
        transcriber, diarizer = loading.result()
        recognition, diarization = hear(pool, transcriber, diarizer, sound, job, settings)
    speech = tuple(
        Span(start_seconds=round(s.start_seconds, 3), end_seconds=round(s.end_seconds, 3))
        for s in sound.speech
    )
    recognized = timed_by_speech(recognition.segments, sound.speech)
    segments = segments_by_speaker(recognized, diarization.exclusive_turns)
    evidence = Evidence(
        job_id=job.job_id,
        diarization_engine=diarizer.name,
        speech=speech,
        loud=sound.loud,
        turns=diarization.turns,
        voices=diarization.voices if settings.remember_voices else (),
    )
    return written(
        job,
        max(job.duration_seconds, round(sound.seconds, 3)),
        recognition.language,
        Engines(transcription=transcriber.name, diarization=diarizer.name),
        flagged(segments, recognized, speech),
    ), evidence


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


def fetch_sound(job: InspectedJob, settings: SpeechSettings) -> Sound:
    with tempfile.TemporaryDirectory() as folder:
        flac = Path(folder) / AUDIO
        artifacts().download(job.job_id, Step.EXTRACT_AUDIO, AUDIO, flac)
        samples = load_samples(flac)
    return searched(samples, settings)


def searched(samples: NDArray[np.float32], settings: SpeechSettings) -> Sound:
    """What is loud and has no voice in it is searched twice."""
    detect = partial(
        speech_spans, min_silence_ms=settings.vad_min_silence_ms, pad_ms=settings.vad_pad_ms
    )
    loud, speech = loud_spans(samples), detect(samples, threshold=settings.vad_threshold)
    again = partial(detect, threshold=LOWER * settings.vad_threshold)
    more = overheard(samples, loud, speech, again)
    return Sound(samples, tuple(sorted((*speech, *more))), loud)


def hear(  # both engines and everything that they are told
    pool: ThreadPoolExecutor,
    transcriber: Transcriber,
    diarizer: Diarizer,
    sound: Sound,
    job: InspectedJob,
    settings: SpeechSettings,
) -> tuple[Recognition, Diarization]:
    """Both at once where the device has room for it, else one after the other."""
    heartbeat = Heartbeat(job, sound.seconds)
    at_once = are_heard_at_once(settings)
    logger.info("sound loaded", extra={"speech_spans": len(sound.speech), "both_at_once": at_once})
    words: Future[Recognition] = pool.submit(
        recognize, transcriber, sound, job.options, heartbeat.recognized
    )
    if not at_once:
        words.result()
    voices = pool.submit(diarizer.diarize, sound, job.options, heartbeat.diarized)
    return words.result(), voices.result()


def are_heard_at_once(settings: SpeechSettings) -> bool:
    if settings.both_at_once != "auto":
        return settings.both_at_once == "yes"
    return capacity_of(chosen(settings.device)).both_at_once


def written(
    job: InspectedJob,
    seconds: float,
    language: str,
    engines: Engines,
    segments: tuple[Segment, ...],
) -> Transcript:
    """The speakers are those who say something that is believed."""
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
