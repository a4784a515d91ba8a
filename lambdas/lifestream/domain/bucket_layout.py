"""The layout of the bucket: every prefix that code, permissions and lifecycle rules use.

uploads/<name>                             videos; each new version of one is a job
jobs/<job id>/<step>/<artifact>            what the steps write for each other; expires
results/<name>.<job id>/<file>             what people read
index/<embedder>/<job id>…                 vectors of the built-in index
models/<model>/<file>                      weights for the container
voices/people/<hash>/<job id>-<speaker>.json  voiceprints that have a name
voices/jobs/<job id>.json                  names that people gave to the speakers of a job
voices/names/<hash>/<job id>-<speaker>     whose published results hold a name
holds/<job id>/<key>                       copies for legal holds, which never expire
erasures/open/<job id>.json                erasures that are not finished
erasures/receipts/<job id>.json            receipts of erasures, without content

The names are stored: a new layout needs a migration.
"""

from __future__ import annotations

import re

from lifestream.step_names import Step

UPLOADS = "uploads/"
FOLDER_OF_THE_API = "[0-9a-f]{16}/"
"""A pattern: the folder that each upload through the API has under `uploads/`."""
JOBS = "jobs/"
RESULTS = "results/"
INDEX = "index/"
MODELS = "models/"
VOICEPRINTS = "voices/"
NAMED_VOICEPRINTS = f"{VOICEPRINTS}people/"
SPEAKER_NAMES = f"{VOICEPRINTS}jobs/"
PUBLISHED_NAMES = f"{VOICEPRINTS}names/"
HOLDS = "holds/"
OPEN_ERASURES = "erasures/open/"
RECEIPTS = "erasures/receipts/"
CONTENTS = (UPLOADS, JOBS, RESULTS, INDEX, VOICEPRINTS)
"""Where the bucket holds something about a job, apart from erasures."""
_ID = "([0-9a-f]{32})"
_OWNED = re.compile(
    rf"(?:{JOBS}|{HOLDS}){_ID}/|{RESULTS}.*\.{_ID}/|{INDEX}.*/{_ID}\.json$"
    rf"|{SPEAKER_NAMES}{_ID}\.json$|{VOICEPRINTS}(?:people|names)/[^/]+/{_ID}-",
    re.DOTALL,
)


def artifacts_of_job(job_id: str) -> str:
    return f"{JOBS}{job_id}/"


def copies_of_job(job_id: str) -> str:
    return f"{HOLDS}{job_id}/"


def artifacts_of_step(step: Step) -> str:
    """Return a pattern for permissions: what the step writes for any job."""
    return f"{JOBS}*/{step}/"


def artifact_key(job_id: str, step: Step, name: str) -> str:
    return f"{artifacts_of_job(job_id)}{step}/{name}"


def job_id_in(key: str) -> str | None:
    """Return the id of the job that an object is about, unless it is an upload or a model."""
    found = _OWNED.match(key)
    return found[found.lastindex] if found and found.lastindex else None
