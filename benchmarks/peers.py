"""Compare our speech pipeline with faster-whisper, faster-whisper plus pyannote.audio, and
WhisperX.

All process the same real speech with the same weights in one run, on this machine's CPU. Each runs
in its own process, so that imports and loading are included. Whisper tiny.en has its real weights,
so the word error rates are real. The pyannote pipeline and WhisperX's aligner have random weights:
their cost is real, but their output is not. Ratios are relative to WhisperX.

`python peers.py SPEECH_PYTHON PEERS_PYTHON`: the Python of the container's environment, and of one
with WhisperX and ffmpeg (`make bench` creates both).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import av
import numpy as np
from cost_of import Cost, cost_of
from extraction import ffmpeg_of
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from speech_errors import word_error
from voice_cases import voice_cases

from cdk_app.local.model_weights import BUILT_IN

ROOT = Path(__file__).parent.parent
PEERS = ROOT / "benchmarks" / "peers"
REPEATS = 2
RATE = 16_000
CODE = (".", "lambdas", "containers", "tests", "benchmarks")
NOTE = """Whisper tiny.en has its real weights, in int8, on the CPU. pyannote.audio's models and \
WhisperX's aligner have random weights: their cost is real, but their output is not. On the \
laptop, the built-in diarizer finds the speakers; faster-whisper alone finds none."""
BASE = "WhisperX"


def main(speech: str, peers: str) -> None:
    cases = [c for c in voice_cases(Path(speech).parent.parent, None) if c.is_real] * REPEATS
    reference = " ".join(case.text or "" for case in cases)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        seconds = write_audio(folder / "audio.flac", [case.recording for case in cases])
        environment = {
            "PYTHONPATH": ":".join(str(ROOT / name) for name in CODE),
            "PATH": f"{with_ffmpeg(peers, folder)}:/usr/bin:/bin",
            "HF_HUB_OFFLINE": "1",
        }
        models = make_models(speech, folder / "models", environment)
        measured = {
            name: measure(command, models, environment, reference)
            for name, command in commands(speech, peers).items()
        }
    show(measured, f"{seconds:.0f} s of people's voices: {cases[0].name}, {cases[1].name}")


def make_models(speech: str, folder: Path, environment: dict[str, str]) -> Path:
    cost_of([speech, PEERS / "make_models.py", folder], environment)
    (folder / "tiny.en").symlink_to(BUILT_IN / "tiny.en")
    return folder


def measure(
    command: list[str | Path], models: Path, environment: dict[str, str], reference: str
) -> tuple[Cost, float]:
    """Return the command's cost and its word error rate."""
    flac, text = (models.parent / name for name in ("audio.flac", "words.txt"))
    cost = cost_of([*command, models, flac, text], environment)
    return cost, word_error(reference, text.read_text())


def commands(speech: str, peers: str) -> dict[str, list[str | Path]]:
    """Return the commands to compare. The first two run in the laptop's environment, and the first
    finds no speakers."""
    here = sys.executable
    return {
        "faster-whisper alone": [here, PEERS / "plain.py", "no"],
        "ours on the laptop": [here, PEERS / "ours.py", "no"],
        BASE: [peers, PEERS / "whisperx_peer.py"],
        "faster-whisper+pyannote": [speech, PEERS / "plain.py", "yes"],
        "ours, in parallel": [speech, PEERS / "ours.py", "yes"],
        "ours, one after the other": [speech, PEERS / "ours.py", "no"],
    }


def write_audio(flac: Path, recordings: list[Path]) -> float:
    """Join the recordings, with pauses. Returns the length in seconds."""
    pause = np.zeros(RATE, dtype=np.int16)
    samples = np.concatenate([part for path in recordings for part in (samples_of(path), pause)])
    with av.open(str(flac), "w", format="flac") as sink:
        stream = sink.add_stream("flac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], "s16", "mono")
        frame.sample_rate = RATE
        sink.mux([*stream.encode(frame), *stream.encode(None)])
    return len(samples) / RATE


def samples_of(recording: Path) -> NDArray[np.int16]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(recording)) as file:
        parts = [part for frame in file.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([part.to_ndarray()[0] for part in parts])


def with_ffmpeg(peers: str, folder: Path) -> Path:
    """Link `ffmpeg`, which WhisperX calls, into the folder, and return the folder."""
    (folder / "ffmpeg").symlink_to(ffmpeg_of(peers))
    return folder


def show(measured: dict[str, tuple[Cost, float]], title: str) -> None:
    table = Table(title=title, show_lines=True)
    for column in ("", "Word error", "Wall", "CPU", "Peak memory"):
        table.add_column(column, no_wrap=column == "", justify="right" if column else "left")
    base, _ = measured[BASE]
    for name, (cost, error) in measured.items():
        table.add_row(
            name,
            f"{error:.1%}",
            f"{cost.wall_seconds:.1f} s\n{cost.wall_seconds / base.wall_seconds:.2f}x",
            f"{cost.cpu_seconds:.1f} s\n{cost.cpu_seconds / base.cpu_seconds:.2f}x",
            f"{cost.peak_mib:.0f} MiB\n{cost.peak_mib / base.peak_mib:.2f}x",
        )
    console = Console()
    console.print(table)
    console.print(NOTE)


if __name__ == "__main__":
    main(*sys.argv[1:])
