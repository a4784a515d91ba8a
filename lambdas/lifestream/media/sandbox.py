"""Start the decoder process and serve byte ranges to it. It returns facts, never code.

The decoder is a process of its own, without our environment and so without keys, and confines
itself before it reads a byte. What it sends is validated, because a video may have taken it over.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing.connection import Connection
from socket import SO_RCVTIMEO, SO_SNDTIMEO, SOL_SOCKET, socketpair
from typing import Any, BinaryIO, NamedTuple, TypeVar

from pydantic import Field, ValidationError

from lifestream.domain.base import Frozen
from lifestream.domain.file_types import Container
from lifestream.errors import (
    DecoderStartError,
    UnreadableVideoError,
    UnusableVideoError,
    VideoTooComplexError,
    all_errors,
)
from lifestream.media.confinement import hide_memory
from lifestream.media.declared_end import ReadAt
from lifestream.observability import logger
from lifestream.settings import FunctionSettings, LoaderSettings, load

DECODER = "lifestream.media.decoder"
MAX_READ = 8 << 20
MAX_MESSAGE = 64 << 10
MAX_FLAC_BYTES = 4 << 30
OWN_MEGABYTES = 640
"""The part of the function's memory that this process needs. The decoder gets the rest."""
LEAST_MEGABYTES = 256
PROBE_CPU_SECONDS = 60
EXTRACTION_CPU_SECONDS = 780
RESPONSE_SECONDS = 90
Decoder = subprocess.Popen[bytes]
Prefetch = Callable[[Sequence[tuple[int, int]]], None]
Answer = TypeVar("Answer", bound=Frozen)
UNUSABLE = {error.__name__: error for error in all_errors(UnusableVideoError)}
STOPPED = (-signal.SIGKILL, -signal.SIGABRT, -signal.SIGXCPU)
"""The exit codes of a process that exceeded its memory or time."""


class Probe(Frozen):
    duration_seconds: float = Field(ge=0, allow_inf_nan=False)
    audio_codec: str = Field(pattern=r"^[a-z0-9_]{1,40}$")


class Extraction(Frozen):
    audio_seconds: float = Field(ge=0, allow_inf_nan=False)


class Message(Frozen):
    """A message from the decoder: one of four. `next` holds the ranges that it will read later."""

    refused: tuple[str, ...] | None = None
    read: tuple[int, int] | None = None
    next: tuple[tuple[int, int], ...] = ()
    result: dict[str, Any] | None = None
    error: tuple[str, str] | None = None


class Video(Frozen):
    """A video that is read in byte ranges. `size` is in bytes."""

    container: Container
    size: int
    max_seconds: float

    def probe(self, read_at: ReadAt) -> Probe:
        """Return duration and codec. Raises an UnusableVideoError or DecoderStartError."""
        request = self._request(PROBE_CPU_SECONDS, output=None)
        return run_decoder(request, read_at, Probe)

    def extract_audio(
        self, read_at: ReadAt, output: BinaryIO, *, prefetch: Prefetch | None = None
    ) -> Extraction:
        """Write mono 16 kHz FLAC to an open file.

        `prefetch` is called early with the ranges that will be read, if they are known. Raises the
        UnusableVideoError that fits, or DecoderStartError.
        """
        request = self._request(EXTRACTION_CPU_SECONDS, output=output.fileno())
        return run_decoder(request, read_at, Extraction, prefetch=prefetch)

    def _request(self, cpu_seconds: int, *, output: int | None) -> dict[str, Any]:
        limits = {
            "memory_bytes": decoder_megabytes() << 20,
            "cpu_seconds": cpu_seconds,
            "file_bytes": MAX_FLAC_BYTES,
        }
        return {"limits": limits, "output": output, **self.model_dump(mode="json")}


def decoder_megabytes() -> int:
    """Return the memory limit of the decoder.

    Decoder and parent together stay below the function's memory, so that a video that needs too
    much memory ends only the decoder.
    """
    return max(load(FunctionSettings).memory_megabytes - OWN_MEGABYTES, LEAST_MEGABYTES)


def run_decoder(
    request: dict[str, Any],
    read_at: ReadAt,
    kind: type[Answer],
    *,
    prefetch: Prefetch | None = None,
) -> Answer:
    """Run a decoder from its start to its end, and return its result."""
    server = _Server(read_at, prefetch, request["size"])
    with _started(request) as (child, pipe):
        result = _serve(pipe, child, server)
        try:
            return kind.model_validate(result)
        except ValidationError as error:
            raise UnreadableVideoError(
                f"the decoder sent an invalid result: {error.title}"
            ) from None


@contextmanager
def _started(request: dict[str, Any]) -> Iterator[tuple[Decoder, Connection]]:
    """Start a decoder in an empty folder. Our memory is closed to it before it runs."""
    is_hidden = hide_memory()
    with tempfile.TemporaryDirectory() as folder:
        child, pipe = _start(request, folder)
        try:
            _report(("hidden_memory",) * (not is_hidden) + _refused(pipe, child))
            yield child, pipe
        finally:
            pipe.close()
            child.kill()
            child.wait()


def _start(request: dict[str, Any], folder: str) -> tuple[Decoder, Connection]:
    ours, theirs = socketpair()
    for limit in (SO_RCVTIMEO, SO_SNDTIMEO):
        ours.setsockopt(SOL_SOCKET, limit, struct.pack("@ll", RESPONSE_SECONDS, 0))
    argv = [sys.executable, "-P", "-m", DECODER, str(theirs.fileno()), json.dumps(request)]
    with theirs:
        try:
            child = subprocess.Popen(
                argv,
                env=_environment(),
                pass_fds=[fd for fd in (theirs.fileno(), request["output"]) if fd is not None],
                stdin=subprocess.DEVNULL,
                cwd=folder,
            )
        except OSError as error:
            ours.close()
            raise DecoderStartError(f"the decoder did not start: {error}") from error
    return child, Connection(ours.detach())


def _environment() -> dict[str, str]:
    """Return what Python needs to start, and no key. On Lambda, LD_LIBRARY_PATH finds libpython."""
    libraries = load(LoaderSettings).library_path
    return {
        "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)),
        "PATH": os.defpath,
        **({"LD_LIBRARY_PATH": libraries} if libraries else {}),
    }


def _refused(pipe: Connection, child: Decoder) -> tuple[str, ...]:
    """Return the refused safeguards. Up to here, a decoder that ends is not the video's fault."""
    try:
        return _next_message(pipe, child).refused or ()
    except UnusableVideoError as error:
        raise DecoderStartError(str(error)) from error


@cache
def _report(refused: tuple[str, ...]) -> None:
    """Log the safeguards that the decoder works without, once per process."""
    if refused:
        logger.warning("the system refused safeguards of the decoder", safeguards=refused)


class _Server(NamedTuple):
    """Serves the decoder's reads, within the file: a request may name any offset."""

    read_at: ReadAt
    prefetch: Prefetch | None
    size: int

    def answer(self, message: Message) -> bytes:
        offset, length = message.read or (0, 0)
        if self.prefetch:
            self.prefetch(message.next)
        return self.read_at(max(0, min(offset, self.size)), max(0, min(length, MAX_READ)))


def _serve(pipe: Connection, child: Decoder, server: _Server) -> dict[str, Any]:
    while True:
        message = _next_message(pipe, child)
        if message.error:
            name, text = message.error
            raise UNUSABLE.get(name, UnreadableVideoError)(text[:500])
        if message.read is None:
            return message.result or {}
        data = server.answer(message)
        with suppress(BrokenPipeError):  # the next receive reports how it ended
            pipe.send_bytes(data)


def _next_message(pipe: Connection, child: Decoder) -> Message:
    try:
        return Message.model_validate_json(pipe.recv_bytes(MAX_MESSAGE))
    except (EOFError, ConnectionResetError):
        raise _end_of(child) from None
    except BlockingIOError:
        raise UnreadableVideoError(
            f"the decoder did not respond for {RESPONSE_SECONDS} seconds"
        ) from None
    except (ValidationError, OSError):
        raise UnreadableVideoError("the decoder sent an invalid message") from None


def _end_of(child: Decoder) -> UnusableVideoError:
    status = child.wait(10)
    if status in STOPPED:
        return VideoTooComplexError(f"the decoder was stopped at its limits (exit {status})")
    return UnreadableVideoError(f"the decoder died (exit {status})")
