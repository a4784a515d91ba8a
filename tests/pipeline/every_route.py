"""Requests to the API that together need all permissions of its function."""

from __future__ import annotations

from typing import Any

import requests

from api_tokens import signed_in
from cdk_app.local.users import create_user
from lifestream.domain.job import ProcessingJob
from local_stack import Pipeline

SECONDS = 60
NO_VIDEO = b"no video either"


class Api:
    def __init__(self, pipeline: Pipeline) -> None:
        self._url = pipeline.aws.api_url
        self._token = signed_in(pipeline.aws, create_user(pipeline.aws, "admin")).access

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any
    ) -> Any:
        """Send a request and return the answer's JSON. Raises HTTPError if it is refused."""
        headers = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        answer = requests.request(
            method, f"{self._url}{path}", headers=headers, timeout=SECONDS, **more
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def redrive(self, job: ProcessingJob) -> None:
        assert self.ask("GET", f"/v1/jobs/{job.job_id}/redrive")["steps_left"]
        self.ask("POST", f"/v1/jobs/{job.job_id}/redrive")

    def cancel(self, job: ProcessingJob) -> None:
        self.ask("POST", f"/v1/jobs/{job.job_id}/cancel")

    def read(self, job: ProcessingJob) -> None:
        listed = self.ask("GET", "/v1/jobs", params={"limit": 100})["jobs"]
        assert job.job_id in [one["job_id"] for one in listed]
        assert self.ask("GET", f"/v1/jobs/{job.job_id}")["has_results"]
        assert self.ask("GET", f"/v1/jobs/{job.job_id}/steps")["steps"]
        assert self.ask("GET", "/v1/speakers") == {"people": []}
        assert self.ask("GET", f"/v1/jobs/{job.job_id}/results")["files"]
        media = self.ask("GET", f"/v1/jobs/{job.job_id}/media")
        assert len(requests.get(media["url"], timeout=SECONDS).content) == media["size"]

    def erase(self, job: ProcessingJob) -> None:
        address = f"/v1/jobs/{job.job_id}"
        plan = self.ask("DELETE", address)
        assert plan["state"] == "planned"
        confirm = {"confirm": plan["confirmation"]["token"]}
        assert self.ask("DELETE", address, params=confirm)["state"] == "open"

    def read_receipt(self, job: ProcessingJob) -> dict[str, Any]:
        erasure = self.ask("GET", f"/v1/erasures/{job.job_id}")
        assert erasure["is_signature_valid"]
        receipt: dict[str, Any] = erasure["receipt"]
        return receipt

    def upload_and_abort(self) -> None:
        """Upload a file whole. Begin another in parts twice, with one idempotency key, and abort
        it."""
        upload = self._begin("small.mp4", len(NO_VIDEO))
        whole = upload["whole"]
        put = requests.put(whole["url"], NO_VIDEO, headers=whole["headers"], timeout=SECONDS)
        put.raise_for_status()
        assert self.ask("POST", f"/v1/uploads/{upload['id']}/complete")["status"]
        large = [self._begin("large.mp4", 20 << 20, **{"Idempotency-Key": "same"}) for _ in "12"]
        address = f"/v1/uploads/{large[0]['id']}"
        assert large[0] == large[1]
        assert self.ask("GET", f"{address}/parts") == {"parts": []}
        self.ask("DELETE", address)

    def _begin(self, file_name: str, size: int, **headers: str) -> Any:
        wanted = {"file_name": file_name, "size": size}
        return self.ask("POST", "/v1/uploads", json=wanted, headers=headers)

    def rename(self, job: ProcessingJob, speaker: str, name: str) -> None:
        """Rename a speaker that has a name, so that the note of the old name is removed."""
        given = {"speaker": speaker, "name": name}
        named = self.ask("PUT", f"/v1/jobs/{job.job_id}/speakers", json=given)
        assert name in named["names"].values()

    def search(self, job: ProcessingJob, speaker: str) -> list[dict[str, Any]]:
        asked = {"q": "problem", "key": job.key, "speaker": speaker}
        passages: list[dict[str, Any]] = self.ask("GET", "/v1/search", params=asked)["passages"]
        return passages
