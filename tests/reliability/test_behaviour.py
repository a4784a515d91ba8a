"""The eight guarantees hold for random sequences of user actions, network and machine faults."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from copy import deepcopy

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.errors import RequestError
from lifestream.step_names import Step
from simulation.cloud import Cloud
from simulation.faults import WRITES, Fault, Kind
from simulation.uploads import Message, notification
from simulation.world import simulated

NAMES = st.sampled_from(["talk.mp4", "a b+c%2B.mov", "ünï/会議 🎬.mkv", "..;$(x)'\".AVI"])
PROCESSES = st.sampled_from(["Dispatcher", "ExecutionEnded", "StepFunctions", *Step])
OPERATIONS = st.sampled_from([*WRITES, "GetObject", "GetItem", "*"])
KINDS: st.SearchStrategy[Kind] = st.sampled_from(
    ["kill before", "kill after", "throttle", "refuse", "lose answer"]
)
IS_SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "400")) if IS_SOAK else 8
STEPS = 40 if IS_SOAK else 15
jobs_seen = 0  # of which every promise was checked


class Behaviour(RuleBasedStateMachine):
    """Runs random rules, then removes all faults and checks that every upload ends correctly."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()

    @initialize(seed=st.integers(0, 2**32))
    def open(self, seed: int) -> None:
        self.cloud: Cloud = self.stack.enter_context(simulated(seed))

    @rule(name=NAMES)
    def upload_or_overwrite(self, name: str) -> None:
        self.cloud.upload(name)

    @rule(name=NAMES)
    def upload_without_a_notification(self, name: str) -> None:
        self.cloud.loses_notifications = True
        self.cloud.upload(name)
        self.cloud.loses_notifications = False

    @precondition(lambda self: self.cloud.uploads)
    @rule(data=st.data(), times=st.integers(1, 9))
    def duplicate_an_event(self, data: st.DataObject, times: int) -> None:
        job = data.draw(st.sampled_from(self.cloud.uploads))
        self.cloud.inbox += [Message(notification(job)) for _ in range(times)]

    @rule(body=st.sampled_from(["", "{}", '{"Records": [{}]}', '{"Event": "s3:TestEvent"}']))
    def receive_nonsense(self, body: str) -> None:
        self.cloud.inbox.append(Message(body))

    @rule(size=st.integers(1, 10))
    def deliver_in_any_order(self, size: int) -> None:
        cloud = self.cloud
        cloud.collect()
        cloud.rng.shuffle(cloud.inbox)
        batch, cloud.inbox = cloud.inbox[:size], cloud.inbox[size:]
        if batch:
            cloud.deliver(batch)

    @rule(steps=st.integers(1, 200))
    def let_time_pass(self, steps: int) -> None:
        for _ in range(steps):
            self.cloud.scheduler.step()

    @rule(process=PROCESSES, operation=OPERATIONS, kind=KINDS, skip=st.integers(0, 3))
    def break_something(self, process: str, operation: str, kind: Kind, skip: int) -> None:
        self.cloud.faults.plan.append(Fault(f"{process} {operation} *", kind, skip=skip))

    @rule(times=st.integers(1, 4))
    def interrupt_containers(self, times: int) -> None:
        plan = self.cloud.faults.plan
        plan.append(Fault(f"{Step.TRANSCRIBE_SPEECH} *", "interrupt", times=times))

    @rule(summary=st.booleans(), index=st.booleans())
    def models_go_down_or_up(self, summary: bool, index: bool) -> None:  # noqa: FBT001
        self.cloud.summarizer.is_down, self.cloud.embedder.is_down = summary, index

    @rule(is_lost=st.booleans())
    def lose_ends_of_executions(self, is_lost: bool) -> None:  # noqa: FBT001
        self.cloud.loses_events = is_lost

    @precondition(lambda self: self.cloud.uploads)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        with suppress(RequestError):  # the job is not known yet, or it has ended
            self.cloud.service.cancel(data.draw(st.sampled_from(self.cloud.uploads)).job_id)

    @precondition(lambda self: self.cloud.executions.running())
    @rule(data=st.data())
    def abort(self, data: st.DataObject) -> None:
        record = data.draw(st.sampled_from(self.cloud.executions.running()))
        self.cloud.executions.end(record, "ABORTED")

    @rule()
    def redrive(self) -> None:
        self.cloud.redrive_all()

    @rule()
    def reconcile(self) -> None:
        self.cloud.reconcile()

    @rule()
    def upgrade_in_mid_flight(self) -> None:
        """Deploy a new prompt version, and a definition with an additional first state."""
        executions, summarizer = self.cloud.executions, self.cloud.summarizer
        summarizer.name = f"scripted/summary-{int(summarizer.name.rpartition('-')[2]) + 1}"
        definition = deepcopy(executions.definition)
        extra = f"New{len(definition['States'])}"
        definition["States"][extra] = {"Type": "Pass", "Next": definition["StartAt"]}
        executions.definition = definition | {"StartAt": extra}

    def teardown(self) -> None:
        with self.stack:
            self._come_to_rest()
            self.cloud.check(*self.cloud.uploads, superseded=self.cloud.superseded())
            self._mend_everything()
            self.cloud.check(*self.cloud.uploads, superseded=self.cloud.superseded())
            for job in self.cloud.uploads:
                self._has_ended_well(job)
        global jobs_seen  # noqa: PLW0603  # for the soak's last line
        jobs_seen += len(self.cloud.uploads)

    def _come_to_rest(self) -> None:
        """Run without new faults until nothing more happens, and reconcile."""
        self.cloud.faults.plan = []
        self.cloud.loses_events = False
        self.cloud.run_until_idle()
        self.cloud.reconcile()
        self.cloud.run_until_idle()

    def _mend_everything(self) -> None:
        self.cloud.summarizer.is_down = self.cloud.embedder.is_down = False
        self.cloud.redrive_all()
        self._come_to_rest()

    def _has_ended_well(self, job: ProcessingJob) -> None:
        record = self.cloud.state.jobs.find(job.job_id)
        if record is None:
            assert job.job_id in self.cloud.superseded(), f"{job.key} is lost"
        else:
            assert record.status in (JobStatus.SUCCEEDED, JobStatus.CANCELLED), record


TestBehaviour = Behaviour.TestCase
TestBehaviour.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_the_random_behaviour_made_jobs() -> None:
    """Print the last line of `make soak`."""
    print(f"\n{jobs_seen} jobs, none lost, none doubled")  # noqa: T201  # only those count

    assert jobs_seen
