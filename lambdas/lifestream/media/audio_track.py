"""Probe the audio track of an open video, or write it as mono 16 kHz FLAC on the video's clock.

Runs in the decoder process only.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import av
from av.stream import Discard, Disposition

from lifestream.domain.file_types import Container
from lifestream.errors import (
    EncryptedVideoError,
    NoAudioError,
    TruncatedVideoError,
    UnreadableVideoError,
    VideoTooLongError,
)
from lifestream.media import SAMPLE_RATE
from lifestream.media.audio_ranges import AudioRanges

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

LONGEST_SILENCE_ADDED = 6 * 3600 * SAMPLE_RATE
LATEST_START_SECONDS = 60.0
SMALLEST_GAP = SAMPLE_RATE // 10
MAX_MISSING_SECONDS = 0.1
GUESSED = (Container.MP3, Container.AAC)
"""Streams of frames. Their length is known only after they have been read."""
MAX_BROKEN_PACKETS = 50
MIXABLE = "the limit is 24, in a usual layout such as 5.1 or 22.2"
GATHERED_SAMPLES = 16_384
BLOCK_SAMPLES = 4 * SAMPLE_RATE
ENCRYPTED_TAGS = ("enca", "drms")


class AudioTrack:
    """The track that players choose: the one marked as default, else the first.

    Raises NoAudioError, EncryptedVideoError, UnreadableVideoError.
    """

    def __init__(self, container: InputContainer, *, size: int, max_seconds: float) -> None:
        tracks = list(container.streams.audio)
        if not tracks:
            raise NoAudioError("the video has no audio track")
        is_default = Disposition.default
        self._stream = next((t for t in tracks if t.disposition & is_default), tracks[0])
        self._container = container
        self._size = size
        self._max_seconds = max_seconds
        for other in container.streams:
            is_ours = other.index == self._stream.index
            other.discard = Discard.default if is_ours else Discard.all
        _refuse_unreadable(self._stream)
        self._stream.codec_context.thread_count = 1  # the decoder process may not start threads

    def probe(self) -> dict[str, Any]:
        """Return duration and codec. Refuses a track whose start cannot be decoded."""
        seconds = self._declared_seconds()
        if seconds > self._max_seconds:
            raise VideoTooLongError(f"{seconds / 3600:.1f} hours; {self._limit}")
        self._refuse_truncated()
        if next(self._pieces(), None) is None:
            raise NoAudioError("the audio track is empty")
        codec = self._stream.codec_context.name
        return {"duration_seconds": round(seconds, 3), "audio_codec": codec}

    def ranges(self) -> AudioRanges | None:
        """Return where the audio lies according to the index, or None if there is no index."""
        if not self._container.format.name.startswith(Container.MP4):
            return None
        entries = self._stream.index_entries
        pieces = ((entry.pos, entry.size) for entry in entries if entry.size > 0)
        return AudioRanges(pieces, seconds=self._declared_seconds()) if len(entries) else None

    def extract(self, output: io.FileIO) -> dict[str, Any]:
        seconds = self._write_flac(output) / SAMPLE_RATE
        self._refuse_truncated()
        self._refuse_missing_samples(seconds)
        return {"audio_seconds": round(seconds, 3)}

    @property
    def _limit(self) -> str:
        return f"the limit is {self._max_seconds / 3600:g} hours"

    def _refuse_truncated(self) -> None:
        """Raise TruncatedVideoError if the index names audio after the end of the file.

        Audio that ends before the picture is no sign of that: it is common in screen recordings.
        """
        end = max((entry.pos + entry.size for entry in self._stream.index_entries), default=0)
        if end > self._size:
            raise TruncatedVideoError(f"the file ends {end - self._size} bytes before its audio")

    def _refuse_missing_samples(self, seconds: float) -> None:
        """Raise TruncatedVideoError if a FLAC file has fewer samples than it declares."""
        missing = self._declared_seconds() - seconds
        if self._container.format.name == Container.FLAC and missing > MAX_MISSING_SECONDS:
            raise TruncatedVideoError(f"{missing:.1f} seconds of the FLAC file are missing")

    def _declared_seconds(self) -> float:
        """Return the duration in the headers.

        It is 0 if they hold none that is usable, or if FFmpeg only guesses it from the size of the
        file.
        """
        if self._container.format.name in GUESSED:
            return 0.0
        of_container = (self._container.duration or 0) / av.time_base
        of_stream = float((self._stream.duration or 0) * (self._stream.time_base or 0))
        return max(0.0, of_container, of_stream)

    def _write_flac(self, output: io.FileIO) -> int:
        """Return the number of samples written."""
        written = 0
        with av.open(output, "w", format="flac") as sink:
            flac = sink.add_stream("flac", rate=SAMPLE_RATE, layout="mono")
            flac.codec_context.thread_count = 1
            for block in self._blocks():
                block.pts, block.sample_rate = written, SAMPLE_RATE
                written += block.samples
                sink.mux(flac.encode(block))
                if written > self._max_seconds * SAMPLE_RATE:
                    raise VideoTooLongError(f"the decoded audio is too long; {self._limit}")
            sink.mux(flac.encode(None))
        return written

    def _blocks(self) -> Iterator[av.AudioFrame]:
        """Yield blocks of four seconds. Encoding frames of 20 ms takes half as long again."""
        gathered = av.AudioFifo()
        for piece in self._pieces():
            piece.pts, piece.sample_rate = None, SAMPLE_RATE
            gathered.write(piece)
            yield from gathered.read_many(BLOCK_SAMPLES)
        if rest := gathered.read():
            yield rest

    def _pieces(self) -> Iterator[av.AudioFrame]:
        """Yield 16 kHz mono. If the track starts late or jumps ahead, silence fills the gap."""
        mixer, decoded = Mixer(), 0.0
        for frame in self._frames():
            if gap := self._gap(frame, int(decoded)):
                yield from (*mixer.gathered(), *_silence(gap))
            decoded += gap + frame.samples / frame.sample_rate * SAMPLE_RATE
            yield from mixer.mix(frame)
        yield from mixer.rest()

    def _frames(self) -> Iterator[av.AudioFrame]:
        """Yield frames in order. A few broken packets are skipped, as players do."""
        broken = 0
        for packet in self._container.demux(self._stream):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                broken += 1
                if broken > MAX_BROKEN_PACKETS:
                    raise
                continue
            yield from frames

    def _gap(self, frame: av.AudioFrame, decoded: int) -> int:
        """Return how many samples are missing before this frame, by the video's clock."""
        if frame.time is None:
            return 0
        gap = int((frame.time - self._clock_start()) * SAMPLE_RATE) - decoded
        return gap if SMALLEST_GAP <= gap <= LONGEST_SILENCE_ADDED else 0

    def _clock_start(self) -> float:
        """Return the time in seconds at which players show 0:00.

        A clock that begins at several minutes was never set to zero (cuts of live streams). A
        smaller offset means that the audio starts late.
        """
        start = (self._container.start_time or 0) / av.time_base
        return start if start < 0 or start > LATEST_START_SECONDS else 0.0


class Mixer:
    """Mixes any audio to mono at 16 kHz. Rate and channels may change along a track.

    Several frames are mixed at once, because one by one takes five times as long.
    """

    def __init__(self) -> None:
        self._resampler = _resampler()
        self._fifo = av.AudioFifo()
        self._shape: tuple[str, int, str, int] | None = None

    def mix(self, frame: av.AudioFrame) -> list[av.AudioFrame]:
        """Return what is mixed so far. Raises UnreadableVideoError for too many channels."""
        shape = _shape(frame)
        mixed = self.rest() if shape != self._shape else []
        self._shape, frame.pts = shape, None
        self._fifo.write(frame)
        return mixed if self._fifo.samples < GATHERED_SAMPLES else [*mixed, *self.gathered()]

    def gathered(self) -> list[av.AudioFrame]:
        frame = self._fifo.read()
        return self._resample(frame) if frame else []

    def _resample(self, frame: av.AudioFrame) -> list[av.AudioFrame]:
        try:
            return self._resampler.resample(frame)
        except av.error.ArgumentError as error:
            channels = frame.layout.nb_channels
            raise UnreadableVideoError(f"{channels} channels of audio; {MIXABLE}") from error

    def rest(self) -> list[av.AudioFrame]:
        rest = [*self.gathered(), *self._resampler.resample(None)]
        self._resampler, self._fifo = _resampler(), av.AudioFifo()
        return rest


def _shape(frame: av.AudioFrame) -> tuple[str, int, str, int]:
    """Return the format of a frame. PyAV's buffer crashes if some parts of it change."""
    layout = frame.layout
    return frame.format.name, layout.nb_channels, layout.name, frame.sample_rate


def _resampler() -> av.AudioResampler:
    return av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)


def _silence(samples: int) -> Iterator[av.AudioFrame]:
    """Yield silence in frames of at most a second."""
    for start in range(0, samples, SAMPLE_RATE):
        frame = av.AudioFrame("s16", "mono", min(SAMPLE_RATE, samples - start))
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        yield frame


def _refuse_unreadable(stream: AudioStream) -> None:
    context = stream.codec_context
    if context is None:  # PyAV has none if no decoder fits, despite its stubs
        raise UnreadableVideoError("no decoder supports this kind of audio track")
    if context.codec_tag in ENCRYPTED_TAGS:
        raise EncryptedVideoError("the audio track is encrypted")
    if context.sample_rate == 0:
        raise UnreadableVideoError("the audio track has no sample rate")
