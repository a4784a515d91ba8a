"""Models with random weights in sizes that people use: the words are noise, the cost is not.

Whisper base, whose every clip has 100 tokens; a pyannote pipeline as the tests make it; and what
WhisperX needs beside them: wav2vec2 base, its default for English, and a sentence splitter.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from speech.conftest import _import_torchaudio_without_cuda

WHISPER, PYANNOTE, ALIGNER = "base", "diarization", "aligner"
LETTERS = "|'abcdefghijklmnopqrstuvwxyz"


def main(folder: Path) -> None:
    from speech.tiny_models import BASE, make_pyannote, make_whisper

    make_whisper(folder / WHISPER, BASE)
    make_pyannote(folder / PYANNOTE)
    make_aligner(folder / ALIGNER)


def make_aligner(folder: Path) -> None:
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
        Wav2Vec2Processor,
    )

    folder.mkdir(parents=True)
    tokens = ["<pad>", "<s>", "</s>", "<unk>", *LETTERS]
    (folder / "vocab.json").write_text(json.dumps({t: n for n, t in enumerate(tokens)}))
    tokenizer = Wav2Vec2CTCTokenizer(str(folder / "vocab.json"))
    Wav2Vec2Processor(Wav2Vec2FeatureExtractor(), tokenizer).save_pretrained(folder)
    Wav2Vec2ForCTC(Wav2Vec2Config(vocab_size=len(tokens))).save_pretrained(folder)


if __name__ == "__main__":
    _import_torchaudio_without_cuda()
    main(Path(sys.argv[1]))
