"""The embedded diarizer: MFCC features, agglomerative clustering by the Bayesian information
criterion (BIC). No torch, no weights; right for a few clear voices, see `make bench`.

Source: Chen & Gopalakrishnan, "Speaker, environment and channel change detection and
clustering via the Bayesian Information Criterion" (1998).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lifestream.domain.evidence import Diarization
from lifestream.domain.job import JobOptions
from lifestream.domain.transcript import SpeakerTurn
from lifestream.engines.transcription import Heard
from lifestream.media import SAMPLE_RATE
from lifestream.media.sound import Sound
from lifestream.media.voice_activity import SpeechSpan

HOP, WINDOW, FFT = 160, 400, 512
MEL_BANDS, COEFFICIENTS = 40, 19
LONGEST_CHUNK = 2 * SAMPLE_RATE
PENALTY = 3.0
LONGEST_GAP_SECONDS = 0.5
WINDOW_CHUNKS = 600
"""Up to 20 minutes of speech, compared with each other at once."""
StopRule = Callable[[float, int], bool]


class BicClusterer:
    name = "embedded/bic"

    def diarize(self, sound: Sound, options: JobOptions, heard: Heard) -> Diarization:
        chunks = [chunk for span in sound.speech for chunk in _chunks(span)]
        if not chunks:
            return Diarization()
        windows = [chunks[i : i + WINDOW_CHUNKS] for i in range(0, len(chunks), WINDOW_CHUNKS)]
        heard_windows = []
        for window in windows:
            heard_windows.append(_statistics(sound, window))
            heard(window[-1].end / SAMPLE_RATE)
        labels = _labels(heard_windows, _stop_rule(options))
        turns = [_turn(chunk, label) for chunk, label in zip(chunks, labels, strict=True)]
        joined = tuple(_joined(turns))
        return Diarization(turns=joined, exclusive_turns=joined).in_order_of_appearance()


def _statistics(sound: Sound, window: Sequence[SpeechSpan]) -> _Gaussians:
    """Features are made for as much sound at once as its chunks are compared at once."""
    begin = window[0].start
    features = mfcc(sound.samples[begin : window[-1].end])
    return _Gaussians.of(
        [features[(c.start - begin) // HOP : (c.end - begin) // HOP] for c in window]
    )


def _labels(windows: Sequence[_Gaussians], may_merge: StopRule) -> NDArray[np.intp]:
    """(chunks,): speakers are told apart within each window first, then the speakers of all
    windows are compared: comparing n chunks with each other takes n² of memory."""
    if len(windows) == 1:
        return agglomerate(windows[0], may_merge)
    local = [agglomerate(window, lambda cost, _: cost < 0) for window in windows]
    found = [np.unique(labels) for labels in local]
    speakers = _Gaussians.joined(
        [window.take(kept) for window, kept in zip(windows, found, strict=True)]
    )
    names = agglomerate(speakers, may_merge)
    first = np.cumsum([0, *(len(kept) for kept in found)])
    return np.concatenate(
        [names[first[i] + np.searchsorted(found[i], labels)] for i, labels in enumerate(local)]
    )


def mfcc(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """(frames, 19): mel-frequency cepstral coefficients 1 to 19, one row each 10 ms."""
    from scipy.fft import dct

    emphasized = np.append(samples[:1], samples[1:] - 0.97 * samples[:-1])
    padded = np.pad(emphasized, (0, WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    rows = [
        np.abs(np.fft.rfft(part * np.hamming(WINDOW), FFT)) ** 2 @ _mel_filters().T
        for part in np.array_split(frames, max(1, len(frames) // 10_000))
    ]
    logs = np.log(np.concatenate(rows) + 1e-10)
    return np.asarray(dct(logs, type=2, axis=1, norm="ortho")[:, 1 : COEFFICIENTS + 1])


def agglomerate(clusters: _Gaussians, may_merge: StopRule) -> NDArray[np.intp]:
    """(chunks,): one label a chunk. The two clusters whose merger costs least are merged while
    `may_merge(cost, clusters left)` allows it."""
    count = len(clusters.frames)
    labels = np.arange(count)
    cost = np.full((count, count), np.inf)
    for i in range(count - 1):
        later = np.arange(i + 1, count)
        cost[i, later] = clusters.merge_costs(i, later)
    for left in range(count, 1, -1):
        i, j = divmod(int(cost.argmin()), count)
        if not may_merge(float(cost[i, j]), left):
            break
        clusters.merge(i, j)
        labels[labels == j] = i
        cost[j, :] = cost[:, j] = np.inf
        others = np.setdiff1d(labels, [i])
        cost[np.minimum(i, others), np.maximum(i, others)] = clusters.merge_costs(i, others)
    return labels


@dataclass
class _Gaussians:
    """Full-covariance Gaussians as sums, so that merging is adding.

    `frames` (n,), `total` (n, d), `squares` (n, d, d); `penalty` is BIC's price of a cluster.
    """

    frames: NDArray[np.float64]
    total: NDArray[np.float64]
    squares: NDArray[np.float64]
    penalty: float

    @classmethod
    def of(cls, chunks: list[NDArray[np.float64]]) -> _Gaussians:
        frames = np.array([len(rows) for rows in chunks], dtype=float)
        return cls(
            frames,
            np.stack([rows.sum(axis=0) for rows in chunks]),
            np.stack([rows.T @ rows for rows in chunks]),
            _penalty(frames.sum()),
        )

    @classmethod
    def joined(cls, parts: Sequence[_Gaussians]) -> _Gaussians:
        frames = np.concatenate([part.frames for part in parts])
        return cls(
            frames,
            np.concatenate([part.total for part in parts]),
            np.concatenate([part.squares for part in parts]),
            _penalty(frames.sum()),
        )

    def take(self, which: NDArray[np.intp]) -> _Gaussians:
        return _Gaussians(self.frames[which], self.total[which], self.squares[which], self.penalty)

    def merge(self, i: int, j: int) -> None:
        for sums in (self.frames, self.total, self.squares):
            sums[i] += sums[j]

    def merge_costs(self, i: int, others: NDArray[np.intp]) -> NDArray[np.float64]:
        """Log-likelihood lost by one Gaussian for i and each of the others, less the penalty."""
        together = _log_determinants(
            self.frames[i] + self.frames[others],
            self.total[i] + self.total[others],
            self.squares[i] + self.squares[others],
        )
        apart = self._own(np.array([i])) + self._own(others)
        return np.asarray(0.5 * (together - apart) - self.penalty)

    def _own(self, which: NDArray[np.intp]) -> NDArray[np.float64]:
        return _log_determinants(self.frames[which], self.total[which], self.squares[which])


def _log_determinants(
    frames: NDArray[np.float64], total: NDArray[np.float64], squares: NDArray[np.float64]
) -> NDArray[np.float64]:
    mean = total / frames[:, None]
    covariance = squares / frames[:, None, None] - mean[:, :, None] * mean[:, None, :]
    covariance += 1e-3 * np.eye(total.shape[1])
    return np.asarray(frames * np.linalg.slogdet(covariance)[1])


def _penalty(frames: float) -> float:
    parameters = COEFFICIENTS + COEFFICIENTS * (COEFFICIENTS + 1) / 2
    return PENALTY * 0.5 * parameters * float(np.log(max(frames, 2)))


def _stop_rule(options: JobOptions) -> StopRule:
    """Merge while it pays, but never leave the number of speakers that was asked for."""
    fewest = options.speakers or options.min_speakers or 1
    most = options.speakers or options.max_speakers
    return lambda cost, left: left > fewest and (cost < 0 or (most is not None and left > most))


def _chunks(span: SpeechSpan) -> list[SpeechSpan]:
    count = max(1, round((span.end - span.start) / LONGEST_CHUNK))
    edges = np.linspace(span.start, span.end, count + 1).astype(int)
    return [SpeechSpan(int(a), int(b)) for a, b in pairwise(edges) if b - a >= HOP]


def _turn(chunk: SpeechSpan, label: np.intp) -> SpeakerTurn:
    return SpeakerTurn(
        start_seconds=round(chunk.start / SAMPLE_RATE, 3),
        end_seconds=round(chunk.end / SAMPLE_RATE, 3),
        speaker=str(label),
    )


def _joined(turns: list[SpeakerTurn]) -> list[SpeakerTurn]:
    """Neighbouring chunks of one speaker become one turn."""
    joined = turns[:1]
    for turn in turns[1:]:
        last = joined[-1]
        gap = turn.start_seconds - last.end_seconds
        if turn.speaker == last.speaker and gap <= LONGEST_GAP_SECONDS:
            joined[-1] = last.model_copy(update={"end_seconds": turn.end_seconds})
        else:
            joined.append(turn)
    return joined


def _mel_filters() -> NDArray[np.float64]:
    """(40, 257): triangular filters, 20 Hz to 7.6 kHz, equally spaced on the mel scale."""
    edges_mel = np.linspace(_mel(20.0), _mel(7_600.0), MEL_BANDS + 2)
    edges = 700.0 * (10 ** (edges_mel / 2595.0) - 1.0)
    bins = np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE)
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)))


def _mel(hertz: float) -> float:
    return 2595.0 * float(np.log10(1 + hertz / 700.0))
