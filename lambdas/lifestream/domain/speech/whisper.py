"""Which languages and tasks a Whisper model was trained for, by the model's name."""

from __future__ import annotations

from lifestream.domain.options import JobOptions
from lifestream.errors import EnglishOnlyModelError, UnsupportedOptionError

# https://github.com/openai/whisper/blob/main/whisper/tokenizer.py, LANGUAGES
LANGUAGES = frozenset(
    """af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw
    he hi hr ht hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my
    ne nl nn no oc pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt
    uk ur uz vi yi yo zh yue""".split()  # noqa: SIM905  # a list with a code per line is three screens
)
ENGLISH_ONLY = ".en"
NO_TRANSLATOR = "turbo"
"""OpenAI's turbo models were trained without translations, and write down what is spoken."""


def require_supported(options: JobOptions, model: str, *, is_english_only: bool) -> None:
    """Raises EnglishOnlyModelError, UnsupportedOptionError."""
    if is_english_only and (wanted := _beyond_english(options)):
        raise EnglishOnlyModelError(f"{model} knows English only, not {wanted}")
    if options.translate and NO_TRANSLATOR in model:
        raise UnsupportedOptionError(
            f"{model} was not trained to translate: deploy with -c whisper_model=large-v3"
        )


def _beyond_english(options: JobOptions) -> str | None:
    """What the job asks for that takes a multilingual model."""
    if options.language not in (None, "en"):
        return f"the language {options.language!r}"
    return next(
        (f"{name!r}" for name in ("translate", "multilingual") if getattr(options, name)), None
    )
