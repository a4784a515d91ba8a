"""Run faster-whisper, then pyannote.audio, as their own guides show.

`python plain.py yes|no MODELS FLAC TEXT`: `yes` also finds the speakers
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def main(with_speakers: str, models: Path, flac: Path, text: Path) -> None:
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    whisper = BatchedInferencePipeline(
        WhisperModel(str(models / "tiny.en"), device="cpu", compute_type="int8")
    )
    found, _ = whisper.transcribe(str(flac), batch_size=16, language="en", word_timestamps=True)
    segments = list(found)
    text.write_text("".join(segment.text for segment in segments))
    if with_speakers == "yes":
        import speech.conftest  # noqa: F401  # makes torchaudio importable without CUDA

        turns = turns_of(models, flac)
        words = [word for segment in segments for word in segment.words or ()]
        sys.stdout.write(f"{len([speaker_of(word, turns) for word in words])} words\n")


def turns_of(models: Path, flac: Path) -> list[Any]:
    import torch
    from faster_whisper import decode_audio
    from pyannote.audio import Pipeline

    waveform = torch.from_numpy(decode_audio(str(flac)))[None]
    diarize = Pipeline.from_pretrained(str(models / "diarization"))
    found = diarize({"waveform": waveform, "sample_rate": 16_000})
    return list(found.speaker_diarization.itertracks(yield_label=True))


def speaker_of(word: Any, turns: list[Any]) -> str | None:
    shared: dict[str, float] = {}
    for turn, _, speaker in turns:
        overlap = min(word.end, turn.end) - max(word.start, turn.start)
        if overlap > 0:
            shared[speaker] = shared.get(speaker, 0) + overlap
    return max(shared, key=lambda name: shared[name]) if shared else None


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
