"""Takes each safeguard away, one at a time, in a copy of the repository: some test has to fail.

`make mutants`, or `python tests/mutants.py WORD…` for those whose names contain a word. Prints
which test missed the safeguard; ends with 1 where none did.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", "node_modules", ".*_cache", "cdk.out", ".lifestream"
)
UNIT = ("dispatcher", "messages", "artifacts", "job_table", "step", "record_failure")
SIMULATED = (*(f"tests/unit/test_{name}.py" for name in UNIT), "tests/reliability")
SYNTHESIZED = ("tests/infrastructure/test_workflow.py", *SIMULATED)
HEARING = ("attribution", "suspicion", "results", "quality", "voices", "listening", "device")
HEARD = tuple(f"tests/unit/test_{name}.py" for name in HEARING)
ANSWERED = ("tests/contract/test_answers.py",)
TOLD = ("tests/unit/test_webhook.py",)
SMALL = ("tests/reliability/test_small_account.py",)
FORGED = ("tests/unit/test_job.py", "tests/reliability/test_forged.py")
SANDBOXED = ("tests/unit/test_sandbox.py",)
TAKEN_OVER = ("tests/unit/test_takeover.py",)
BOMBED = ("tests/unit/test_bombs.py",)
FETCHED = ("tests/unit/test_video_reads.py",)
CONTRACT = ("tests/contract/test_search_engines.py",)


@dataclass(frozen=True)
class Mutant:
    """`without` a safeguard: `old` in `file` becomes `new`."""

    without: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = SIMULATED


MUTANTS = (
    Mutant(
        "deterministic execution name",
        "lambdas/lifestream/aws/executions.py",
        "name=job.execution_name",
        "name=job.execution_name + __import__('uuid').uuid4().hex[:6]",
    ),
    Mutant(
        "conditional status write",
        "lambdas/lifestream/aws/job_table.py",
        'is_current = Attr("attempt").eq(job.attempt) & ~Attr("status").is_in(TERMINAL)',
        'is_current = Attr("job_id").exists()',
    ),
    Mutant(
        "condition on the attempt",
        "lambdas/lifestream/aws/job_table.py",
        'is_current = Attr("attempt").eq(job.attempt) & ~Attr',
        "is_current = ~Attr",
    ),
    Mutant(
        "catch",
        "cdk_app/workflow.py",
        'self._record_failure, errors=["States.ALL"], outputs=failure_of(step)',
        'self._record_failure, errors=["States.Permissions"], outputs=failure_of(step)',
        SYNTHESIZED,
    ),
    Mutant(
        "semaphore release after success",
        "cdk_app/slots.py",
        "update_expression=RELEASE",
        "update_expression=ACQUIRE",
        SYNTHESIZED,
    ),
    Mutant(
        "semaphore release after failure",
        "lambdas/steps/record_failure.py",
        "    slots().release(job.execution_name)\n",
        "",
    ),
    Mutant(
        "semaphore release after an abort",
        "lambdas/lifestream/aws/settlement.py",
        "        self.slots.release(execution.name)\n",
        "",
    ),
    Mutant(
        "semaphore limit",
        "lambdas/lifestream/aws/slots.py",
        "size({HOLDERS}) < :limit OR",
        "size({HOLDERS}) < :limit OR size({HOLDERS}) >= :limit OR",
        SYNTHESIZED,
    ),
    Mutant(
        "partial batch response",
        "lambdas/triggers/dispatcher.py",
        "        raise\n",
        "        del failed\n",
    ),
    Mutant(
        "fingerprint check",
        "lambdas/lifestream/aws/artifacts.py",
        "checkpoint is None or checkpoint.fingerprint != made_from",
        "checkpoint is None",
    ),
    Mutant(
        "check that the artifact is whole",
        "lambdas/lifestream/aws/artifacts.py",
        "return checkpoint if is_whole else None",
        "return checkpoint",
    ),
    Mutant(
        "atomic publication: the checkpoint last",
        "lambdas/lifestream/aws/artifacts.py",
        "        made = work()\n",
        "        self.save(job_id, step, CHECKPOINT, Checkpoint(fingerprint=made_from, facts={}))\n"
        "        made = work()\n",
    ),
    Mutant(
        "atomic publication: the manifest last",
        "lambdas/lifestream/domain/results.py",
        'return files | {"manifest.json": _json(manifest)}',
        'return {"manifest.json": _json(manifest)} | files',
    ),
    Mutant(
        "orphan removal in the vector index",
        "lambdas/lifestream/engines/vector_index/pinecone.py",
        "        self._delete(stale)\n",
        "",
        CONTRACT,
    ),
    Mutant(
        "removal of overwritten versions",
        "lambdas/steps/index_transcript.py",
        "    keep_newest(job, index)\n",
        "",
    ),
    Mutant(
        "URL decoding",
        "lambdas/lifestream/domain/messages.py",
        'unquote_plus(s3["object"]["key"])',
        's3["object"]["key"]',
    ),
    Mutant(
        "test-event filter",
        "lambdas/lifestream/domain/messages.py",
        'message.get("Event") == "s3:TestEvent"',
        'message.get("Event") == "none"',
    ),
    Mutant(
        "the other records of a message",
        "lambdas/lifestream/domain/messages.py",
        "            asked.unusable.append(str(error))",
        "            raise",
    ),
    Mutant(
        "recursion guard",
        "lambdas/lifestream/domain/messages.py",
        "if not key.startswith(UPLOADS_PREFIX):",
        "if not key:",
    ),
    Mutant(
        "dead letter of an aborted execution",
        "lambdas/lifestream/aws/settlement.py",
        "            self._send_letter(record, execution)\n",
        "            pass\n",
    ),
    Mutant(
        "look into the history before another dead letter",
        "lambdas/lifestream/aws/settlement.py",
        '            case "sent":\n                return True',
        '            case "sent":\n                return False',
    ),
    Mutant(
        "look into the queue before another dead letter",
        "lambdas/lifestream/aws/settlement.py",
        "return self.queues.holds_letter(record.job_id, record.attempt)",
        "return False",
    ),
    Mutant(
        "one sender of a dead letter",
        "lambdas/lifestream/aws/settlement.py",
        "            if is_mine:\n                self.queues",
        "            if is_mine or True:\n                self.queues",
    ),
    Mutant(
        "refusal to work for a job that has ended",
        "lambdas/lifestream/step.py",
        "    if not job_table().enter(job, name, status):",
        "    if job_table().enter(job, name, status) and False:",
    ),
    Mutant(
        "no dead letter for a cancelled job",
        "cdk_app/workflow.py",
        "in ['FAILED', 'PARTIAL'] %}",
        "in ['FAILED', 'PARTIAL', 'CANCELLED'] %}",
        SYNTHESIZED,
    ),
    Mutant(
        "invented words kept from readers",
        "lambdas/lifestream/domain/transcript.py",
        "if not segment.flags)",
        "if True)",
        HEARD,
    ),
    Mutant(
        "loops noticed",
        "lambdas/lifestream/domain/suspicion.py",
        "    if looped > MAX_LOOPED_SHARE:",
        "    if looped > 2:",
        HEARD,
    ),
    Mutant(
        "digest of a model",
        "lambdas/lifestream/engines/model_folder.py",
        "if sha256(folder / name) != digest:",
        "if sha256(folder / name) == '':",
        HEARD,
    ),
    Mutant(
        "voices kept only on request",
        "containers/transcribe_speech/listening.py",
        "diarization.voices if settings.remember_voices else ()",
        "diarization.voices",
        HEARD,
    ),
    Mutant(
        "a clear margin between two names",
        "lambdas/lifestream/domain/voices.py",
        "is_clear = not rest or",
        "is_clear = True or not rest or",
        HEARD,
    ),
    Mutant(
        "ties go to who began first",
        "lambdas/lifestream/domain/attribution.py",
        "np.where(overlap == longest, began, len(ordered)).argmin(axis=0)",
        "overlap.argmax(axis=0)",
        HEARD,
    ),
    Mutant(
        "answers proved by the passage they name",
        "lambdas/lifestream/domain/answers.py",
        "for s in transcript.believed.segments if _overlap(s, passage)]",
        "for s in transcript.believed.segments]",
        ANSWERED,
    ),
    Mutant(
        "escaped HTML",
        "lambdas/lifestream/domain/page/__init__.py",
        "autoescape=True",
        "autoescape=False",
        ("tests/unit/test_hostile.py",),
    ),
    Mutant(
        "a policy for the page",
        "lambdas/lifestream/domain/page/page.html",
        "default-src 'none'; script-src '{{ script_hash }}'",
        "default-src * 'unsafe-inline'",
        ("tests/contract/test_page.py",),
    ),
    Mutant(
        "no webhook into a private network",
        "lambdas/lifestream/webhook.py",
        "if not may_be_private and not all(",
        "if not may_be_private and not any(",
        TOLD,
    ),
    Mutant(
        "a webhook to the address that was checked",
        "lambdas/lifestream/webhook.py",
        "return HTTPConnectionPool(address,",
        "return HTTPConnectionPool(str(parts.hostname),",
        TOLD,
    ),
    Mutant(
        "ends that nobody heard of",
        "lambdas/lifestream/aws/reconciliation.py",
        "        self.settlement.announce(record)\n",
        "",
    ),
    Mutant(
        "lost notifications",
        "lambdas/lifestream/aws/reconciliation.py",
        'found["delivered"] += self._deliver_uploads(horizon, cutoff)',
        'found["delivered"] += []',
    ),
    Mutant(
        "lost ends of executions",
        "lambdas/lifestream/aws/reconciliation.py",
        '        self.settlement.settle(execution)\n        return "settled"',
        '        return "settled"',
    ),
    Mutant(
        "an id that fits the message's object",
        "lambdas/lifestream/domain/job.py",
        "if self.job_id != derive_job_id(self.bucket, self.key, version):",
        "if False:",
        FORGED,
    ),
    Mutant(
        "the bucket of a message",
        "lambdas/lifestream/domain/messages.py",
        "if any(job.bucket != bucket for job in jobs):",
        "if False:",
        FORGED,
    ),
    Mutant(
        "an attempt that follows one that ran",
        "lambdas/lifestream/aws/admission.py",
        "if execution is None:",
        "if execution is None:\n            return job\n        if False:",
        FORGED,
    ),
    Mutant(
        "the row's word about a redrive",
        "lambdas/lifestream/aws/admission.py",
        "            return record.job\n",
        "            return job\n",
        FORGED,
    ),
    Mutant(
        "libraries of the decoder",
        "lambdas/lifestream/media/sandbox.py",
        '{"LD_LIBRARY_PATH": libraries} if libraries else {}',
        "{}",
        SANDBOXED,
    ),
    Mutant(
        "the decoder's own failures kept from the video",
        "lambdas/lifestream/media/sandbox.py",
        "raise DecoderStartError(str(error)) from error",
        "raise",
        SANDBOXED,
    ),
    Mutant(
        "the decoder's system call filter",
        "lambdas/lifestream/media/confinement.py",
        '"seccomp": filter_system_calls',
        '"seccomp": lambda: True',
        TAKEN_OVER,
    ),
    Mutant(
        "the decoder's limit of open files",
        "lambdas/lifestream/media/confinement.py",
        '"RLIMIT_NOFILE": forbid_opening',
        '"RLIMIT_NOFILE": lambda: True',
        TAKEN_OVER,
    ),
    Mutant(
        "memory hidden from the decoder",
        "lambdas/lifestream/media/confinement.py",
        "return _prctl(PR_SET_DUMPABLE, 0)",
        "return True",
        TAKEN_OVER,
    ),
    Mutant(
        "the decoder's memory limit below the function's",
        "lambdas/lifestream/media/sandbox.py",
        "load(FunctionSettings).memory_megabytes - OWN_MEGABYTES",
        "4_096",
        BOMBED,
    ),
    Mutant(
        "a name for a decoder that is stopped at its limits",
        "lambdas/lifestream/media/sandbox.py",
        "if status in STOPPED:",
        "if status is None:",
        BOMBED,
    ),
    Mutant(
        "headers fetched in small ranges",
        "lambdas/steps/inspect_video.py",
        "identify(video.read_range,",
        "identify(video.read_at,",
        FETCHED,
    ),
    Mutant(
        "a budget of bytes per inspection",
        "lambdas/lifestream/aws/videos.py",
        "        self._spend(end - start)\n",
        "",
        FETCHED,
    ),
    Mutant(
        "retry of a killed process",
        "cdk_app/guards.py",
        '    "Runtime.ExitError",\n',
        "",
        SYNTHESIZED,
    ),
    Mutant(
        "hours for a throttled function",
        "cdk_app/guards.py",
        "    add_retry(state, errors=THROTTLED, attempts=THROTTLED_ATTEMPTS)\n",
        "",
        SMALL,
    ),
    Mutant(
        "a limit on extractions",
        "cdk_app/slots.py",
        "Pool.EXTRACTION: config.max_extractions",
        "Pool.EXTRACTION: 500",
        SMALL,
    ),
    Mutant(
        "a missing host told apart from a crash",
        "cdk_app/container_retries.py",
        '"is_host_missing": f"{{% {is_host_missing()} %}}"',
        '"is_host_missing": False',
        SMALL,
    ),
    Mutant(
        "the end of a container that outlives its state",
        "lambdas/lifestream/aws/settlement.py",
        "            self._stop_container(execution)\n",
        "            pass\n",
    ),
    Mutant(
        "the end of a container whose execution's end was lost",
        "lambdas/lifestream/aws/reconciliation.py",
        'found["containers_stopped"] += self._stop_containers(cutoff)',
        'found["containers_stopped"] += []',
    ),
)


def main() -> int:
    console = Console(soft_wrap=True)
    survivors, words = 0, sys.argv[1:] or [""]
    chosen = [mutant for mutant in MUTANTS if any(word in mutant.without for word in words)]
    with ThreadPoolExecutor(2) as pool:
        for mutant, test in zip(chosen, pool.map(missed_by, chosen), strict=True):
            mark = "[green]missed by[/]" if test else "[red]NOT MISSED[/]"
            console.print(f"without {mutant.without}: {mark} {test or ''}", highlight=False)
            survivors += test is None
    return 1 if survivors else 0


def missed_by(mutant: Mutant) -> str | None:
    """The first test that fails without the safeguard."""
    with copy_of_repository() as copy:
        path = copy / mutant.file
        text = path.read_text()
        if text.count(mutant.old) != 1:
            raise SystemExit(f"without {mutant.without}: {mutant.file} has changed, so must this")
        path.write_text(text.replace(mutant.old, mutant.new))
        python = str(ROOT / ".venv" / "bin" / "python")
        if mutant.file.startswith("cdk_app") or mutant.tests == SYNTHESIZED:
            run(copy, python, "docs/generate.py")
        done = run(copy, python, "-m", "pytest", "-qx", "-p", "no:cacheprovider", *mutant.tests)
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return failed[1] if failed else None


@contextmanager
def copy_of_repository() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "repository"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        for name in (".venv", "node_modules"):
            (copy / name).symlink_to(ROOT / name)
        yield copy


def run(copy: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = ":".join(str(copy / part) for part in ("", "lambdas", "tests", "docs", "containers"))
    return subprocess.run(
        command,
        cwd=copy,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(copy),
            "LANG": "C.UTF-8",
            "PYTHONPATH": path,
            "HYPOTHESIS_PROFILE": "mutants",  # to fail is enough, the smallest example is not asked
        },
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main())
