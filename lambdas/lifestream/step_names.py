"""The one name of every step: console state, construct, module, log field and artifact prefix."""

from __future__ import annotations

import re
from enum import StrEnum

SEND_TO_DEAD_LETTER_QUEUE = "SendToDeadLetterQueue"
"""A state of the machine without code of ours; what ended executions left undone is told by it."""


class Step(StrEnum):
    """In the order of the pipeline; the value is the state's name in the Step Functions console."""

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
        """`ExtractAudio` lives in `extract_audio.py`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.value).lower()
