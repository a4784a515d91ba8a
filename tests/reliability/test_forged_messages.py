"""A17: forged messages from an attacker who can only send to the ingest queue."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import invariants
from builders import a_failure
from conftest import BUCKET, JOBS
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.domain.job import JobStatus, ProcessingJob, derive_job_id
from simulation.cloud import Cloud
from simulation.uploads import Message, notification
from simulation.world import simulated

pytestmark = pytest.mark.attack
FAILURE = a_failure().model_dump(mode="json")
MESSAGES = int(os.environ.get("ATTACK_MESSAGES", "200"))
"""`make attack` sends 2,000."""
AT_ONCE = 100
SUFFIXES = ["", "x", "\x00", "\ud800", "🎬", "/../", "x" * 3_000, "x" * 100_000]


@dataclass(frozen=True)
class Scene:
    """`mine`: the attacker's upload. The victims' jobs have ended, with and without success."""

    cloud: Cloud
    good: ProcessingJob
    bad: ProcessingJob
    mine: ProcessingJob

    @classmethod
    def set_in(cls, cloud: Cloud) -> Scene:
        jobs = (cloud.upload("victim.mp4"), cloud.upload("notes.mp4", b"no video"))
        scene = cls(cloud, *jobs, mine=cloud.upload("attacker/mine.mp4"))
        cloud.run_until_idle()
        return scene

    def send(self, *messages: dict[str, Any] | str) -> None:
        bodies = (m if isinstance(m, str) else json.dumps(m) for m in messages)
        self.cloud.inbox += [Message(body) for body in bodies]
        self.cloud.run_until_idle()

    def stored(self) -> dict[str, bytes]:
        """Return everything that the pipeline has written for the victims."""
        s3, ids = self.cloud.aws.s3, (self.good.job_id, self.bad.job_id)
        return {
            key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            for key in self.cloud.object_keys()
            if any(job_id in key for job_id in ids)
        }

    def rows(self) -> list[dict[str, Any]]:
        jobs = JobTable(clients.table(JOBS))
        found = [jobs.find(job.job_id) for job in (self.good, self.bad)]
        return [record.model_dump() for record in found if record]


def like(job: ProcessingJob, **claims: Any) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(job.model_dump_json())
    return message | claims


@pytest.mark.fault(
    "A17", by="a job with the id of another job, or with part of it", so="nothing changes"
)
@pytest.mark.parametrize("attempt", [1, 2, 900])
@pytest.mark.parametrize("failure", [None, FAILURE], ids=["new", "redriven"])
def test_a_message_cannot_use_the_id_of_another_job(
    attempt: int, failure: dict[str, Any] | None
) -> None:
    with simulated(1) as cloud:
        scene = Scene.set_in(cloud)
        before = scene.stored(), scene.rows()

        for victim in (scene.good, scene.bad):
            for job_id in (victim.job_id, victim.job_id[:8] + scene.mine.job_id[8:]):
                claims = {"job_id": job_id, "attempt": attempt, "failure": failure}
                scene.send(like(scene.mine, **claims))

        assert (scene.stored(), scene.rows()) == before
        invariants.check_owners(cloud.state)


@pytest.mark.fault(
    "A17", by="an attempt without a previous attempt", so="refused; a redrive still works"
)
@pytest.mark.parametrize("row", ["there", "gone"])
def test_an_attempt_cannot_be_skipped(row: str) -> None:
    """Otherwise, a forged attempt number would block all later redrives."""
    with simulated(2) as cloud:
        scene = Scene.set_in(cloud)
        if row == "gone":
            cloud.forget_rows()

        for attempt in (3, 900, 9_999_998, 9_999_999):
            scene.send(like(scene.bad, attempt=attempt, failure=FAILURE))
            scene.send(like(scene.bad, attempt=attempt))
        [genuine] = [one for one in cloud.dlq_messages() if json.loads(one)["attempt"] == 1]
        scene.send(genuine)

        assert cloud.service.job(scene.bad.job_id).attempt == 2
        assert f"{scene.bad.execution_name}-2" in cloud.executions.records


@pytest.mark.fault("A17", by="a redrive with other options", so="the options in the row are used")
def test_a_redrive_uses_the_options_in_the_row() -> None:
    with simulated(3) as cloud:
        scene = Scene.set_in(cloud)

        scene.send(like(scene.bad, failure=FAILURE, metadata={"note": "forged"}))

        record = cloud.service.job(scene.bad.job_id)
        assert (record.attempt, record.job.metadata) == (2, {})


@pytest.mark.fault(
    "A17", by="buckets and folders that are not ours", so="in the DLQ, unchanged; no row"
)
def test_a_message_about_another_bucket_or_folder_starts_nothing() -> None:
    with simulated(4) as cloud:
        scene = Scene.set_in(cloud)
        known = set(cloud.executions.records)
        foreign = ProcessingJob.for_upload(
            bucket="somebody-elses", key=scene.mine.key, version_id=scene.mine.version_id
        )
        inside = scene.good.results_prefix + "summary.json"

        scene.send(
            foreign.model_dump_json(),
            notification(foreign),
            like(scene.mine, key=inside, job_id=derive_job_id(BUCKET, inside, "1"), version_id="1"),
        )

        assert set(cloud.executions.records) == known
        assert len(cloud.dlq_messages()) == 3 + len([scene.bad])


def forged(scene: Scene) -> st.SearchStrategy[str]:
    """Generate jobs and events from parts of the victims', the attacker's and random data."""
    jobs = [scene.good, scene.bad, scene.mine]
    ids = [job.job_id for job in jobs]
    mixed = [ids[0][:8] + ids[2][8:], ids[2][:8] + ids[0][8:], "0" * 32, "", 7]
    keys = [job.key for job in jobs] + [f"uploads/a{suffix}.mp4" for suffix in SUFFIXES]
    versions = [job.version_id for job in jobs]
    base = st.sampled_from([like(job) for job in jobs])
    claims = st.fixed_dictionaries(
        {},
        optional={
            "job_id": st.sampled_from([*ids, *mixed]),
            "key": st.sampled_from([*keys, "jobs/x/x.mp4", "", None]),
            "version_id": st.sampled_from([*versions, "null", None, 7, *SUFFIXES]),
            "bucket": st.sampled_from([BUCKET, "foreign", "b" * 100_000]),
            "attempt": st.sampled_from([0, 1, 2, 3, 900, 9_999_999, 10**30, -1, 1.5, "2"]),
            "failure": st.sampled_from([None, FAILURE, FAILURE | {"attempt": 7}, {}]),
            "status": st.sampled_from([*JobStatus, "DONE"]),
            "submitted_at": st.sampled_from(["9999-12-31T23:59:59Z", "0001-01-01", 10**18, ""]),
            "metadata": st.sampled_from([{}, {"a": "b" * 2_001}, {"a": {"b": 1}}, {"\ud800": ""}]),
            "options": st.sampled_from([{}, {"speakers": 2}, {"language": "../"}, []]),
            "size": st.sampled_from([0, -1, 10**40, "big"]),
            "etag": st.sampled_from([None, "e" * 10_000, "\ud800"]),
            "sequencer": st.sampled_from([None, "01", "s" * 10_000]),
            "invented": st.none(),
        },
    )
    lies = st.builds(lambda job, claim: json.dumps(job | claim), base, claims)
    consistent = st.builds(consistently, base, claims)
    events = st.builds(as_event, base, claims)
    deep = st.sampled_from([f'{{"Records": {"[" * 100_000}', '{"job_id": ' + '{"a":' * 50_000])
    return st.one_of(lies, consistent, events, deep)


def consistently(job: dict[str, Any], claims: dict[str, Any]) -> str:
    """Return the claim with the job id that matches it, as an attacker would derive it."""
    forged = job | claims
    version = forged["version_id"] or f"{forged['etag']}:{forged['sequencer']}"
    try:
        forged["job_id"] = derive_job_id(str(forged["bucket"]), str(forged["key"]), str(version))
    except UnicodeEncodeError:
        forged["job_id"] = "0" * 32
    return json.dumps(forged)


def as_event(job: dict[str, Any], claims: dict[str, Any]) -> str:
    forged = job | claims
    entity = {"key": forged["key"], "versionId": forged["version_id"], "eTag": forged["etag"]}
    about = {"bucket": {"name": forged["bucket"]}, "object": entity | {"size": forged["size"]}}
    record = {"eventName": "ObjectCreated:Put", "eventTime": forged["submitted_at"], "s3": about}
    return json.dumps({"Records": [record]})


@pytest.mark.fault(
    "A17", by="random messages, 2,000 with `make attack`", so="each can change only its own job"
)
def test_a_message_changes_only_its_own_job() -> None:
    with simulated(5) as cloud:
        scene = Scene.set_in(cloud)
        before = scene.stored(), scene.rows()
        bodies: list[str] = []

        @settings(
            max_examples=MESSAGES,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        @given(forged(scene))
        def draw(body: str) -> None:
            bodies.append(body)

        draw()
        for start in range(0, len(bodies), AT_ONCE):
            scene.send(*bodies[start : start + AT_ONCE])
        cloud.aws.sqs.purge_queue(QueueUrl=cloud.aws.dlq_url)  # reading thousands takes minutes

        invariants.check_owners(cloud.state)
        good, _ = scene.rows()
        assert good == before[1][0]
        after = scene.stored()
        assert {key: after[key] for key in before[0] if scene.good.job_id in key} == {
            key: body for key, body in before[0].items() if scene.good.job_id in key
        }
        assert cloud.unexpected == []
        assert len(bodies) >= MESSAGES
