"""Tiny speech models with random weights, made on the spot.

Their words and turns are noise, but they are loaded and run by the real adapters' real code:
nothing is downloaded, nothing is stubbed.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ctranslate2.converters import TransformersConverter

WORDS = ("zero", "one", "two", "three", "four", "five", "hello", "meeting", "budget")
SPECIAL = ("<|endoftext|>", "<|startoftranscript|>")
TASKS = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
SPACE = "Ġ"
"""A space in byte-level BPE."""
UNUSED = "<|unused|>"
"""Becomes the empty word, by which CTranslate2 knows a multilingual model."""
EMBEDDING_DIMENSION = 256
PLDA_DIMENSION = 128
WIDTH, LAYERS, HEADS = 64, 2, 2
"""The dimensions of the Whisper model."""


def make_whisper(folder: Path) -> Path:
    """A multilingual Whisper, converted for CTranslate2: about 2 MB."""
    source = folder.with_name(f"{folder.name}-hf")
    source.mkdir(parents=True)
    tokenizer = _tokenizer()
    tokenizer.save(str(source / "tokenizer.json"))
    _whisper(tokenizer).save_pretrained(source)
    _write_json(
        source / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "eos_token": SPECIAL[0],
            "bos_token": SPECIAL[0],
        },
    )
    _write_json(source / "preprocessor_config.json", {"feature_size": 80, "sampling_rate": 16_000})
    copied = ["tokenizer.json", "preprocessor_config.json"]
    TransformersConverter(str(source), copy_files=copied).convert(str(folder), quantization="int8")
    shutil.rmtree(source)
    words = json.loads((folder / "vocabulary.json").read_text())
    _write_json(folder / "vocabulary.json", ["" if word == UNUSED else word for word in words])
    return folder


def _tokenizer() -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=2_000, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([f" {word}" for word in WORDS] * 50, trainer)
    times = [f"<|{number * 0.02:.2f}|>" for number in range(1_501)]
    special = [*SPECIAL, *(f"<|{name}|>" for name in (*_codes(), *TASKS))]
    tokenizer.add_tokens([AddedToken(UNUSED, normalized=False)])
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    tokenizer.add_tokens([AddedToken(time, normalized=False) for time in times])
    return tokenizer


def _whisper(tokenizer: Any) -> Any:
    from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

    torch.manual_seed(0)
    end, start = (tokenizer.token_to_id(token) for token in SPECIAL)
    no_words = [n for word, n in tokenizer.get_vocab().items() if word[0] != SPACE or len(word) < 3]
    config = WhisperConfig(
        vocab_size=tokenizer.get_vocab_size(),
        num_mel_bins=80,
        d_model=WIDTH,
        encoder_layers=LAYERS,
        decoder_layers=LAYERS,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=4 * WIDTH,
        decoder_ffn_dim=4 * WIDTH,
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=start,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    model = WhisperForConditionalGeneration(config)
    # Random weights would say half words and time marks: without weights, those never win.
    with torch.no_grad():
        embedding = model.model.decoder.embed_tokens.weight
        embedding[no_words] = 0
        embedding[end:] = 0.005 * torch.randn_like(embedding[end:])  # so that prompts differ
    model.generation_config = GenerationConfig(
        suppress_tokens=[],
        begin_suppress_tokens=[end],
        eos_token_id=end,
        pad_token_id=end,
        bos_token_id=end,
        decoder_start_token_id=start,
        lang_to_id={f"<|{code}|>": tokenizer.token_to_id(f"<|{code}|>") for code in _codes()},
    )
    return model


def _codes() -> tuple[str, ...]:
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    return tuple(_LANGUAGE_CODES)


def make_pyannote(folder: Path) -> Path:
    """A pipeline folder shaped like community-1: segmentation, embedding, PLDA; about 15 MB."""
    torch.manual_seed(0)
    _save_model(_segmentation(), folder / "segmentation" / "pytorch_model.bin")
    _save_model(_embedding(), folder / "embedding" / "pytorch_model.bin")
    _save_plda(folder / "plda")
    models = {name: f"$model/{name}" for name in ("segmentation", "embedding", "plda")}
    params = {
        **models,
        "segmentation_batch_size": 32,
        "embedding_batch_size": 32,
        "embedding_exclude_overlap": True,
        "clustering": "VBxClustering",
    }
    config = {
        "dependencies": {"pyannote.audio": "4.0.0"},
        "pipeline": {"name": "pyannote.audio.pipelines.SpeakerDiarization", "params": params},
        "params": {
            "clustering": {"threshold": 0.6, "Fa": 0.07, "Fb": 0.8},
            "segmentation": {"min_duration_off": 0.0},
        },
    }
    _write_json(folder / "config.yaml", config)  # JSON is YAML
    return folder


def _segmentation() -> Any:
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.segmentation import PyanNet

    model = PyanNet(
        lstm={
            "hidden_size": 16,
            "num_layers": 1,
            "bidirectional": True,
            "monolithic": True,
            "dropout": 0.0,
        },
        linear={"hidden_size": 16, "num_layers": 1},
    )
    model.specifications = Specifications(
        problem=Problem.MONO_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=10.0,
        min_duration=None,
        warm_up=(0.0, 0.0),
        classes=["speaker#1", "speaker#2", "speaker#3"],
        powerset_max_classes=2,
        permutation_invariant=True,
    )
    model.build()
    return model.eval()


def _embedding() -> Any:
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.embedding import XVectorSincNet

    model = XVectorSincNet(dimension=EMBEDDING_DIMENSION)
    model.specifications = Specifications(
        problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=5.0, classes=[]
    )
    return model.eval()


def _save_model(model: Any, path: Path) -> None:
    import lightning
    import pyannote.audio

    versions = {"torch": torch.__version__, "pyannote.audio": pyannote.audio.__version__}
    architecture = {"module": type(model).__module__, "class": type(model).__name__}
    path.parent.mkdir(parents=True)
    torch.save(
        {
            "state_dict": model.state_dict(),
            "hyper_parameters": dict(model.hparams),
            "pytorch-lightning_version": lightning.__version__,
            "epoch": 0,
            "global_step": 0,
            "pyannote.audio": {
                "versions": versions,
                "architecture": architecture,
                "specifications": model.specifications,
            },
        },
        path,
    )


def _save_plda(folder: Path) -> None:
    folder.mkdir()
    dice = np.random.RandomState(0)
    np.savez(
        folder / "xvec_transform.npz",
        mean1=np.zeros(EMBEDDING_DIMENSION),
        mean2=np.zeros(PLDA_DIMENSION),
        lda=dice.randn(EMBEDDING_DIMENSION, PLDA_DIMENSION) / np.sqrt(EMBEDDING_DIMENSION),
    )
    np.savez(
        folder / "plda.npz",
        mu=np.zeros(PLDA_DIMENSION),
        tr=np.eye(PLDA_DIMENSION) + dice.randn(PLDA_DIMENSION, PLDA_DIMENSION) * 0.05,
        psi=np.linspace(5, 0.1, PLDA_DIMENSION),
    )


def _write_json(path: Path, content: dict[str, Any] | list[str]) -> None:
    path.write_text(json.dumps(content))
