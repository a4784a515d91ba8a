"""The decoder process: byte ranges in over a pipe, facts or a FLAC file out.

Started by `sandbox` as `python -m lifestream.media.decoder FD REQUEST`, with an empty
environment. It limits itself before it touches a byte, never opens an address, lets FFmpeg
use one demuxer and no video decoder, and stops at the caps it was given.

Messages are JSON, one object each: `{"read": [offset, size]}` is answered with the bytes;
`{"result": …}` or `{"error": [name, message]}` ends the conversation.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from lifestream.errors import (
    EncryptedVideoError,
    NoAudioError,
    PipelineError,
    TruncatedVideoError,
    UnreadableVideoError,
    VideoTooLongError,
)

if TYPE_CHECKING:
    import av
    from av.audio.stream import AudioStream
    from av.container import InputContainer

SAMPLE_RATE = 16_000
MEMORY_BYTES = 4 << 30
CPU_SECONDS = 870
OPEN_FILES = 64
MAX_STREAMS = 64
READ_BUFFER = 1 << 20
LONGEST_SILENCE_ADDED = 6 * 3600 * SAMPLE_RATE
SMALLEST_GAP = SAMPLE_RATE // 10
MAX_MISSING_SHARE = 0.05
MAX_MISSING_SECONDS = 2.0
MAX_BROKEN_PACKETS = 50
AUDIO_DECODERS = (
    "aac,aac_latm,ac3,eac3,alac,amrnb,amrwb,flac,mp2,mp2float,mp3,mp3float,opus,vorbis,"
    "pcm_alaw,pcm_mulaw,pcm_f32le,pcm_f64le,pcm_s16be,pcm_s16le,pcm_s24be,pcm_s24le,pcm_s32le,"
    "pcm_u8,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,wmav1,wmav2,dca,truehd"
)


def main() -> None:
    pipe = Connection(int(sys.argv[1]))
    request = json.loads(sys.argv[2])
    limit_self(max_file_bytes=request["max_file_bytes"])
    try:
        answer: dict[str, Any] = {"result": _work(request, RemoteFile(pipe, request["size"]))}
    except PipelineError as error:
        answer = {"error": [type(error).__name__, str(error)]}
    except (MemoryError, OSError, ValueError, RuntimeError) as error:
        answer = {"error": [UnreadableVideoError.__name__, f"{type(error).__name__}: {error}"]}
    pipe.send_bytes(json.dumps(answer).encode())


def limit_self(*, max_file_bytes: int) -> None:
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, max_file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))


class RemoteFile(io.RawIOBase):
    """The video as a file: every read asks the parent for a byte range."""

    def __init__(self, pipe: Connection, size: int) -> None:
        self._pipe = pipe
        self._size = size
        self._offset = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: self._size}[whence]
        self._offset = base + offset
        return self._offset

    def tell(self) -> int:
        return self._offset

    def read(self, size: int | None = -1) -> bytes:
        wanted = self._size - self._offset if size is None or size < 0 else size
        wanted = min(wanted, self._size - self._offset)
        if wanted <= 0:
            return b""
        self._pipe.send_bytes(json.dumps({"read": [self._offset, wanted]}).encode())
        data = self._pipe.recv_bytes()
        self._offset += len(data)
        return data


def _work(request: dict[str, Any], file: RemoteFile) -> dict[str, Any]:
    import av

    try:
        with _open(file, request["container"]) as container:
            stream = _audio_stream(container)
            if request["work"] == "probe":
                return _probe(container, stream, request["max_seconds"])
            return _extract(container, stream, request["output"], request["max_seconds"])
    except av.error.FFmpegError as error:
        raise UnreadableVideoError(f"FFmpeg: {error.strerror}") from error


def _open(file: RemoteFile, demuxer: str) -> InputContainer:
    import av

    return av.open(
        file,
        format=demuxer,
        buffer_size=READ_BUFFER,
        io_open=_refuse_to_open,
        container_options={
            "format_whitelist": demuxer if demuxer != "mov" else "mov,mp4,m4a,3gp,3g2,mj2",
            "protocol_whitelist": "none",
            "codec_whitelist": AUDIO_DECODERS,
            "max_streams": str(MAX_STREAMS),
        },
    )


def _refuse_to_open(url: str, flags: int, options: dict[str, str]) -> None:  # noqa: ARG001  # PyAV's signature
    raise UnreadableVideoError("the file refers to another file or address")


def _audio_stream(container: InputContainer) -> AudioStream:
    """The track that players choose: the one marked default, else the first."""
    from av.stream import Discard, Disposition

    tracks = list(container.streams.audio)
    if not tracks:
        raise NoAudioError("the video has no sound track")
    stream = next((t for t in tracks if t.disposition & Disposition.default), tracks[0])
    for other in container.streams:
        other.discard = Discard.default if other.index == stream.index else Discard.all
    if stream.codec_context is None or stream.codec_context.sample_rate == 0:
        tag = "encrypted" if _is_encrypted(stream) else "of an unknown kind"
        error = EncryptedVideoError if _is_encrypted(stream) else UnreadableVideoError
        raise error(f"the sound track is {tag}")
    return stream


def _is_encrypted(stream: AudioStream) -> bool:
    context = stream.codec_context
    return context is not None and context.codec_tag in ("enca", "drms")


def _probe(container: InputContainer, stream: AudioStream, max_seconds: float) -> dict[str, Any]:
    if _is_encrypted(stream):
        raise EncryptedVideoError("the sound track is encrypted")
    seconds = _declared_seconds(container, stream)
    if seconds > max_seconds:
        raise VideoTooLongError(f"{seconds / 3600:.1f} hours; the limit is {max_seconds / 3600:g}")
    first = next(_decoded(container, stream), None)
    if first is None:
        raise NoAudioError("the sound track is empty")
    return {"duration_seconds": round(seconds, 3), "audio_codec": stream.codec_context.name}


def _declared_seconds(container: InputContainer, stream: AudioStream) -> float:
    """What the headers claim; 0 where they claim nothing usable."""
    import av

    of_container = (container.duration or 0) / av.time_base
    of_stream = float((stream.duration or 0) * (stream.time_base or 0))
    return max(0.0, of_container, of_stream)


def _extract(
    container: InputContainer, stream: AudioStream, output: str, max_seconds: float
) -> dict[str, Any]:
    declared = _declared_seconds(container, stream)
    samples = _write_flac(container, stream, output, int(max_seconds * SAMPLE_RATE))
    seconds = samples / SAMPLE_RATE
    declared_audio = float((stream.duration or 0) * (stream.time_base or 0)) or declared
    missing = declared_audio - seconds
    if missing > max(MAX_MISSING_SECONDS, MAX_MISSING_SHARE * declared_audio):
        raise TruncatedVideoError(f"{missing:.0f} of {declared_audio:.0f} seconds of sound are missing")
    return {"audio_seconds": round(seconds, 3)}


def _write_flac(
    container: InputContainer, stream: AudioStream, output: str, max_samples: int
) -> int:
    """Mono, 16 kHz, on the video's own clock: gaps in the track become silence. Returns samples."""
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    written = 0
    with av.open(output, "w", format="flac") as sink:
        flac = sink.add_stream("flac", rate=SAMPLE_RATE, layout="mono")
        for frame in _decoded(container, stream):
            gap = _gap(frame, container, written)
            parts = [*_silence(gap), *resampler.resample(frame)]
            for part in parts:
                part.pts, part.sample_rate = written, SAMPLE_RATE
                written += part.samples
                sink.mux(flac.encode(part))
            if written > max_samples:
                raise VideoTooLongError(f"more than {max_samples / SAMPLE_RATE / 3600:g} hours")
        for part in resampler.resample(None):
            part.pts = written
            written += part.samples
            sink.mux(flac.encode(part))
        sink.mux(flac.encode(None))
    return written


def _decoded(container: InputContainer, stream: AudioStream) -> Iterator[av.AudioFrame]:
    """Frames in order. A few broken packets are skipped, as players do."""
    import av

    broken = 0
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            broken += 1
            if broken > MAX_BROKEN_PACKETS:
                raise
            continue
        yield from frames


def _gap(frame: av.AudioFrame, container: InputContainer, written: int) -> int:
    """Samples of silence before this frame, where the track starts late or jumps ahead."""
    import av

    if frame.time is None:
        return 0
    start = (container.start_time or 0) / av.time_base
    gap = int((frame.time - min(start, 0.0 if start > 0 else start)) * SAMPLE_RATE) - written
    return gap if SMALLEST_GAP <= gap <= LONGEST_SILENCE_ADDED else 0


def _silence(samples: int) -> Iterator[av.AudioFrame]:
    import av
    import numpy as np

    for start in range(0, samples, SAMPLE_RATE):
        zeros = np.zeros((1, min(SAMPLE_RATE, samples - start)), dtype=np.int16)
        yield av.AudioFrame.from_ndarray(zeros, format="s16", layout="mono")


if __name__ == "__main__":
    main()
