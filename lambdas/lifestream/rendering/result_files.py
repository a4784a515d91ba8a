"""Render all files that people use from what is known about a recording."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from lifestream import __version__
from lifestream.domain.chunks import Indexed
from lifestream.domain.job import JobStatus
from lifestream.domain.options import JobOptions
from lifestream.domain.parts import MissingPart, SwitchedOff
from lifestream.domain.speech.quality import QualityReport
from lifestream.domain.summary import Summary
from lifestream.domain.transcript import Transcript
from lifestream.rendering.gaps import gaps_of
from lifestream.rendering.manifest import Manifest, paid
from lifestream.rendering.markdown import result_page
from lifestream.rendering.page import html_page
from lifestream.rendering.plain_text import to_text
from lifestream.rendering.presentation import Recording
from lifestream.rendering.subtitles import cues_of, to_srt, to_vtt


def result_files(  # noqa: PLR0913  # one argument per part of the results
    *,
    file_name: str,
    options: JobOptions,
    transcript: Transcript,
    quality: QualityReport,
    summary: Summary | None,
    indexed: Indexed | None = None,
    missing: Sequence[MissingPart],
    switched_off: Sequence[SwitchedOff] = (),
) -> dict[str, str]:
    """Return name → content, with the manifest last: if it exists, all the others do.

    Text flagged as hallucinated is kept in transcript.json, with the reason, and left out of every
    other file unless the options ask for it.
    """
    readable = transcript if options.show_flagged else transcript.reliable
    recording = Recording(
        file_name,
        readable,
        quality.verdict,
        summary,
        tuple(missing),
        tuple(switched_off),
        gaps_of(quality, is_flagged_shown=options.show_flagged),
    )
    cues = cues_of(readable, with_speakers=options.subtitle_speakers)
    files = {"transcript.json": _json(transcript), "quality.json": _json(quality)}
    if summary:
        files["summary.json"] = _json(summary)
    files["transcript.txt"] = to_text(readable)
    files["subtitles.srt"] = to_srt(cues)
    files["subtitles.vtt"] = to_vtt(cues)
    files["result.md"] = result_page(recording)
    files["result.html"] = html_page(recording)
    manifest = Manifest(
        job_id=transcript.job_id,
        status=JobStatus.PARTIAL if missing else JobStatus.SUCCEEDED,
        source=transcript.source,
        duration_seconds=transcript.duration_seconds,
        speakers=transcript.speakers,
        options=options,
        engines=transcript.engines,
        summary_engine=summary.engine if summary else None,
        summary_usage=summary.usage if summary else None,
        indexed=indexed,
        model_dollars=paid(summary, indexed),
        code_version=__version__,
        files=tuple(files),
        missing=tuple(missing),
        switched_off=tuple(switched_off),
    )
    return files | {"manifest.json": _json(manifest)}


def _json(model: BaseModel) -> str:
    return model.model_dump_json(indent=1) + "\n"
