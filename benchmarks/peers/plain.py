"""faster-whisper and pyannote.audio one after the other, as their own guides show it.

`python plain.py MODELS FLAC`
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from speech.conftest import _import_torchaudio_without_cuda


def main(models: Path, flac: Path) -> None:
    import torch
    from faster_whisper import BatchedInferencePipeline, WhisperModel, decode_audio
    from pyannote.audio import Pipeline

    whisper = BatchedInferencePipeline(
        WhisperModel(str(models / "base"), device="cpu", compute_type="int8")
    )
    segments, _ = whisper.transcribe(str(flac), batch_size=16, language="en", word_timestamps=True)
    words = [word for segment in segments for word in segment.words]
    waveform = torch.from_numpy(decode_audio(str(flac)))[None]
    diarize = Pipeline.from_pretrained(str(models / "diarization"))
    found = diarize({"waveform": waveform, "sample_rate": 16_000})
    turns = list(found.speaker_diarization.itertracks(yield_label=True))
    speakers = [speaker_of(word, turns) for word in words]
    sys.stdout.write(f"{len(speakers)} words\n")


def speaker_of(word: Any, turns: list[Any]) -> str | None:
    shared: dict[str, float] = {}
    for turn, _, speaker in turns:
        overlap = min(word.end, turn.end) - max(word.start, turn.start)
        if overlap > 0:
            shared[speaker] = shared.get(speaker, 0) + overlap
    return max(shared, key=lambda name: shared[name]) if shared else None


if __name__ == "__main__":
    _import_torchaudio_without_cuda()
    main(Path(sys.argv[1]), Path(sys.argv[2]))
