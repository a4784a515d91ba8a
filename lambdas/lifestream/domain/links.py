"""Take links, images and HTML out of what a model wrote: they can carry what was said away.

Only what was said may hold an address, in the quotes. The host name alone stays: it is no link.
"""

from __future__ import annotations

import re

from lifestream.domain.text import one_line

ROUNDS = 3
MARKDOWN = re.compile(r"!?\[([^\[\]]*)\](?:\((?:[^()]|\([^()]*\))*\)|\[[^\[\]]*\])")
HTML = re.compile(r"<[A-Za-z/!?][^<>]*>?")
ADDRESS = re.compile(
    r"(?:(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*:)?//\S*"
    r"|\bwww\.\S*"
    r"|\b(?:data|file|javascript|mailto|sms|tel|vbscript):\S+"
    r"|(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.[a-z][\w-]+/\S*",
    re.IGNORECASE,
)
BRACKETS = re.compile(r"[\[\]<>]")


def without_links(text: str) -> str:
    """One line, with "…" for an address, and for a text that was nothing but a link.

    Several rounds, because what is taken out may have stood between two halves; what is nested
    more deeply than that loses its brackets.
    """
    cleaned = one_line(text)
    return _without(cleaned) or ("…" if cleaned else "")


def _without(cleaned: str) -> str:
    for _ in range(ROUNDS):
        if (less := _once(cleaned)) == cleaned:
            return cleaned.replace("](", "] (")
        cleaned = less
    return ADDRESS.sub("…", BRACKETS.sub("", cleaned))


def _once(text: str) -> str:
    return ADDRESS.sub("…", HTML.sub("", MARKDOWN.sub(r"\1", text)))
