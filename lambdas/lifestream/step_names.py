"""The one name of every step: state, construct, module, log field and artifact prefix."""

from __future__ import annotations

import re
from enum import StrEnum

SEND_TO_DEAD_LETTER_QUEUE = "SendToDeadLetterQueue"
"""A state that calls SQS directly and runs none of our code."""


class Step(StrEnum):
    """The steps in the order of the pipeline. The value is the state's name in the console."""

    INSPECT_VIDEO = "InspectVideo"
    EXTRACT_AUDIO = "ExtractAudio"
    TRANSCRIBE_SPEECH = "TranscribeSpeech"
    SUMMARIZE_TRANSCRIPT = "SummarizeTranscript"
    INDEX_TRANSCRIPT = "IndexTranscript"
    PUBLISH_RESULTS = "PublishResults"
    RECORD_SUCCESS = "RecordSuccess"
    RECORD_FAILURE = "RecordFailure"

    @property
    def module_name(self) -> str:
        """The module of the step: `extract_audio` for `ExtractAudio`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.value).lower()


WORKING_STEPS = tuple(
    step for step in Step if step not in (Step.RECORD_SUCCESS, Step.RECORD_FAILURE)
)
"""The steps that people wait for. The other two record how a job ended."""
