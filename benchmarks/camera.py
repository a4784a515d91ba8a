"""Measure ExtractAudio on 12 hours from a camera (60 GB), read at the speed of a Lambda function.

The decoder is the real one. The object store is simulated: its clock advances with each request.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from builders import a_job
from camera_files import camera_recording
from lifestream.aws.videos import ReadBudget, VideoObject
from lifestream.media.container_format import identify
from lifestream.media.sandbox import Video
from simulated_store import BYTES_PER_SECOND, LATENCY_SECONDS, Bucket, SimulatedStore

SECONDS = 12 * 3_600
SIZE = 60_000_000_000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as flac:
        recording = camera_recording(Path(folder), seconds=SECONDS, size=SIZE)
        bucket: Any = Bucket(recording.size, recording.pieces)
        store = SimulatedStore()
        video = VideoObject.open(bucket, a_job(), budget=ReadBudget.for_extraction, pool=store)
        container = identify(video.read_range, video.size)
        found = Video(container=container, size=video.size, max_seconds=SECONDS)
        started = time.monotonic()
        found.extract_audio(video.read_at, flac, prefetch=video.prefetch)
    table = Table(title="12 hours of a camera, 60 GB", show_header=False)
    ratio = bucket.fetched / recording.audio_bytes
    table.add_row("Fetched", f"{ratio:.2f} times the audio's bytes")
    table.add_row("Requests", f"{bucket.requests:,}")
    line = f"{BYTES_PER_SECOND / 1e6:.0f} MB/s, {LATENCY_SECONDS * 1_000:.0f} ms"
    table.add_row(f"Fetching, simulated ({line})", f"{store.seconds:.0f} s")
    table.add_row("Fetching all of it, at that speed", f"{recording.size / BYTES_PER_SECOND:.0f} s")
    table.add_row("Decoding and encoding on this machine", f"{time.monotonic() - started:.0f} s")
    Console().print(table)


if __name__ == "__main__":
    main()
