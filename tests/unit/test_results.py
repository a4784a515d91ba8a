"""The result files of a recording."""

from __future__ import annotations

import pytest

from builders import MEETING, evidence_of
from lifestream.domain.chunks import Indexed
from lifestream.domain.options import JobOptions
from lifestream.domain.speech.quality import assess
from lifestream.domain.summary import Usage
from lifestream.domain.transcript import Flag, Transcript
from lifestream.rendering.manifest import paid
from lifestream.rendering.result_files import result_files


def files_of(transcript: Transcript, options: JobOptions) -> dict[str, str]:
    return result_files(
        file_name="talk.mp4",
        options=options,
        transcript=transcript,
        quality=assess(transcript, evidence_of(transcript)),
        summary=None,
        missing=(),
    )


@pytest.mark.setting("show_flagged")
@pytest.mark.parametrize("name", ["result.md", "subtitles.srt", "subtitles.vtt"])
def test_flagged_text_is_shown_only_on_request(name: str) -> None:
    first, *others = MEETING.segments
    lie = first.model_copy(update={"flags": (Flag.LOOP,)})
    transcript = MEETING.model_copy(update={"segments": (lie, *others)})

    hidden, shown = (
        files_of(transcript, JobOptions(show_flagged=wanted)) for wanted in (False, True)
    )

    said = first.words[0].text
    assert said not in hidden[name]
    assert said in shown[name]
    assert '"loop"' in hidden["transcript.json"]
    assert said in hidden["transcript.json"]
    assert '"loop"' in hidden["quality.json"]


@pytest.mark.parametrize(("dollars", "expected"), [(0.02, 0.02), (0.0, 0.0), (None, None)])
def test_the_manifest_has_the_cost_of_the_model_calls(
    dollars: float | None, expected: float | None
) -> None:
    indexed = Indexed(embedder="e", index="i", chunks=1, usage=Usage(calls=1, dollars=dollars))

    assert paid(None, indexed) == expected
    assert paid(None, None) == 0
