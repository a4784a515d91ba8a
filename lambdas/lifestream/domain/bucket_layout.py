"""The layout of the bucket: every prefix that code, permissions and lifecycle rules use.

uploads/<name>                             videos; each new version of one is a job
jobs/<job id>/<step>/<artifact>            what the steps write for each other; expires
results/<name>.<job id>/<file>             what people read
index/<embedder>/<job id>…                 vectors of the built-in index
models/<model>/<file>                      weights for the container
voices/people/<hash>/<job id>-<speaker>.json  voiceprints that have a name
voices/jobs/<job id>.json                  names that people gave to the speakers of a job
voices/names/<hash>/<job id>-<speaker>     whose published results hold a name

The names are stored: a new layout needs a migration.
"""

from __future__ import annotations

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


def artifacts_of_job(job_id: str) -> str:
    return f"{JOBS}{job_id}/"


def artifacts_of_step(step: Step) -> str:
    """Return a pattern for permissions: what the step writes for any job."""
    return f"{JOBS}*/{step}/"


def artifact_key(job_id: str, step: Step, name: str) -> str:
    return f"{artifacts_of_job(job_id)}{step}/{name}"
