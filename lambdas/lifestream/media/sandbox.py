"""Our side of the decoder: it gets byte ranges and gives back facts, never code.

The child is a process of its own, without our environment and so without keys; what it sends
is parsed as JSON and checked, because a video may have taken it over.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from socket import socketpair
from typing import Any

from lifestream.domain.job import Frozen
from lifestream.errors import UnreadableVideoError, UnusableVideoError, all_errors
from lifestream.media.container_format import Container, ReadAt

MAX_READ = 8 << 20
MAX_MESSAGE = 64 << 10
MAX_FLAC_BYTES = 4 << 30
SILENCE_SECONDS = 300
UNUSABLE = {error.__name__: error for error in all_errors(UnusableVideoError)}


class Probe(Frozen):
    duration_seconds: float
    audio_codec: str


class Extraction(Frozen):
    audio_seconds: float


class Video(Frozen):
    """A video that is read in ranges; `size` in bytes."""

    container: Container
    size: int
    max_seconds: float

    def probe(self, read_at: ReadAt) -> Probe:
        """Raises the UnusableVideoError that fits."""
        return Probe.model_validate(self._ask("probe", read_at))

    def extract_audio(self, read_at: ReadAt, output: Path) -> Extraction:
        """Writes mono 16 kHz FLAC. Raises the UnusableVideoError that fits."""
        return Extraction.model_validate(self._ask("extract", read_at, output=str(output)))

    def _ask(
        self, work: str, read_at: ReadAt, **more: str
    ) -> Any:  # checked by the callers' models
        request = {
            "work": work,
            "max_file_bytes": MAX_FLAC_BYTES,
            **self.model_dump(mode="json"),
            **more,
        }
        return converse(request, read_at, self.size)


def converse(request: dict[str, Any], read_at: ReadAt, size: int) -> Any:
    ours, theirs = socketpair()
    with theirs:
        argv = [sys.executable, "-m", "lifestream.media.decoder", str(theirs.fileno())]
        child = subprocess.Popen(
            [*argv, json.dumps(request)],
            env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.defpath},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
    pipe = Connection(ours.detach())
    try:
        return _serve(pipe, read_at, size)
    except EOFError:
        raise UnreadableVideoError(f"the decoder died (exit {child.wait(10)})") from None
    finally:
        pipe.close()
        child.kill()
        child.wait()


def _serve(pipe: Connection, read_at: ReadAt, size: int) -> Any:
    while True:
        if not pipe.poll(SILENCE_SECONDS):
            raise UnreadableVideoError(f"the decoder said nothing for {SILENCE_SECONDS} seconds")
        message = json.loads(pipe.recv_bytes(MAX_MESSAGE))
        if "result" in message:
            return message["result"]
        if "error" in message:
            name, text = message["error"]
            raise UNUSABLE.get(name, UnreadableVideoError)(str(text)[:500])
        offset, length = (int(number) for number in message["read"])
        pipe.send_bytes(read_at(max(0, min(offset, size)), max(0, min(length, MAX_READ))))
