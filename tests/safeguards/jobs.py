"""Safeguards against losing a job, doubling it, or paying twice."""

from __future__ import annotations

from safeguards.mutant import SYNTHESIZED, Mutant

SMALL = ("tests/reliability/test_small_account.py",)
ALARMED = ("tests/reliability/test_alarms.py", "tests/infrastructure/test_monitoring.py")

JOBS = (
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
        'state.add_catch(self._failure.first, errors=["States.ALL"], outputs=outputs)',
        'state.add_catch(self._failure.first, errors=["States.Permissions"], outputs=outputs)',
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
        "lambdas/lifestream/recovery/finalizer.py",
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
        '    return {"batchItemFailures": [',
        '    if failed:\n        raise RuntimeError(failed)\n    return {"batchItemFailures": [',
    ),
    Mutant(
        "fingerprint check",
        "lambdas/lifestream/aws/artifacts.py",
        "record is None or record.fingerprint != self._fingerprint",
        "record is None",
    ),
    Mutant(
        "check that the artifact is whole",
        "lambdas/lifestream/aws/artifacts.py",
        "return record if is_whole else None",
        "return record",
    ),
    Mutant(
        "atomic publication: the checkpoint last",
        "lambdas/steps/extract_audio.py",
        "        checkpoint.save(extract(job), outputs=[AUDIO])\n",
        "        from lifestream.aws.artifacts import CHECKPOINT, CheckpointRecord\n"
        "        early = CheckpointRecord(fingerprint=fingerprint, facts={})\n"
        "        artifacts().save(job.job_id, Step.EXTRACT_AUDIO, CHECKPOINT, early)\n"
        "        extract(job)\n",
    ),
    Mutant(
        "atomic publication: the manifest last",
        "lambdas/lifestream/rendering/result_files.py",
        'return files | {"manifest.json": _json(manifest)}',
        'return {"manifest.json": _json(manifest)} | files',
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
        "if not key.startswith(UPLOADS):",
        "if not key:",
    ),
    Mutant(
        "DLQ message of an aborted execution",
        "lambdas/lifestream/recovery/finalizer.py",
        "            self._send_dlq_message(record, execution)\n",
        "            pass\n",
    ),
    Mutant(
        "look into the history before another DLQ message",
        "lambdas/lifestream/recovery/finalizer.py",
        '            case "sent":\n                return True',
        '            case "sent":\n                return False',
    ),
    Mutant(
        "look into the queue before another DLQ message",
        "lambdas/lifestream/recovery/finalizer.py",
        "return self.queues.holds_dlq_message(record.job_id, record.attempt)",
        "return False",
    ),
    Mutant(
        "one sender of a DLQ message",
        "lambdas/lifestream/recovery/finalizer.py",
        "            if is_mine:\n                self.queues",
        "            if is_mine or True:\n                self.queues",
    ),
    Mutant(
        "refusal to work for a job that has ended",
        "lambdas/lifestream/step.py",
        "    if not before:",
        "    if before and False:",
    ),
    Mutant(
        "no DLQ message for a cancelled job",
        "cdk_app/failure_path.py",
        "in ['FAILED', 'PARTIAL'] %}",
        "in ['FAILED', 'PARTIAL', 'CANCELLED'] %}",
        SYNTHESIZED,
    ),
    Mutant(
        "events that were not published",
        "lambdas/lifestream/recovery/reconciler.py",
        "        self.finalizer.publish_end(record)\n",
        "",
    ),
    Mutant(
        "lost notifications",
        "lambdas/lifestream/recovery/reconciler.py",
        'found["delivered"] += self._deliver_uploads(horizon, cutoff)',
        'found["delivered"] += []',
    ),
    Mutant(
        "lost ends of executions",
        "lambdas/lifestream/recovery/reconciler.py",
        '        self.finalizer.finalize(execution)\n        return "finalized"',
        '        return "finalized"',
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
        "a missing host distinguished from a crash",
        "cdk_app/container_retries.py",
        '"is_host_missing": f"{{% {is_host_missing()} %}}"',
        '"is_host_missing": False',
        SMALL,
    ),
    Mutant(
        "the end of a container that outlives its state",
        "lambdas/lifestream/recovery/finalizer.py",
        "            self._stop_container(execution)\n",
        "            pass\n",
    ),
    Mutant(
        "the end of a container whose execution's end was lost",
        "lambdas/lifestream/recovery/reconciler.py",
        'found["containers_stopped"] += self._stop_containers(cutoff)',
        'found["containers_stopped"] += []',
    ),
    Mutant(
        "an alarm for errors of the eraser",
        "cdk_app/alarms.py",
        "    _errors(Source.ERASER),\n",
        "",
        ALARMED,
    ),
    Mutant(
        "an alarm that notifies people",
        "cdk_app/monitoring.py",
        "        created.add_alarm_action(action)\n",
        "",
        ALARMED[1:],
    ),
)
