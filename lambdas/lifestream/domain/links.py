"""Remove links, images and HTML from what a model wrote, because they could leak the transcript.

Only the quotes may hold an address, as it was said. A bare host name stays: it is no link.
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
    """Return one line, with "…" for each address, and for a text that was nothing but a link.

    Takes several rounds, because removing one link may join the halves of another. What is nested
    more deeply loses its brackets.
    """
    cleaned = one_line(text)
    return _cleaned_in_rounds(cleaned) or ("…" if cleaned else "")


def _cleaned_in_rounds(cleaned: str) -> str:
    for _ in range(ROUNDS):
        if (less := _cleaned_once(cleaned)) == cleaned:
            return cleaned.replace("](", "] (")
        cleaned = less
    return ADDRESS.sub("…", BRACKETS.sub("", cleaned))


def _cleaned_once(text: str) -> str:
    return ADDRESS.sub("…", HTML.sub("", MARKDOWN.sub(r"\1", text)))
