"""The same promises against AWS itself: `make test-aws STAGE=dev`, with credentials."""

from __future__ import annotations

import json
import os
import time

import pytest

from lifestream.aws import clients
from lifestream.client import VideoService, connect
from lifestream.client.results import Results
from lifestream.domain.job import JobStatus
from media_files import SAMPLE

pytestmark = pytest.mark.aws
PATIENCE_SECONDS = 30 * 60


def test_the_sample_goes_all_the_way() -> None:
    service = VideoService(connect(os.environ["LIFESTREAM_STAGE"]))
    job = service.create_upload_job(SAMPLE)

    until = time.monotonic() + PATIENCE_SECONDS
    while not (record := service.job(job.job_id)).status.is_terminal:
        assert time.monotonic() < until
        time.sleep(10)

    assert (record.status, record.failure) == (JobStatus.SUCCEEDED, None)
    transcript = json.loads(Results(clients.s3(), record).read("transcript.json"))
    assert "budget" in " ".join(s["text"] for s in transcript["segments"])
    assert len(transcript["speakers"]) == 2
