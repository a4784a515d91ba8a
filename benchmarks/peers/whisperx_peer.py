"""Run WhisperX as its command does: voice activity, words, alignment, speakers, one model at a
time.

`python whisperx_peer.py MODELS AUDIO TEXT`
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from tempfile import mkdtemp

from speech.conftest import _import_torchaudio_without_cuda


def main(models: Path, audio_file: Path, text: Path) -> None:
    import whisperx
    from whisperx.diarize import DiarizationPipeline, assign_word_speakers

    make_sentence_splitter()
    audio = whisperx.load_audio(str(audio_file))
    model = whisperx.load_model(
        str(models / "tiny.en"), "cpu", compute_type="int8", language="en", local_files_only=True
    )
    result = model.transcribe(audio, batch_size=8)
    del model
    gc.collect()
    aligner, metadata = whisperx.load_align_model("en", "cpu", str(models / "aligner"))
    result = whisperx.align(result["segments"], aligner, metadata, audio, "cpu")
    del aligner
    gc.collect()
    turns = DiarizationPipeline(str(models / "diarization"), device="cpu")(audio)
    result = assign_word_speakers(turns, result)
    text.write_text(" ".join(segment["text"] for segment in result["segments"]))


def make_sentence_splitter() -> None:
    """Make an untrained sentence splitter. WhisperX would download a trained one; both cost the
    same."""
    import nltk
    from nltk.tokenize.punkt import PunktParameters, save_punkt_params

    folder = Path(mkdtemp())
    nltk.data.path.insert(0, str(folder))
    target = folder / "tokenizers" / "punkt_tab" / "english"
    target.mkdir(parents=True)
    save_punkt_params(PunktParameters(), str(target))


if __name__ == "__main__":
    _import_torchaudio_without_cuda()
    main(*map(Path, sys.argv[1:]))
