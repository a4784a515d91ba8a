"""Settings of the engines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from lifestream.settings.environment import EnvSettings


def _renamed(**names: str) -> BeforeValidator:
    """Accept the names of engines of earlier versions: old name → new name."""
    return BeforeValidator(lambda given: names.get(given, given))


class SpeechSettings(EnvSettings):
    """Settings of recognition, diarization and voice activity detection."""

    diarization_engine: Annotated[
        Literal["auto", "pyannote", "clustering"], _renamed(embedded="clustering")
    ] = Field(default="auto", alias="DIARIZATION_ENGINE")
    whisper_model: str = Field(default="large-v3-turbo", alias="WHISPER_MODEL")
    pyannote_model: str = Field(default="speaker-diarization-community-1", alias="PYANNOTE_MODEL")
    models_dir: Path = Field(default=Path("/opt/models"), alias="MODELS_DIR")
    models_prefix: str | None = Field(default=None, alias="MODELS_S3_PREFIX")
    device: Literal["auto", "cuda", "cpu"] = Field(default="auto", alias="SPEECH_DEVICE")
    both_at_once: Literal["auto", "yes", "no"] = Field(default="auto", alias="SPEECH_BOTH_AT_ONCE")
    compute_type: Literal["auto", "float16", "int8_float16", "int8", "float32"] = Field(
        default="auto", alias="WHISPER_COMPUTE_TYPE"
    )
    whisper_batch_size: int | None = Field(default=None, ge=1, alias="WHISPER_BATCH_SIZE")
    pyannote_batch_size: int | None = Field(default=None, ge=1, alias="PYANNOTE_BATCH_SIZE")
    vad_threshold: float = Field(default=0.5, gt=0, lt=1, alias="VAD_THRESHOLD")
    vad_min_silence_ms: int = Field(default=300, ge=0, le=5_000, alias="VAD_MIN_SILENCE_MS")
    vad_pad_ms: int = Field(default=150, ge=0, le=2_000, alias="VAD_PAD_MS")
    remember_voices: bool = Field(default=False, alias="REMEMBER_VOICES")

    def identity(self) -> dict[str, object]:
        """Return the settings that change the transcript. Where models are stored and run does
        not change it."""
        names = {
            "diarization_engine",
            "whisper_model",
            "pyannote_model",
            "vad_threshold",
            "vad_min_silence_ms",
            "vad_pad_ms",
            "remember_voices",
        }
        return self.model_dump(mode="json", include=names)


class VoiceSettings(EnvSettings):
    """The lowest similarity at which a speaker gets the name of a voiceprint."""

    min_score: float = Field(default=0.75, ge=0, le=1, alias="VOICE_MIN_SCORE")


class SummarySettings(EnvSettings):
    """Settings of the summaries.

    `SUMMARIZATION_ENGINE=off` makes no summary. `auto` makes none if no engine is usable.
    """

    summarization_engine: Annotated[
        Literal["auto", "openai", "lexrank", "off"], _renamed(extractive="lexrank")
    ] = Field(default="auto", alias="SUMMARIZATION_ENGINE")
    openai_model: str = Field(default="gpt-4o-mini", alias="OPENAI_MODEL")
    openai_base_url: str | None = Field(default=None, alias="OPENAI_BASE_URL")
    max_dollars: float | None = Field(default=None, gt=0, alias="MAX_SUMMARY_DOLLARS")
    summary_language: str | None = Field(default=None, alias="SUMMARY_LANGUAGE")
    summary_instructions: str | None = Field(
        default=None, max_length=1_000, alias="SUMMARY_INSTRUCTIONS"
    )


class IndexSettings(EnvSettings):
    """Settings of the search.

    `VECTOR_INDEX=off` makes no index. `auto` makes none if no embedding engine is usable.
    """

    embedding_engine: Annotated[
        Literal["auto", "openai", "wordllama"], _renamed(embedded="wordllama")
    ] = Field(default="auto", alias="EMBEDDING_ENGINE")
    embedding_model: str = Field(default="text-embedding-3-small", alias="EMBEDDING_MODEL")
    models_dir: Path = Field(default=Path("/opt/models"), alias="MODELS_DIR")
    openai_base_url: str | None = Field(default=None, alias="OPENAI_BASE_URL")
    vector_index: Annotated[Literal["auto", "pinecone", "s3", "off"], _renamed(embedded="s3")] = (
        Field(default="auto", alias="VECTOR_INDEX")
    )
    pinecone_index_name: str = Field(default="lifestream", alias="PINECONE_INDEX_NAME")
    pinecone_environment: str = Field(default="us-east-1", alias="PINECONE_ENVIRONMENT")
    pinecone_namespace: str = Field(default="", alias="PINECONE_NAMESPACE")
