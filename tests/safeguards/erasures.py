"""Safeguards against an erasure that leaves something behind, or that erases what has to stay."""

from __future__ import annotations

from safeguards.mutant import Mutant

ERASER = "lambdas/lifestream/recovery/eraser.py"
JOB_TABLE = "lambdas/lifestream/aws/job_table.py"
RESTORE = "lambdas/lifestream/recovery/restore.py"
API = "lambdas/lifestream/api/erasures.py"
ERASED = ("tests/reliability/test_erasure.py",)
RESTORED = ("tests/reliability/test_restore.py",)
CONFIRMED = ("tests/unit/test_api_erasures.py",)
HELD = ("tests/unit/test_retention_commands.py",)
KEPT = (
    "tests/infrastructure/test_uploads.py::test_old_versions_of_everything_expire",
    "tests/infrastructure/test_uploads.py::test_a_retention_that_cannot_work_is_refused",
)

ERASURES = (
    Mutant(
        "a second look before the receipt",
        ERASER,
        "is_clear and is_quiet and not left[request.job_id]",
        "is_clear and is_quiet",
        ERASED,
    ),
    Mutant(
        "a receipt only if no message is hidden",
        ERASER,
        "is_clear = self.messages.hidden() == 0",
        "is_clear = True",
        ERASED,
    ),
    Mutant(
        "a grace period for steps that may be at work",
        ERASER,
        "return datetime.now(UTC) - request.last_active_at >= self.grace_period",
        "return True",
        ERASED,
    ),
    Mutant(
        "no receipt while a container works on the job",
        ERASER,
        "self._is_quiet(request) and names.isdisjoint(_executions(request))",
        "self._is_quiet(request)",
        ERASED,
    ),
    Mutant(
        "the end of an execution whose job is erased",
        ERASER,
        "            self.executions.stop(names[-1], why=WHY)\n",
        "            pass\n",
        ERASED,
    ),
    Mutant(
        "a note of what was found before it is deleted",
        ERASER,
        "                self.records.open(noted[-1])\n",
        "                pass\n",
        ERASED,
    ),
    Mutant(
        "an open erasure before the row is erased",
        "lambdas/lifestream/recovery/erasures.py",
        "            self.records.open(request_of(current, by=by, at=datetime.now(UTC)))\n"
        "            if self.jobs.erase(current.job_id, attempt=current.attempt):\n",
        "            if self.jobs.erase(current.job_id, attempt=current.attempt):\n"
        "                self.records.open(request_of(current, by=by, at=datetime.now(UTC)))\n",
        ERASED,
    ),
    Mutant(
        "a signature of the receipt",
        "lambdas/lifestream/domain/erasure.py",
        "return hmac.compare_digest(self.signature, self._signature(key))",
        "return bool(self.signature)",
        ERASED,
    ),
    Mutant(
        "erasures repeated after a restore",
        RESTORE,
        "suspects, erased_again = self._repeat_erasures()",
        "suspects, erased_again = set[str](), set[str]()",
        RESTORED,
    ),
    Mutant(
        "copies of erased videos recognized after a restore",
        RESTORE,
        "elif owner and self._is_copy(one, digests):",
        "elif False:",
        RESTORED,
    ),
    Mutant(
        "an erasure only after a confirmation",
        API,
        "    if confirm is None:\n        return _planned(record, caller, key)\n",
        "    if confirm is None:\n"
        "        return ask_for_erasure(settings, record, by=caller.label)\n",
        CONFIRMED,
    ),
    Mutant(
        "a confirmation that is checked",
        API,
        "if not is_confirmed(confirm, _subject(record, caller), now=datetime.now(UTC), key=key):",
        "if False:",
        CONFIRMED,
    ),
    Mutant(
        "a confirmation for one attempt",
        API,
        'return f"erase {record.job_id} {record.attempt} {caller.id}"',
        'return f"erase {record.job_id} {caller.id}"',
        CONFIRMED,
    ),
    Mutant(
        "a confirmation for one person",
        API,
        'return f"erase {record.job_id} {record.attempt} {caller.id}"',
        'return f"erase {record.job_id} {record.attempt}"',
        CONFIRMED,
    ),
    Mutant(
        "a confirmation that expires",
        "lambdas/lifestream/domain/confirmation.py",
        "if not until.isdecimal() or int(until) < now.timestamp():",
        "if not until.isdecimal():",
        CONFIRMED,
    ),
    Mutant(
        "a refusal to erase a job on hold",
        "lambdas/lifestream/recovery/erasures.py",
        "raise JobHeldError(",
        "return print(",
        HELD,
    ),
    Mutant(
        "a hold that comes between request and erasure",
        JOB_TABLE,
        "is_free = Attr(HOLD).not_exists()",
        'is_free = Attr("none").not_exists()',
        HELD,
    ),
    Mutant(
        "a hold that outlives a redrive",
        JOB_TABLE,
        "row = row_of(job) | ({HOLD: hold} if hold else {})",
        "row = row_of(job)",
        HELD,
    ),
    Mutant(
        "copies of what is on hold",
        "lambdas/lifestream/recovery/holds.py",
        "if copies.get(key) != version.size:",
        "if False:",
        HELD,
    ),
    Mutant(
        "no expiration of what is on hold",
        "cdk_app/uploads.py",
        "expiration = {UPLOADS: wanted.uploads,",
        "expiration = {HOLDS: 14, UPLOADS: wanted.uploads,",
        KEPT,
    ),
    Mutant(
        "artifacts that outlive the longest job",
        "cdk_app/retention.py",
        "LongerThanJobs = Annotated[int, Field(ge=11,",
        "LongerThanJobs = Annotated[int, Field(ge=1,",
        KEPT,
    ),
)
