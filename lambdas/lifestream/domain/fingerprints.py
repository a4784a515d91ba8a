"""Hash what a step's artifact was made from: equal hashes mean equal artifacts.

Each fingerprint contains the one before it, so that a change repeats the steps after it and no
others.
"""

from __future__ import annotations

import hashlib
import json

from lifestream.domain.options import JobOptions

AUDIO_FORMAT = "flac-16khz-mono-v1"
TRANSCRIPT_FORMAT = "transcript-v2"
INSPECTION_FORMAT = "inspection-v1"


def fingerprint(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def of_inspection(job_id: str, max_duration_hours: float) -> str:
    return fingerprint(job_id, INSPECTION_FORMAT, max_duration_hours)


def of_audio(job_id: str) -> str:
    """Return the fingerprint of the audio. A job id stands for the content of a video."""
    return fingerprint(job_id, AUDIO_FORMAT)


def of_transcript(job_id: str, options: JobOptions, engines: dict[str, object]) -> str:
    return fingerprint(of_audio(job_id), options.of_speech, engines, TRANSCRIPT_FORMAT)
