"""A few short runs through the deployed stack that together need all of its permissions."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from built_in_models import word_vectors
from fakes import api_error
from lifestream import resources
from lifestream.aws.containers import EXECUTION_NAME, Containers
from lifestream.aws.job_table import JobTable
from lifestream.aws.slots import ACQUIRE, POOL_KEY, Pool
from lifestream.aws.voiceprints import VoiceprintStore
from lifestream.client.redrive import redrive
from lifestream.domain.chunks import Chunk, chunk_id
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.engines.vector_index.s3 import S3Index
from lifestream.recovery.reconciler import Reconciler
from lifestream.step_names import Step
from local_stack import Pipeline, healthy
from media_files import SAMPLE, convert, repeated
from pipeline.erasing import erase_now, erase_through
from pipeline.every_route import Api
from pipeline.grants import physical_id
from pipeline.roles import as_function

SECONDS = 3
MARK = "MADE_BY_A_TEST"
CLAIMED: dict[str, Any] = {"attempt": 1, "state": "sending", "at": "2026-01-01T00:00:00+00:00"}
"""A claim on a DLQ message whose sender crashed."""


@dataclass
class EveryPath:
    pipeline: Pipeline
    folder: Path
    session: Any = field(init=False)
    jobs: Any = field(init=False)
    """The DynamoDB table of `records`."""
    records: JobTable = field(init=False)
    reconciler: Reconciler = field(init=False)
    talk: ProcessingJob = field(init=False)
    cancelled: ProcessingJob = field(init=False)
    aborted: ProcessingJob = field(init=False)

    def __post_init__(self) -> None:
        self.session = self.pipeline.aws.session()
        self.jobs = self._table("JobsTableName")
        self.records = JobTable(self.jobs)
        self.reconciler = self._reconciler()

    def walk(self) -> None:
        """Run all paths. Raises AssertionError if a run does not end as expected."""
        self._replace_workers()
        self._upload()
        self._abort_a_job_without_a_row()
        lost = self._reconcile_after_losses(api := Api(self.pipeline))
        self._call("ReconcilerFunction", {})  # which also looks for what is stuck
        assert self.pipeline.wait_for(self.cancelled) == "ABORTED"
        assert self.pipeline.wait_for(lost) == "FAILED"
        self._record_the_failure_of_a_container(lost)
        self._finalize_twice()
        assert self.pipeline.wait_for(self.talk) == "SUCCEEDED"
        assert self._row(self.talk).status == JobStatus.PARTIAL
        self._redrive_the_talk(api)
        self._use_the_api(api)
        self._redrive_without_a_row(lost)
        erase_through(api, self.pipeline, self.talk)

    def _replace_workers(self) -> None:
        """Replace all workers, which cache the API keys for a minute, by updating the functions."""
        functions = self.session.client("lambda")
        for function in functions.list_functions()["Functions"]:
            if "API_KEYS_SECRET" in function["Environment"]["Variables"]:
                functions.update_function_configuration(
                    FunctionName=function["FunctionName"], MemorySize=function["MemorySize"]
                )

    def _upload(self) -> None:
        """Upload a talk whose summary fails because of a refused key, then an unusable version.

        The newer version removes the talk from the index.
        """
        bucket = self.pipeline.bucket
        self.pipeline.s3.put_object(Bucket=bucket, Key="models/README.txt", Body=b"weights")
        self.pipeline.openai.answer = lambda _path, _request: api_error(401)
        clip = convert(SAMPLE, self.folder / "clip.mp4", seconds=SECONDS)
        upload = self.pipeline.service.create_upload_job
        self.talk = upload(clip, key="every-path/talk.mp4")
        self._put(self.talk.key, b"not a video")
        # S3 sends no notification for the odd case, so no second message makes the row again.
        self.aborted = upload(clip, key="every-path/aborted.Mp4")
        long = repeated(SAMPLE, self.folder / "long.mp4", times=5)
        self.cancelled = upload(long, key="every-path/cancelled.mp4")

    def _abort_a_job_without_a_row(self) -> None:
        """ExecutionEnded writes the missing row again and sends the DLQ message."""
        self.pipeline.until(lambda: self.pipeline.executions(self.aborted), "it does not start")
        self.jobs.delete_item(Key={"job_id": self.aborted.job_id})
        self.pipeline.step_functions.stop_execution(executionArn=self._execution(self.aborted))
        self._until_published(self.aborted)
        assert len(self.pipeline.dlq_messages(self.aborted)) == 1

    def _reconcile_after_losses(self, api: Api) -> ProcessingJob:
        """Reconcile after losses: an upload without a notification, a cancelled job that still
        runs, a slot that was not released, a container that outlived its execution.

        The container is lost twice, because ExecutionEnded looks for it too.
        """
        key = "uploads/every-path/lost.Mp4"  # the odd case keeps S3 from sending a notification
        lost = self._put(key, b"not a video either")
        self.pipeline.until(
            lambda: self._is_transcribed(self.cancelled), "its container does not work"
        )
        container = self.pipeline.container_of(self.cancelled)
        os.kill(container, signal.SIGSTOP)  # it must not end before it is cancelled
        self._abort_a_machine_of_one_container()
        self._start_container_of(self.aborted)
        self._send_the_end_event_again()
        self._start_container_of(self.aborted)
        found = self.reconciler.run()
        assert lost.job_id in found.delivered
        assert self.aborted.execution_name in found.containers_stopped
        self._erase_a_job_whose_container_works(api)
        os.kill(container, signal.SIGCONT)
        self.records.cancel(self.cancelled)  # whose audio the container of the aborted was given
        self._table("SlotsTableName").update_item(
            Key={POOL_KEY: Pool.GPU},
            UpdateExpression=ACQUIRE,
            ExpressionAttributeValues={":me": {"nobody"}},
        )
        found = self.reconciler.run()
        assert self.cancelled.job_id in found.stopped
        assert "nobody" in found.released
        return lost

    def _erase_a_job_whose_container_works(self, api: Api) -> None:
        """Its container outlived its execution, and it has a DLQ message."""
        job = self._put("uploads/every-path/erased.Mp4", b"no video")
        self.records.accept(job)
        self.records.cancel(job)
        self.pipeline.service.queues.send_to_dlq(job)
        self._start_container_of(job)
        api.erase(job)
        ecs = self.session.client("ecs")
        running = Containers(ecs, self.pipeline.aws.outputs["ClusterName"]).running
        self.pipeline.until(
            lambda: job.execution_name not in [one.execution_name for one in running()],
            "its container is not stopped",
        )
        self.pipeline.until(lambda: self._is_gone_from_the_dlq(job), "its DLQ message is there")

    def _is_gone_from_the_dlq(self, job: ProcessingJob) -> bool:
        """Return whether the eraser has deleted its message and holds no other any more.

        It runs again, because it cannot delete a message that another reader holds, such as this
        function.
        """
        erase_now(self.pipeline)
        is_there = self.pipeline.dlq_messages(job)
        return not (is_there or self.pipeline.service.queues.hidden_dlq_messages())

    def _record_the_failure_of_a_container(self, job: ProcessingJob) -> None:
        """RecordFailure reads the container's error report, although the job has ended already."""
        failed = {
            "job": job.model_dump(mode="json"),
            "step": Step.TRANSCRIBE_SPEECH,
            "error": "States.TaskFailed",
            "cause": "",
            "execution_arn": self._execution(job),
        }
        self._call("RecordFailureFunction", failed)

    def _finalize_twice(self) -> None:
        """EventBridge delivers at least once, and a sender may have crashed."""
        self._remove_the_dlq_note("SET letter = :claimed REMOVE is_announced", CLAIMED)
        self._send_the_end_event_again()
        self._remove_the_dlq_note("SET letter = :claimed REMOVE is_announced", CLAIMED)
        assert self.aborted.job_id in self.reconciler.run().finalized
        self._remove_the_dlq_note("REMOVE letter, is_announced")
        assert self.aborted.job_id in self.reconciler.run().finalized

    def _send_the_end_event_again(self) -> None:
        """Send the event of the aborted execution again, in EventBridge's format."""
        described = self.pipeline.step_functions.describe_execution(
            executionArn=self._execution(self.aborted)
        )
        detail = {name: described[name] for name in ("executionArn", "name", "status", "input")}
        self._call("ExecutionEndedFunction", {"detail": detail})

    def _start_container_of(self, job: ProcessingJob) -> None:
        execution = {EXECUTION_NAME: job.execution_name}
        self.session.client("ecs").run_task(
            cluster=self.pipeline.aws.outputs["ClusterName"],
            taskDefinition=self.pipeline.aws.outputs["TaskDefinitionArn"],
            overrides={"containerOverrides": [camel_case(self._long_work(**execution))]},
        )

    def _abort_a_machine_of_one_container(self) -> None:
        """Use the state machine's role. ExecutionEnded and the reconciler ignore this machine."""
        outputs, client = self.pipeline.aws.outputs, self.pipeline.step_functions
        role = physical_id(self.session, "StateMachineRole")
        work = self._long_work(**{MARK: "yes"})
        machine = client.create_state_machine(
            name="one-container",
            definition=machine_of_one_task(
                Cluster=outputs["ClusterName"],
                TaskDefinition=outputs["TaskDefinitionArn"],
                Overrides={"ContainerOverrides": [work]},
            ),
            roleArn=self.session.client("iam").get_role(RoleName=role)["Role"]["Arn"],
        )["stateMachineArn"]
        execution = client.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
        self.pipeline.until(self._is_marked_at_work, "its container does not start")
        client.stop_execution(executionArn=execution)
        self.pipeline.until(lambda: not self._is_marked_at_work(), "its container does not stop")
        client.delete_state_machine(stateMachineArn=machine)

    def _long_work(self, **more: str) -> dict[str, Any]:
        """Start a container with long audio for the cancelled job, so that it does not end soon."""
        variables = {"JOB_ID": self.cancelled.job_id, "JOB_ATTEMPT": "1"} | more
        environment = [{"Name": name, "Value": value} for name, value in variables.items()]
        return {"Name": Step.TRANSCRIBE_SPEECH, "Environment": environment}

    def _is_marked_at_work(self) -> bool:
        ecs, cluster = self.session.client("ecs"), self.pipeline.aws.outputs["ClusterName"]
        running = ecs.list_tasks(cluster=cluster, desiredStatus="RUNNING")["taskArns"]
        described = ecs.describe_tasks(cluster=cluster, tasks=running)["tasks"] if running else []
        return any(MARK in json.dumps(task["overrides"]) for task in described)

    def _redrive_the_talk(self, api: Api) -> None:
        """Redrive the talk through the API, after one of its speakers was named."""
        names = VoiceprintStore(self.pipeline.s3, self.pipeline.bucket)
        names.give_name(self.talk.job_id, "SPEAKER_00", "Ada")
        self.pipeline.openai.answer = healthy
        api.redrive(self.talk)
        assert self.pipeline.wait_for(self.talk, attempt=2) == "SUCCEEDED"
        self._until_published(self.talk)
        assert self._row(self.talk).status == JobStatus.SUCCEEDED

    def _use_the_api(self, api: Api) -> None:
        api.read(self.talk)
        api.rename(self.talk, "Ada", "Grace")
        self._search(api)
        api.cancel(self.cancelled)
        api.upload_and_abort()

    def _search(self, api: Api) -> None:
        """Search the talk, whose newer version removed it from the index: a passage is put back."""
        embedder = word_vectors()
        index = S3Index(self.pipeline.s3, self.pipeline.bucket, embedder=embedder.name)
        said = Chunk(
            id=chunk_id(self.talk.job_id, 0),
            number=0,
            start_seconds=0,
            end_seconds=SECONDS,
            speakers=("SPEAKER_00",),
            text="The biggest problem is the search.",
        )
        index.replace(self.talk, [said], embedder.embed([said.text]).vectors)

        [passage] = api.search(self.talk, speaker="Grace")

        assert passage["speakers"] == ["Grace"]
        index.remove(self.talk.job_id)

    def _redrive_without_a_row(self, job: ProcessingJob) -> None:
        """Redrive without a row: the dispatcher asks Step Functions for the previous attempt."""
        self._until_published(job)
        self.jobs.delete_item(Key={"job_id": job.job_id})
        assert redrive(self.pipeline.service, [job.job_id]) == [job.job_id]
        assert self.pipeline.wait_for(job, attempt=2) == "FAILED"

    def _is_transcribed(self, job: ProcessingJob) -> bool:
        """Return whether the container runs. It has work for some minutes."""
        record = self.records.find(job.job_id)
        return record is not None and record.status == JobStatus.TRANSCRIBING

    def _until_published(self, job: ProcessingJob) -> None:
        """Wait until the event is published, which ExecutionEnded does last."""
        self.pipeline.until(
            lambda: (row := self.records.find(job.job_id)) and row.is_event_published,
            "its event is not published",
        )

    def _remove_the_dlq_note(self, change: str, claim: dict[str, Any] | None = None) -> None:
        """Delete the note about the DLQ message from the row. The message stays in the queue."""
        self.jobs.update_item(
            Key={"job_id": self.aborted.job_id},
            UpdateExpression=change,
            **({"ExpressionAttributeValues": {":claimed": claim}} if claim else {}),
        )

    def _reconciler(self) -> Reconciler:
        """Return the hourly function's reconciler, with its role and a grace period of a second."""
        with as_function(self.session, "ReconcilerFunction"):
            return resources.reconciler(grace_period=timedelta(0))

    def _call(self, function: str, event: dict[str, Any]) -> None:
        answer = self.session.client("lambda").invoke(
            FunctionName=physical_id(self.session, function), Payload=json.dumps(event).encode()
        )
        assert "FunctionError" not in answer, answer["Payload"].read()

    def _put(self, key: str, body: bytes) -> ProcessingJob:
        put = self.pipeline.s3.put_object(Bucket=self.pipeline.bucket, Key=key, Body=body)
        return ProcessingJob.for_upload(
            bucket=self.pipeline.bucket,
            key=key,
            version_id=put["VersionId"],
            etag=put["ETag"].strip('"'),
        )

    def _row(self, job: ProcessingJob) -> Any:
        return self.pipeline.service.job(job.job_id)

    def _execution(self, job: ProcessingJob) -> str:
        machine = self.pipeline.aws.outputs["StateMachineArn"]
        return f"{machine.replace(':stateMachine:', ':execution:')}:{job.execution_name}"

    def _table(self, output: str) -> Any:
        return self.session.resource("dynamodb").Table(self.pipeline.aws.outputs[output])


def machine_of_one_task(**arguments: Any) -> str:
    """Return a definition whose only state waits for an ECS task."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "Arguments": arguments,
        "End": True,
    }
    machine = {"QueryLanguage": "JSONata", "StartAt": "Task", "States": {"Task": task}}
    return json.dumps(machine)


def camel_case(value: Any) -> Any:  # any JSON
    """Convert Step Functions' PascalCase names to ECS's camelCase."""
    if isinstance(value, list):
        return [camel_case(item) for item in value]
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: camel_case(item) for name, item in value.items()}
    return value
