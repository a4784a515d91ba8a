"""How long each kind of data is kept: the switch `retention`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

Days = Annotated[int, Field(ge=1, le=36_500)]
LongerThanJobs = Annotated[int, Field(ge=11, le=36_500)]
"""In days. A job may take ten (`workflow.TOTAL_TIMEOUT`), and needs its video and its artifacts."""
LOG_DAYS = {
    1: "ONE_DAY", 3: "THREE_DAYS", 5: "FIVE_DAYS", 7: "ONE_WEEK", 14: "TWO_WEEKS",
    30: "ONE_MONTH", 60: "TWO_MONTHS", 90: "THREE_MONTHS", 120: "FOUR_MONTHS",
    150: "FIVE_MONTHS", 180: "SIX_MONTHS", 365: "ONE_YEAR", 400: "THIRTEEN_MONTHS",
    545: "EIGHTEEN_MONTHS", 731: "TWO_YEARS", 1096: "THREE_YEARS", 1827: "FIVE_YEARS",
    2192: "SIX_YEARS", 2557: "SEVEN_YEARS", 2922: "EIGHT_YEARS", 3288: "NINE_YEARS",
    3653: "TEN_YEARS",
}  # fmt: skip
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""


class Retention(BaseModel):
    """After how many days something is deleted; None keeps it, or takes the stage's default.

    uploads, results, index: None keeps them
    artifacts, old_versions, logs: None takes the default of the stage
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    uploads: LongerThanJobs | None = None
    artifacts: LongerThanJobs | None = None
    results: Days | None = None
    index: Days | None = None
    old_versions: LongerThanJobs | None = None
    logs: Days | None = None

    @field_validator("logs")
    @classmethod
    def _validate_logs(cls, days: int | None) -> int | None:
        if days not in (None, *LOG_DAYS):
            raise ValueError(f"CloudWatch Logs keeps logs for {', '.join(map(str, LOG_DAYS))} days")
        return days
