"""Safeguards against costs beyond the caps, and against counting a cost twice or not at all."""

from __future__ import annotations

from safeguards.mutant import Mutant

DISPATCHER = "lambdas/triggers/dispatcher.py"
FINALIZER = "lambdas/lifestream/recovery/finalizer.py"
JOB_TABLE = "lambdas/lifestream/aws/job_table.py"
CAPPED = ("tests/reliability/test_caps.py",)
COUNTED = ("tests/reliability/test_costs.py", "tests/reliability/test_costs_of_erased_jobs.py")

COSTS = (
    Mutant(
        "a cap per job",
        "lambdas/steps/inspect_video.py",
        "if dollars > settings.max_job_dollars:",
        "if False:",
        CAPPED,
    ),
    Mutant(
        "a cap per day",
        DISPATCHER,
        "elif cap and not cap.admits(admitted):",
        "elif False:",
        CAPPED,
    ),
    Mutant(
        "a postponed message that is put back",
        DISPATCHER,
        "        put_back(body, settings.queue_url)\n",
        "        pass\n",
        CAPPED,
    ),
    Mutant(
        "the cost of a job that is admitted and has not begun",
        "lambdas/lifestream/domain/day_cost.py",
        "return record.admitted_at is not None or not is_waiting",
        "return not is_waiting",
        CAPPED,
    ),
    Mutant(
        "a start for a job that was admitted before",
        "lambdas/lifestream/recovery/day_cap.py",
        "if record and record.attempt == job.attempt and record.admitted_at:",
        "if False:",
        CAPPED,
    ),
    Mutant(
        "a cost that is measured once",
        JOB_TABLE,
        "return self.change(record, changes, Attr(EVENT_PUBLISHED).not_exists())",
        "return self.change(record, changes)",
        COUNTED,
    ),
    Mutant(
        "the cost of each attempt measured once",
        FINALIZER,
        "measure(record, cost_of(usages[-1:], self.rates))",
        "measure(record, cost_of(usages, self.rates))",
        COUNTED,
    ),
    Mutant(
        "no cost in the row of an erased job",
        JOB_TABLE,
        "is_allowed = condition & is_attempt if condition else is_attempt",
        "is_allowed = condition or is_attempt",
        COUNTED,
    ),
)
