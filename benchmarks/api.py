"""Measure the API in the local stack: reading a job, listing many jobs page by page, and searching
1,000 hours of speech in the built-in index.

The jobs are rows only. Each request goes through the gateway, the check of its token and the
function; the times are those of one run on one machine.

    python benchmarks/api.py [JOBS]      10000 by default
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import requests
from rich.console import Console
from rich.table import Table
from search import HOURS_EACH, fill

from api_tokens import signed_in
from builders import SUBMITTED, a_job
from cdk_app.local.session import EmbeddedAws, embedded_aws
from cdk_app.local.users import create_user
from lifestream.aws.job_rows import row_of
from lifestream.domain.job import ProcessingJob
from lifestream.engines.vector_index.s3 import S3Index

JOBS = 10_000
REQUESTS = 200
PAGE = 20
RECORDINGS = 84
EMBEDDER = "wordllama/l2-supercat-256"


def main() -> None:
    jobs = list(made(int(sys.argv[1]) if len(sys.argv) > 1 else JOBS))
    with embedded_aws() as aws:
        write(aws, jobs)
        s3, bucket = aws.session().client("s3"), aws.outputs["AwsS3BucketName"]
        fill(S3Index(s3, bucket, embedder=EMBEDDER), RECORDINGS)
        client = requests.Session()
        token = signed_in(aws, create_user(aws, "viewer")).access
        client.headers["Authorization"] = f"Bearer {token}"
        results = dict(measured(client, f"{aws.api_url}/v1/jobs", jobs))
    table = Table("request", "median ms", "p95 ms", title=f"{REQUESTS} requests, {len(jobs)} jobs")
    for what, seconds in results.items():
        p95 = statistics.quantiles(seconds, n=20)[-1]
        table.add_row(what, f"{statistics.median(seconds) * 1e3:.0f}", f"{p95 * 1e3:.0f}")
    Console().print(table)


def made(count: int) -> Iterator[ProcessingJob]:
    for number in range(count):
        job = a_job(key=f"uploads/talk-{number}.mp4")
        yield job.model_copy(update={"submitted_at": SUBMITTED + timedelta(seconds=number)})


def write(aws: EmbeddedAws, jobs: list[ProcessingJob]) -> None:
    table: Any = aws.session().resource("dynamodb").Table(aws.outputs["JobsTableName"])
    with table.batch_writer() as batch:
        for job in jobs:
            batch.put_item(Item=row_of(job))


def measured(
    client: requests.Session, url: str, jobs: list[ProcessingJob]
) -> Iterator[tuple[str, list[float]]]:
    def ask(address: str, **query: Any) -> dict[str, Any]:
        answer = client.get(address, params=query, timeout=60)
        answer.raise_for_status()
        content: dict[str, Any] = answer.json()
        return content

    for _ in range(5):
        ask(url)
    yield "read a job", times(lambda number: ask(f"{url}/{jobs[number].job_id}"))
    cursor: list[str | None] = [None]

    def next_page(_number: int) -> None:
        cursor[0] = ask(url, limit=PAGE, cursor=cursor[0])["next"]

    yield f"list {PAGE} jobs, from page to page", times(next_page)
    yield "search a name, in 1,000 jobs", times(lambda _: ask(url, name="talk-7"), count=20)
    search = f"{url.removesuffix('/jobs')}/search"
    ask(search, q="the first search reads the index")
    yield (
        f"search {RECORDINGS * HOURS_EACH} hours of speech",
        times(lambda number: ask(search, q=f"word{number}"), count=50),
    )


def times(work: Callable[[int], Any], count: int = REQUESTS) -> list[float]:
    taken = []
    for number in range(count):
        started = time.perf_counter()
        work(number)
        taken.append(time.perf_counter() - started)
    return taken


if __name__ == "__main__":
    main()
