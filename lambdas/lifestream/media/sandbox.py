"""Our side of the decoder: it gets byte ranges and gives back facts, never code.

The child is a process of its own, without our environment and so without keys; what it sends
is parsed as JSON and checked, because a video may have taken it over.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from socket import socketpair
from typing import Any

from lifestream.domain.job import Frozen
from lifestream.errors import (
    DecoderStartError,
    PipelineError,
    UnreadableVideoError,
    UnusableVideoError,
    all_errors,
)
from lifestream.media.container_format import Container, ReadAt
from lifestream.settings import LoaderSettings, load

MAX_READ = 8 << 20
MAX_MESSAGE = 64 << 10
MAX_FLAC_BYTES = 4 << 30
SILENCE_SECONDS = 300
Decoder = subprocess.Popen[bytes]
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
        """Raises the UnusableVideoError that fits, or DecoderStartError."""
        return Probe.model_validate(self._ask("probe", read_at))

    def extract_audio(self, read_at: ReadAt, output: Path) -> Extraction:
        """Writes mono 16 kHz FLAC. Raises the UnusableVideoError that fits, or
        DecoderStartError."""
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
    child, pipe = _start(request)
    try:
        return _serve(pipe, child, read_at, size)
    finally:
        pipe.close()
        child.kill()
        child.wait()


def _start(request: dict[str, Any]) -> tuple[Decoder, Connection]:
    ours, theirs = socketpair()
    argv = [sys.executable, "-m", "lifestream.media.decoder", str(theirs.fileno())]
    with theirs:
        try:
            child = subprocess.Popen(
                [*argv, json.dumps(request)],
                env=_environment(),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        except OSError as error:
            ours.close()
            raise DecoderStartError(f"the decoder did not start: {error}") from error
    return child, Connection(ours.detach())


def _environment() -> dict[str, str]:
    """What Python needs to start, and no key. On Lambda, libpython is found by LD_LIBRARY_PATH."""
    libraries = load(LoaderSettings).library_path
    return {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PATH": os.defpath,
        **({"LD_LIBRARY_PATH": libraries} if libraries else {}),
    }


def _serve(pipe: Connection, child: Decoder, read_at: ReadAt, size: int) -> Any:
    """Before its first message the decoder has not seen a byte: then its end is our fault."""
    if_dead: type[PipelineError] = DecoderStartError
    while True:
        message = _next_message(pipe, child, if_dead)
        if_dead = UnreadableVideoError
        if "result" in message:
            return message["result"]
        if "error" in message:
            name, text = message["error"]
            raise UNUSABLE.get(name, UnreadableVideoError)(str(text)[:500])
        offset, length = (int(number) for number in message["read"])
        data = read_at(max(0, min(offset, size)), max(0, min(length, MAX_READ)))
        with suppress(BrokenPipeError):  # the next receive reports how it ended
            pipe.send_bytes(data)


def _next_message(pipe: Connection, child: Decoder, if_dead: type[PipelineError]) -> Any:
    if not pipe.poll(SILENCE_SECONDS):
        raise UnreadableVideoError(f"the decoder said nothing for {SILENCE_SECONDS} seconds")
    try:
        return json.loads(pipe.recv_bytes(MAX_MESSAGE))
    except (EOFError, ConnectionResetError):
        raise if_dead(f"the decoder died (exit {child.wait(10)})") from None
