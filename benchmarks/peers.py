"""Our speech task against plain faster-whisper and pyannote.audio, and against WhisperX.

The same sound and the same local models in one run, on this machine's CPU; each in a process of
its own, so that imports and loading count. The models have random weights: Whisper base, a
pyannote pipeline, and for WhisperX the aligner that it takes for English. Ratios are to WhisperX.

`python peers.py SPEECH_PYTHON PEERS_PYTHON`: the container's own environment, and one with
WhisperX and an ffmpeg (`make bench` makes both).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import av
import numpy as np
from cost_of import Cost, cost_of
from extraction import ffmpeg_of
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
PEERS = ROOT / "benchmarks" / "peers"
SAMPLE = ROOT / "samples" / "team-meeting.mp4"
REPEATS = 2
RATE = 16_000


def main(speech: str, peers: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        models, flac = Path(folder) / "models", Path(folder) / "audio.flac"
        seconds = write_sound(flac)
        environment = {
            "PYTHONPATH": ":".join(str(ROOT / d) for d in ("lambdas", "containers", "tests")),
            "PATH": f"{with_ffmpeg(peers, Path(folder))}:/usr/bin:/bin",
            "HF_HUB_OFFLINE": "1",
        }
        cost_of([speech, PEERS / "make_models.py", models], environment)
        commands: dict[str, list[str | Path]] = {
            "WhisperX": [peers, PEERS / "whisperx_peer.py"],
            "faster-whisper, then pyannote.audio": [speech, PEERS / "plain.py"],
            "ours, both at once": [speech, PEERS / "ours.py", "yes"],
            "ours, one after the other": [speech, PEERS / "ours.py", "no"],
        }
        costs = {
            name: cost_of([*command, models, flac], environment)
            for name, command in commands.items()
        }
    show(costs, seconds)


def write_sound(flac: Path) -> float:
    """The sample, some times over. Returns its length in seconds."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(SAMPLE)) as video:
        parts = [part for frame in video.decode(audio=0) for part in resampler.resample(frame)]
    samples = np.tile(np.concatenate([part.to_ndarray()[0] for part in parts]), REPEATS)
    with av.open(str(flac), "w", format="flac") as sink:
        stream = sink.add_stream("flac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], "s16", "mono")
        frame.sample_rate = RATE
        sink.mux([*stream.encode(frame), *stream.encode(None)])
    return len(samples) / RATE


def with_ffmpeg(peers: str, folder: Path) -> Path:
    """A folder with an `ffmpeg` in it, which WhisperX calls."""
    (folder / "ffmpeg").symlink_to(ffmpeg_of(peers))
    return folder


def show(costs: dict[str, Cost], seconds: float) -> None:
    title = f"{seconds:.0f} s of sound, Whisper base int8 on the CPU; ratios to WhisperX"
    table = Table("", "Wall", "", "CPU", "", "Peak memory", "", title=title)
    base = costs["WhisperX"]
    for name, cost in costs.items():
        table.add_row(
            name,
            f"{cost.wall_seconds:.1f} s",
            f"{cost.wall_seconds / base.wall_seconds:.2f}x",
            f"{cost.cpu_seconds:.1f} s",
            f"{cost.cpu_seconds / base.cpu_seconds:.2f}x",
            f"{cost.peak_mib:.0f} MiB",
            f"{cost.peak_mib / base.peak_mib:.2f}x",
        )
    Console().print(table)


if __name__ == "__main__":
    main(*sys.argv[1:])
