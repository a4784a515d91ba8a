"""Measure a burst of uploads through the whole pipeline on this machine, with every event
delivered ten times.

Only the speech engines are replaced, by ones that take half a second. For each size, the benchmark
prints the wall time, the peak memory of all processes, the largest number of containers at once,
and the executions and paid calls per upload. The times are those of one run on one machine; the
ratios matter.

    python benchmarks/burst.py [UPLOADS …]      100 and 1000 by default
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from rich.console import Console
from rich.table import Table

from builders import a_draft
from cdk_app.local.session import EmbeddedAws, Options, embedded_aws
from fakes import Answer, LocalEndpoint, chat_completion
from lifestream import resources
from lifestream.client import VideoService, connect
from lifestream.domain.job import JobStatus, ProcessingJob
from media_files import tone

SIZES = (100, 1_000)
COPIES = 8  # besides S3's event and the client's message
POLL_SECONDS = 0.5
DRAFT = a_draft(abstract="A").model_dump(mode="json")
DOCKERFILE = Path(__file__).parent / "timed_speech" / "Dockerfile"
MIB = 1 << 20


@dataclass
class ProcessSampler:
    """Samples memory and containers in the process tree until `is_over` is set."""

    root: int
    peak_bytes: int = 0
    peak_containers: int = 0
    is_over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.is_over.wait(POLL_SECONDS):
            processes = list(descendants(self.root))
            self.peak_bytes = max(self.peak_bytes, sum(map(resident_bytes, processes)))
            running = sum(b"timed_speech/main.py" in command_line(pid) for pid in processes)
            self.peak_containers = max(self.peak_containers, running)


@dataclass(frozen=True)
class Measured:
    uploads: int
    seconds: float
    peak_mib: float
    peak_containers: int
    executions: float
    paid_calls: float
    succeeded: int


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    table = Table("Uploads", "Wall time", "Per upload", "Memory", "Containers", "Executions/upload",
                  "Paid calls/upload", "Succeeded")  # fmt: skip
    for size in sizes:
        done = measure(size)
        table.add_row(
            str(done.uploads),
            f"{done.seconds:.0f} s",
            f"{done.seconds / done.uploads:.2f} s",
            f"{done.peak_mib:.0f} MiB",
            str(done.peak_containers),
            f"{done.executions:.2f}",
            f"{done.paid_calls:.2f}",
            f"{done.succeeded}",
        )
        Console(width=120).print(table)


def measure(size: int) -> Measured:
    openai = LocalEndpoint(answer)
    os.environ["OPENAI_API_KEY"] = "sk-benchmark"
    settings = {
        "OPENAI_BASE_URL": f"{openai.url}/v1",
        "EMBEDDING_ENGINE": "wordllama",
        "VECTOR_INDEX": "s3",
        "POWERTOOLS_LOG_LEVEL": "WARNING",
    }
    options = Options(settings=settings, wait_scale=0.1, dockerfile=DOCKERFILE)
    with openai.running(), embedded_aws(options) as aws:
        os.environ.update(aws.environment)
        resources.reset()  # drop the clients of the previous size
        service = VideoService(connect())
        with sampling() as sampler:
            started = time.monotonic()
            jobs = upload(service, size)
            duplicate(aws, jobs)
            wait(service, jobs)
            seconds = time.monotonic() - started
        records = [service.job(job.job_id) for job in jobs]
        return Measured(
            uploads=size,
            seconds=seconds,
            peak_mib=sampler.peak_bytes / MIB,
            peak_containers=sampler.peak_containers,
            executions=count_executions(aws) / size,
            paid_calls=len(openai.requests) / size,
            succeeded=sum(record.status == JobStatus.SUCCEEDED for record in records),
        )


def answer(_path: str, _request: dict[str, Any]) -> Answer:
    return chat_completion(json.dumps(DRAFT))


def upload(service: VideoService, size: int) -> list[ProcessingJob]:
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(4) as pool:
        video = tone(Path(folder) / "tone.mp4", seconds=1)
        names = [f"{number}.mp4" for number in range(size)]
        return list(pool.map(lambda name: service.create_upload_job(video, key=name), names))


def duplicate(aws: EmbeddedAws, jobs: list[ProcessingJob]) -> None:
    """Send every event another COPIES times, in random order."""
    events = [event_of(job) for job in jobs for _ in range(COPIES)]
    random.Random(1).shuffle(events)
    sqs = aws.session().client("sqs")
    for start in range(0, len(events), 10):
        entries = [
            {"Id": str(number), "MessageBody": body}
            for number, body in enumerate(events[start : start + 10])
        ]
        sqs.send_message_batch(QueueUrl=aws.outputs["AwsSqsQueueUrl"], Entries=entries)  # type: ignore[arg-type]  # the stubs want a TypedDict


def event_of(job: ProcessingJob) -> str:
    entity = {"key": quote_plus(job.key), "eTag": job.etag, "versionId": job.version_id}
    s3 = {"bucket": {"name": job.bucket}, "object": entity}
    return json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": s3}]})


def wait(service: VideoService, jobs: list[ProcessingJob]) -> None:
    """Wait until every job has ended and every duplicate has been read."""
    left = {job.job_id for job in jobs}
    while left:
        ended = {i for i in left if service.job(i).status.is_terminal}
        left -= ended
        time.sleep(POLL_SECONDS if ended else 2 * POLL_SECONDS)
    while any(service.queues.get_queue_attributes()[name] for name in ("waiting", "in_flight")):
        time.sleep(POLL_SECONDS)


def count_executions(aws: EmbeddedAws) -> int:
    pages = (
        aws.session()
        .client("stepfunctions")
        .get_paginator("list_executions")
        .paginate(stateMachineArn=aws.outputs["StateMachineArn"])
    )
    return sum(len(page["executions"]) for page in pages)


@contextmanager
def sampling() -> Iterator[ProcessSampler]:
    sampler = ProcessSampler(os.getpid())
    thread = threading.Thread(target=sampler.run)
    thread.start()
    try:
        yield sampler
    finally:
        sampler.is_over.set()
        thread.join()


def descendants(root: int) -> Iterator[int]:
    """Yield the process and all its descendants at this moment."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(path.parent.name))
    waiting = [root]
    while waiting:
        yield (process := waiting.pop())
        waiting += parents.get(process, [])


def resident_bytes(process: int) -> int:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def command_line(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


if __name__ == "__main__":
    main()
