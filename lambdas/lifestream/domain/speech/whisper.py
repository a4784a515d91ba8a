"""Which languages and tasks a Whisper model was trained for, by the model's name."""

from __future__ import annotations

from lifestream.domain.languages import NAMES
from lifestream.domain.options import JobOptions
from lifestream.errors import EnglishOnlyModelError, UnsupportedOptionError

LANGUAGES = frozenset(NAMES)
ENGLISH_ONLY = ".en"
NO_TRANSLATOR = "turbo"
"""OpenAI trained the turbo models without translations: they write what is spoken."""


def require_supported(options: JobOptions, model: str, *, is_english_only: bool) -> None:
    """Raise EnglishOnlyModelError or UnsupportedOptionError if the model lacks an option."""
    if is_english_only and (unsupported := _beyond_english(options)):
        raise EnglishOnlyModelError(f"{model} knows English only, not {unsupported}")
    if options.translate and NO_TRANSLATOR in model:
        raise UnsupportedOptionError(
            f"{model} was not trained to translate: deploy with -c whisper_model=large-v3"
        )


def _beyond_english(options: JobOptions) -> str | None:
    """Return what in the options needs a multilingual model, or None."""
    if options.language not in (None, "en"):
        return f"the language {options.language!r}"
    return next(
        (f"{name!r}" for name in ("translate", "multilingual") if getattr(options, name)), None
    )
