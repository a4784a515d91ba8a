"""Send schemathesis's requests to the API of the local stack. `make fuzz FAMILY=api` runs it.

    python tests/fuzz/fuzz_api.py SCHEMATHESIS SEED EXAMPLES

EXAMPLES are those of each operation.

Exits with schemathesis's exit code, which is not 0 if an answer does not fit docs/openapi.json, or
with 1 if a process used too much memory.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from api_tokens import signed_in
from builders import SUBMITTED, a_job
from cdk_app.local.session import EmbeddedAws, embedded_aws
from cdk_app.local.synthesis import ROOT
from cdk_app.local.users import create_user
from fuzz.fuzzing import children_megabytes
from lifestream.aws.job_table import JobTable

JOBS = 30
REQUEST_SECONDS = "35"
"""API Gateway itself waits for 30 seconds."""
MAX_MEGABYTES = 1_024
"""The memory of the API's function."""


def main() -> int:
    schemathesis, seed, examples = sys.argv[1:]
    with embedded_aws() as aws:
        accept_jobs(aws)
        token = signed_in(aws, create_user(aws, "admin")).access
        command = [
            str(Path(schemathesis).absolute()), "run", str(ROOT / "docs" / "openapi.json"),
            "--url", aws.api_url, "--header", f"Authorization: Bearer {token}",
            "--max-examples", examples, "--seed", seed, "--request-timeout", REQUEST_SECONDS,
        ]  # fmt: skip
        status = subprocess.run(command, cwd=Path(__file__).parent, check=False).returncode
    megabytes = children_megabytes()
    sys.stdout.write(f"The largest process used {megabytes} MB\n")
    return status or int(megabytes > MAX_MEGABYTES)


def accept_jobs(aws: EmbeddedAws) -> None:
    """Write rows of jobs, so that there is something to list and to read."""
    table = aws.session().resource("dynamodb").Table(aws.outputs["JobsTableName"])
    for number in range(JOBS):
        job = a_job(key=f"uploads/talk-{number}.mp4")
        later = SUBMITTED + timedelta(seconds=number)
        JobTable(table).accept(job.model_copy(update={"submitted_at": later}))


if __name__ == "__main__":
    sys.exit(main())
