"""Settings of costs and caps."""

from __future__ import annotations

from pydantic import Field

from lifestream.domain.prices import CPU_SPEED, Rates, fargate_hour
from lifestream.settings.environment import EnvSettings


class CostSettings(EnvSettings):
    """What the costs of jobs depend on, apart from list prices.

    `host_hour`: dollars per hour of the container's host, such as after your own discounts.
    `idle_seconds`: how long a host stays after its last container; 0 on Fargate. `speed`: seconds
    of recording per second of the container, until jobs have shown it.
    """

    host_hour: float = Field(default=round(fargate_hour(), 6), ge=0, alias="HOST_HOUR_DOLLARS")
    idle_seconds: float = Field(default=0, ge=0, alias="HOST_IDLE_SECONDS")
    speed: float = Field(default=CPU_SPEED, gt=0, alias="ASSUMED_SPEED")
    whisper_model: str | None = Field(default=None, alias="WHISPER_MODEL")
    openai_model: str = Field(default="gpt-4o-mini", alias="OPENAI_MODEL")

    @property
    def rates(self) -> Rates:
        return Rates(**self.model_dump(include=set(Rates.model_fields)))


class JobCapSettings(CostSettings):
    """The most that a job may cost in dollars, by its estimate. Without it, there is no cap."""

    max_job_dollars: float | None = Field(default=None, gt=0, alias="MAX_JOB_DOLLARS")


class DayCapSettings(CostSettings):
    """What the jobs of a day (UTC) may cost in dollars. Without it, there is no cap."""

    max_day_dollars: float | None = Field(default=None, gt=0, alias="MAX_DAY_DOLLARS")
