"""Uploads: a video and its S3 notification. Fakes: for tests only."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import quote_plus

from lifestream.domain.job import ProcessingJob
from media_files import tone
from simulation.metrics import Waiting


@dataclass
class Message:
    """A message in the ingest queue. `receives` counts its deliveries; `waiting` is for metrics."""

    body: str
    receives: int = 0
    waiting: Waiting | None = None


@cache
def video_bytes() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return tone(Path(folder) / "tone.mp4", seconds=0.5).read_bytes()


def notification(job: ProcessingJob, event: str = "ObjectCreated:Put") -> str:
    """Return S3's notification, with the key encoded."""
    entity = {
        "key": quote_plus(job.key),
        "eTag": job.etag,
        "versionId": job.version_id,
        "sequencer": "0055",
    }
    record = {
        "eventSource": "aws:s3",
        "eventName": event,
        "eventTime": datetime.now(UTC).isoformat(),
        "s3": {"bucket": {"name": job.bucket}, "object": entity},
    }
    return json.dumps({"Records": [record]})
