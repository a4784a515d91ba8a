"""Text that somebody speaks, writes or names a file to take over or to break a page."""

from __future__ import annotations

from builders import a_draft, a_failure, a_transcript
from lifestream.domain.citations import verified
from lifestream.domain.job import Failure
from lifestream.domain.summary import Drafted, Summary
from lifestream.domain.transcript import Transcript

SCRIPT = "<img src=x onerror=alert(1)><script>alert(2)</script>"
TURNED_AROUND = "\u202e gnihtyna \u2066"
LONG = "W" * 150
HOSTILE = f"{SCRIPT} {{{{x}}}} \"'> {LONG}"
NAME = f"<img src=x onerror=alert(1)>\"'{TURNED_AROUND}{LONG}"
"""A file name has no slash."""
SAID = f"{HOSTILE} the hostile pelican {TURNED_AROUND} was here"


def a_hostile_transcript() -> Transcript:
    said = a_transcript(
        ("SPEAKER_00", SAID), ("SPEAKER_01", f"javascript:alert(3) {LONG}"), ("SPEAKER_00", SAID)
    )
    [first, second] = said.speakers
    speakers = (first.model_copy(update={"name": f"{SCRIPT[:30]} {LONG[:40]}"}), second)
    return said.model_copy(update={"speakers": speakers})


def a_hostile_summary(transcript: Transcript) -> Summary:
    point = {"text": HOSTILE, "segment_ids": [0], "quote": "the hostile pelican"}
    draft = a_draft(
        title=HOSTILE[:200],
        abstract=f"SPEAKER_00 and {HOSTILE}",
        chapters=[point],
        key_points=[point],
        action_items=[point | {"owner": f"{SCRIPT} {LONG}"[:200], "due": HOSTILE[:200]}],
        contributions=[point | {"speaker": "SPEAKER_00"}],
        topics=[HOSTILE, LONG],
    )
    return verified(Drafted(draft=draft), transcript, engine="test")


def a_hostile_failure() -> Failure:
    return a_failure().model_copy(update={"cause": HOSTILE, "step": "TranscribeSpeech"})
