"""Clean text for people and for comparison: one line, visible characters, plain words, times."""

from __future__ import annotations

import re
import unicodedata

NATIONS = "|".join(
    "".join(chr(0xE0000 + ord(char)) for char in flag) for flag in ("gbeng", "gbsct", "gbwls")
)
FLAG = f"\U0001f3f4(?:{NATIONS})\U000e007f"
"""The flags of England, Scotland and Wales, the only flags of tag characters that Unicode
recommends. Any other tag characters are text that models read and people do not see."""
CONTROL = r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f"
DIRECTION = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
WITHOUT_A_SHAPE = r"\u2061-\u2065\u206a-\u206f\ufeff"
INVISIBLE = re.compile(f"({FLAG})|[{CONTROL}{DIRECTION}{WITHOUT_A_SHAPE}]")
"""Joiners and variation selectors are kept: Arabic, Indic scripts and emoji need them."""
SELECTORS = re.compile(
    "([\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)
"""A character has one variation selector at most; more of them can hide text."""


def one_line(text: str) -> str:
    """Return one line, without control characters, direction marks and invisible text."""
    return " ".join(visible(text).split())


def visible(text: str) -> str:
    """Clean text like `one_line`, but keep its line ends."""
    if text.isascii() and text.isprintable():  # most words: 20 times as fast as the patterns
        return text
    return SELECTORS.sub(r"\1", INVISIBLE.sub(r"\1", text))


def has_a_shape(text: str) -> bool:
    """Return whether people can see any of the characters, such as `a`, `7`, `?` or an emoji."""
    return any(unicodedata.category(char)[0] in "LNPS" for char in text)


def clock(seconds: float) -> str:
    minutes, whole_seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{whole_seconds:02}" if hours else f"{minutes}:{whole_seconds:02}"


def normalized(text: str) -> str:
    """Return the words only. Case, Unicode form, punctuation and white space are ignored."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", folded))
