"""The options of a job: language, speakers, hotwords, and options of the summary."""

from __future__ import annotations

import json
from typing import Any, Self

from pydantic import Field, model_validator

from lifestream.domain.base import Frozen

MAX_HINT_CHARACTERS = 1_200
OPTIONS_METADATA = "lifestream-options"
"""The metadata of an S3 object in which the options travel with the upload."""


class JobOptions(Frozen):
    """What an uploader may set for a job. Language and speakers are detected if they are left out.

    - `multilingual`: the language may change within the recording.
    - `translate`: the text is English, whatever is spoken.
    - `initial_prompt`: sample text that shows how the transcript should look.
    - `show_flagged`: show text flagged as hallucinated in every output.
    - `subtitle_speakers`: name the speaker in the subtitles.
    - `summary_language`, `summary_instructions`: the language of the summary, and what it should
      look for.
    """

    language: str | None = Field(default=None, pattern=r"^[a-z]{2,3}$")
    multilingual: bool = False
    translate: bool = False
    initial_prompt: str | None = Field(default=None, min_length=1)
    speakers: int | None = Field(default=None, ge=1, le=50)
    min_speakers: int | None = Field(default=None, ge=1, le=50)
    max_speakers: int | None = Field(default=None, ge=1, le=50)
    hotwords: tuple[str, ...] = ()
    show_flagged: bool = False
    subtitle_speakers: bool = False
    summary_language: str | None = Field(default=None, min_length=2, max_length=40)
    summary_instructions: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _fits_the_metadata(self) -> Self:
        """S3 stores 2 KB of metadata with an object, in ASCII; ECS takes 8 KB of overrides."""
        hints = json.dumps([self.hotwords, self.initial_prompt, self.summary_instructions])
        if len(hints) > MAX_HINT_CHARACTERS:
            raise ValueError(
                "hotwords, initial_prompt and summary_instructions exceed "
                f"{MAX_HINT_CHARACTERS} characters; each one outside ASCII counts as six"
            )
        return self

    def or_else(self, others: JobOptions | None) -> JobOptions:
        """Return these options or, if none is set, the others."""
        return others if others and self == JobOptions() else self

    @property
    def of_speech(self) -> dict[str, Any]:
        """The options that change the recognition or the diarization."""
        others = {"show_flagged", "subtitle_speakers", "summary_language", "summary_instructions"}
        return self.model_dump(exclude=others)

    @model_validator(mode="after")
    def _speaker_counts_agree(self) -> Self:
        bounds = (self.min_speakers, self.max_speakers)
        if self.speakers and any(bounds):
            raise ValueError("give either speakers or min_speakers/max_speakers, not both")
        if all(bounds) and self.min_speakers > self.max_speakers:  # type: ignore[operator]  # all() checked both
            raise ValueError("min_speakers is larger than max_speakers")
        return self
