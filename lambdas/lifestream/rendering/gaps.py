"""Find the gaps in a transcript: text that was left out, and speech that was not recognized."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lifestream.domain.speech.quality import QualityReport
from lifestream.domain.transcript import Span

MIN_GAP_SECONDS = 1.0


class Gap(Span):
    """A stretch without text. The page shows `reason` after the duration: "12 s left out: …"."""

    reason: str


def gaps_of(quality: QualityReport, *, is_flagged_shown: bool) -> tuple[Gap, ...]:
    """Return the gaps in time order, except for those shorter than a second."""
    listed: list[tuple[Iterable[Span], str]] = [
        (() if is_flagged_shown else quality.flagged, "left out as a probable hallucination"),
        (quality.missing_text, "of speech that could not be transcribed"),
        (quality.loud_without_text, "of music, noise or speech without words"),
    ]
    gaps = [gap for spans, reason in listed for gap in _joined(spans, reason)]
    return tuple(sorted(gaps, key=lambda gap: (gap.start_seconds, gap.end_seconds)))


def _joined(spans: Iterable[Span], reason: str) -> Iterator[Gap]:
    """Yield one gap for spans that are less than a second apart."""
    found: list[Gap] = []
    for span in sorted(spans, key=lambda span: span.start_seconds):
        last = found[-1] if found else None
        if last and span.start_seconds - last.end_seconds < MIN_GAP_SECONDS:
            end = max(last.end_seconds, span.end_seconds)
            found[-1] = last.model_copy(update={"end_seconds": end})
        else:
            found.append(
                Gap(start_seconds=span.start_seconds, end_seconds=span.end_seconds, reason=reason)
            )
    return (gap for gap in found if gap.seconds >= MIN_GAP_SECONDS)
