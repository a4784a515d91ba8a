"""The decoder process: read byte ranges over a pipe, and return facts or write FLAC.

`sandbox` starts it as `python -m lifestream.media.decoder FD REQUEST`, in an environment without
keys. It limits itself, loads FFmpeg and confines itself before it reads a byte. FFmpeg may then use
one demuxer and no video decoder, and stops at the given limits.

Each message is a JSON object. The first is `{"refused": [names]}`: the safeguards that the system
refused. The parent answers `{"read": [offset, size]}` with the bytes. `{"result": …}` or `{"error":
[name, message]}` ends the conversation.
"""

from __future__ import annotations

import io
import json
import re
import sys
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lifestream.domain.file_types import Container
from lifestream.errors import PipelineError, UnreadableVideoError, VideoTooComplexError
from lifestream.media import confinement
from lifestream.media.remote_file import RemoteFile

if TYPE_CHECKING:
    from av.container import InputContainer

MAX_STREAMS = 64
LOADED = (
    "lifestream.media.audio_track",
    "av.audio.codeccontext",
    "av.audio.stream",
    "av.subtitles.codeccontext",
    "av.subtitles.stream",
    "av.video.codeccontext",
    "av.video.stream",
    "logging",
)
READ_BUFFER = 1 << 20
INDEXED_PROBE_BYTES = 32 << 10
"""How much FFmpeg probes after an index, which already holds all that it would look for."""
AUDIO_DECODERS = (
    "aac,aac_latm,ac3,eac3,alac,amrnb,amrwb,flac,mp2,mp2float,mp3,mp3float,opus,vorbis,"
    "pcm_alaw,pcm_mulaw,pcm_f32le,pcm_f64le,pcm_s16be,pcm_s16le,pcm_s24be,pcm_s24le,pcm_s32le,"
    "pcm_u8,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,wmav1,wmav2,dca,truehd"
)


def main() -> None:
    pipe = Connection(int(sys.argv[1]))
    request = json.loads(sys.argv[2])
    refused = confinement.limit_resources(**request["limits"])
    load_everything()
    memory = Memory(request["limits"]["memory_bytes"])
    refused += confinement.confine()
    _send(pipe, {"refused": refused})
    _send(pipe, _answer(request, RemoteFile(pipe, request["size"]), memory))


def load_everything() -> None:
    """Load FFmpeg, and what PyAV imports when it first needs it. Later, no file can be opened."""
    for name in LOADED:
        import_module(name)


def _send(pipe: Connection, message: dict[str, Any]) -> None:
    pipe.send_bytes(json.dumps(message).encode())


def _answer(request: dict[str, Any], file: RemoteFile, memory: Memory) -> dict[str, Any]:
    try:
        return {"result": _work(request, file)}
    except Exception as error:  # noqa: BLE001  # the process can no longer write to the log
        reported = _classified(error, memory)
        return {"error": [type(reported).__name__, str(reported)]}


def _classified(error: Exception, memory: Memory) -> PipelineError:
    """Return the error to report. FFmpeg reports an index that exceeds the memory in many ways."""
    is_plain = isinstance(error, UnreadableVideoError) or not isinstance(error, PipelineError)
    if isinstance(error, MemoryError) or (is_plain and memory.was_short()):
        return VideoTooComplexError("the video needs more memory than the decoder may use")
    if isinstance(error, PipelineError):
        return error
    return UnreadableVideoError(f"{type(error).__name__}: {error}")


class Memory:
    """The most memory that the process used, read from a file that was opened early."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        status = Path("/proc/self/status")  # of Linux
        self._status = status.open("rb", buffering=0) if status.exists() else None

    def was_short(self) -> bool:
        """Return whether the process probably ran out of memory.

        A buffer that grows is copied, so that at most half of the limit can be used.
        """
        text = self._status.read() if self._status else b""
        peak = re.search(rb"VmPeak:\s+(\d+) kB", text)
        return peak is not None and int(peak[1]) << 10 > self._limit // 2


def _work(request: dict[str, Any], file: RemoteFile) -> dict[str, Any]:
    import av

    from lifestream.media.audio_track import AudioTrack

    file.skip_tags()
    try:
        with _open(file, request["container"]) as container:
            track = AudioTrack(container, size=file.size, max_seconds=request["max_seconds"])
            if request["output"] is None:
                return track.probe()
            file.expect(track.ranges())
            return track.extract(io.FileIO(request["output"], "r+", closefd=False))
    except av.error.MemoryError:
        raise
    except av.error.FFmpegError as error:
        raise UnreadableVideoError(f"FFmpeg: {error.strerror}") from error


def _open(file: RemoteFile, demuxer: str) -> InputContainer:
    import av

    return av.open(
        file,
        mode="r",
        format=demuxer,
        buffer_size=READ_BUFFER,
        io_open=_refuse_to_open,
        container_options={
            "format_whitelist": demuxer if demuxer != "mov" else "mov,mp4,m4a,3gp,3g2,mj2",
            "protocol_whitelist": "none",
            "codec_whitelist": AUDIO_DECODERS,
            "max_streams": str(MAX_STREAMS),
            **({"probesize": str(INDEXED_PROBE_BYTES)} if demuxer == Container.MP4 else {}),
        },
    )


def _refuse_to_open(url: str, flags: int, options: dict[str, str]) -> None:  # noqa: ARG001  # PyAV's signature
    raise UnreadableVideoError("the file refers to another file or address")


if __name__ == "__main__":
    main()
