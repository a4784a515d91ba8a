"""The attributes of a row in the job table, and which of them each kind of write sets."""

from __future__ import annotations

from lifestream.domain.job_record import JobRecord

ERASED_AT = "erased_at"
"""Of a row that holds nothing else but the id of an erased job: no attempt of it starts again."""
ROW_ATTRIBUTES = frozenset(
    field.alias or name for name, field in JobRecord.model_fields.items()
) | {"kind", ERASED_AT}
WRITTEN_BY_CANCEL = frozenset(
    # The key, what the condition of each write reads, then what the write sets:
    {"job_id", "attempt", "status", "updated_at"}
)
WRITTEN_BY_A_STEP = WRITTEN_BY_CANCEL | {"current_step", "progress", "duration_seconds"}
WRITTEN_BY_DAY_CAP = WRITTEN_BY_CANCEL | {"wait_reason", "admitted_at"}
WRITTEN_BY_INSPECTION = WRITTEN_BY_A_STEP | {"upload_options"}
WRITTEN_BY_SUCCESS = WRITTEN_BY_A_STEP | {"results_prefix", "switched_off"}
WRITTEN_BY_FAILURE = WRITTEN_BY_A_STEP | {"results_prefix", "failure"}
