"""Measure a search in the built-in index: many hours of speech, the first time and later.

The bucket is in memory, so the network's time is missing: S3 adds about 30 ms per 1,000 recordings
to every search, and the transfer of the index to the first one.

    python benchmarks/search.py [HOURS]      1000 by default, in recordings of 12 hours
"""

from __future__ import annotations

import statistics
import sys
import time
from unittest.mock import patch

import boto3
import numpy as np
from moto import mock_aws
from rich.console import Console

from builders import a_job
from lifestream.domain.chunks import Chunk
from lifestream.engines.vector_index.s3 import S3Index

HOURS, HOURS_EACH = 1_000, 12
WORDS = 104_000  # of twelve hours
WORDS_OF_A_CHUNK, DIMENSION = 120, 256
SEARCHES = 50
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing"}


def main() -> None:
    recordings = int(sys.argv[1] if len(sys.argv) > 1 else HOURS) // HOURS_EACH
    with mock_aws(), patch.dict("os.environ", CREDENTIALS):
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="videos")
        index = S3Index(s3, "videos", embedder="random")
        fill(index, recordings)
        first, *later = [timed(index) for _ in range(SEARCHES + 1)]
    p95 = statistics.quantiles(later, n=20)[-1]
    Console().print(
        f"{recordings} recordings of {HOURS_EACH} hours: first search {first * 1e3:.0f} ms, "
        f"later median {statistics.median(later) * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms"
    )


def fill(index: S3Index, recordings: int) -> None:
    chance = np.random.default_rng(1)
    count = WORDS // WORDS_OF_A_CHUNK
    text = " ".join(f"word{number}" for number in range(WORDS_OF_A_CHUNK))
    chunks = [
        Chunk(
            id=f"chunk-{number}",
            number=number,
            start_seconds=number,
            end_seconds=number + 1,
            speakers=("SPEAKER_00",),
            text=text,
        )
        for number in range(count)
    ]
    for recording in range(recordings):
        vectors = chance.standard_normal((count, DIMENSION)).tolist()
        index.replace(a_job(key=f"uploads/{recording}.mp4"), chunks, vectors)


def timed(index: S3Index) -> float:
    question = np.random.default_rng(2).standard_normal(DIMENSION).tolist()
    started = time.perf_counter()
    index.search(question, limit=100)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
