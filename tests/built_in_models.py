"""The built-in models that `make models` fetched, loaded once."""

from __future__ import annotations

from functools import cache

from cdk_app.local.model_weights import BUILT_IN
from lifestream.engines.embedding.wordllama import WordLlama
from lifestream.engines.transcription import Transcriber, load_transcriber
from lifestream.settings import SpeechSettings

SPEECH = SpeechSettings(models_dir=BUILT_IN, whisper_model="tiny.en")


@cache
def word_vectors() -> WordLlama:
    return WordLlama(BUILT_IN)


@cache
def whisper() -> Transcriber:
    return load_transcriber(SPEECH)
