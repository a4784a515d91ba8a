"""Options that come with the upload are shown with the job."""

from __future__ import annotations

from api_requests import request
from lifestream.domain.job import ProcessingJob
from lifestream.domain.options import JobOptions
from simulation.cloud import Cloud


def shown(job: ProcessingJob) -> JobOptions:
    return JobOptions.model_validate(request("GET", f"/v1/jobs/{job.job_id}").json["options"])


def test_the_options_of_an_upload_are_shown_from_its_inspection_on(cloud: Cloud) -> None:
    options = JobOptions(speakers=2, hotwords=("Ada", "Zürich"), show_flagged=True)
    job = cloud.upload(options=options)

    cloud.run_until_idle()

    assert shown(job) == options
    [listed] = request("GET", "/v1/jobs").json["jobs"]
    assert JobOptions.model_validate(listed["options"]) == options


def test_a_redrive_keeps_the_options_of_the_upload(cloud: Cloud) -> None:
    options = JobOptions(speakers=2)
    job = cloud.upload(options=options)
    cloud.summarizer.is_down = True
    cloud.run_until_idle()

    cloud.summarizer.is_down = False
    cloud.redrive_all()
    cloud.run_until_idle()

    assert cloud.service.job(job.job_id).attempt == 2
    assert shown(job) == options
