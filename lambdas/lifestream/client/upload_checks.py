"""Reject unusable files and unsupported options before anything is uploaded."""

from __future__ import annotations

from pathlib import Path

from lifestream.domain.file_types import EXTENSIONS, extension
from lifestream.domain.options import JobOptions
from lifestream.domain.speech.whisper import ENGLISH_ONLY, LANGUAGES, require_supported
from lifestream.errors import EmptyVideoError, UnsupportedExtensionError, UsageError


def check_video(video: str | Path, key: str | None = None) -> None:
    """Refuse a file that cannot become a job. The content is inspected later, by the job.

    Args:
        video: The file.
        key: The key that its object will have. It decides the extension; without it, the name of
            the file does.

    Raises:
        FileNotFoundError: There is no such file.
        UnsupportedExtensionError: No job can work on a file of this name.
        EmptyVideoError: The file holds zero bytes.

    Examples:
        >>> check_video("talk.mp4")
        >>> check_video("nothing.mp4")
        Traceback (most recent call last):
        ...
        FileNotFoundError: there is no file nothing.mp4
    """
    path = Path(video)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    check_name(key or path.name)
    if path.stat().st_size == 0:
        raise EmptyVideoError(f"{path.name} is empty")


def check_name(name: str) -> None:
    """Check the extension. Raises UnsupportedExtensionError."""
    if extension(name) not in EXTENSIONS:
        raise UnsupportedExtensionError(f"{name} is not a video or audio file")


def check_options(options: JobOptions, whisper_model: str | None) -> None:
    """Check the options against the model that will run or, if it is not known, against Whisper.

    Raises UsageError for a language that Whisper does not know, EnglishOnlyModelError or
    UnsupportedOptionError for what this model cannot do.
    """
    if options.language and options.language not in LANGUAGES:
        raise UsageError(
            f"Whisper knows no language {options.language!r}. Give a code such as en, de or ja, "
            "or leave the language out"
        )
    if whisper_model:
        require_supported(
            options, whisper_model, is_english_only=whisper_model.endswith(ENGLISH_ONLY)
        )
