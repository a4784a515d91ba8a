"""Make models with random weights for those that no package contains.

Their output is noise, but their cost is real: a pyannote pipeline, as the tests make it, and
wav2vec2 base, the aligner that WhisperX uses for English.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from speech.conftest import _import_torchaudio_without_cuda

PYANNOTE, ALIGNER = "diarization", "aligner"
LETTERS = "|'abcdefghijklmnopqrstuvwxyz"


def main(folder: Path) -> None:
    from speech.tiny_models import make_pyannote

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
