"""Store the names that people give to voices, per recording and permanently.

`voices/people/<hash of the name>/<job id>-<speaker>.json` is a voice with its name.
`voices/jobs/<job id>.json` holds the names of the speakers of one recording.
`voices/names/<hash of the name>/<job id>-<speaker>` marks a job whose results contain the name, so
that a search for a person lists one prefix and reads no recording.
Deleting the prefix `voices/` deletes every voiceprint.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from lifestream.aws.objects import objects_below, read_if_present
from lifestream.domain.bucket_layout import NAMED_VOICEPRINTS, PUBLISHED_NAMES, SPEAKER_NAMES
from lifestream.domain.speech.speakers import folded_name
from lifestream.domain.speech.voiceprints import NamedVoiceprint

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NAMES: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])


class VoiceprintStore:
    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def known(self) -> list[NamedVoiceprint]:
        bodies = (self._read(key) for key in self._keys(NAMED_VOICEPRINTS))
        return [NamedVoiceprint.model_validate_json(body) for body in bodies if body]

    def remember(self, voice: NamedVoiceprint) -> None:
        """Store a named voiceprint. A voice that had another name before gets the new one."""
        key = f"{voice.job_id}-{voice.speaker}.json"
        for other in self._keys(NAMED_VOICEPRINTS):
            if other.endswith(f"/{key}"):
                self._s3.delete_object(Bucket=self._bucket, Key=other)
        self._write(f"{_folder(voice.name)}{key}", voice.model_dump_json())

    def forget(self, name: str) -> int:
        """Delete a person's voiceprints. Return how many there were."""
        keys = self._keys(_folder(name))
        for key in keys:
            self._s3.delete_object(Bucket=self._bucket, Key=key)
        return len(keys)

    def names_given(self, job_id: str) -> dict[str, str]:
        """Return speaker id → name."""
        body = self._read(f"{SPEAKER_NAMES}{job_id}.json")
        return NAMES.validate_json(body) if body else {}

    def give_name(self, job_id: str, speaker: str, name: str) -> dict[str, str]:
        names = self.names_given(job_id) | {speaker: name}
        self._write(f"{SPEAKER_NAMES}{job_id}.json", NAMES.dump_json(names).decode())
        return names

    def note_names(self, job_id: str, names: Mapping[str, str]) -> None:
        """Note which speakers of a job have a name in its results. `names`: speaker id → name."""
        for speaker, name in names.items():
            self._write(_note(name, job_id, speaker), "{}")

    def remove_note(self, job_id: str, speaker: str, name: str) -> None:
        self._s3.delete_object(Bucket=self._bucket, Key=_note(name, job_id, speaker))

    def jobs_with(self, name: str) -> dict[str, tuple[str, ...]]:
        """Return job id → the speakers that were published with this name, ignoring case.

        A later publication may have removed the name.
        """
        found: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
        for key in self._keys(_note(name)):
            job_id, _, speaker = key.rpartition("/")[2].partition("-")
            found[job_id] += (speaker,)
        return dict(found)

    def _keys(self, prefix: str) -> list[str]:
        return [entry["Key"] for entry in objects_below(self._s3, self._bucket, prefix)]

    def _read(self, key: str) -> bytes | None:
        return read_if_present(self._s3, self._bucket, key)

    def _write(self, key: str, body: str) -> None:
        self._s3.put_object(
            Bucket=self._bucket, Key=key, Body=body.encode(), ContentType="application/json"
        )


def _folder(name: str) -> str:
    return f"{NAMED_VOICEPRINTS}{_hash(name)}/"


def _note(name: str, job_id: str = "", speaker: str = "") -> str:
    """Return the key of a note or, without a job id, the prefix of all notes of the name."""
    prefix = f"{PUBLISHED_NAMES}{_hash(folded_name(name))}/"
    return f"{prefix}{job_id}-{speaker}" if job_id else prefix


def _hash(name: str) -> str:
    """Return a hash of the name: access logs contain object keys, and must not contain names."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]
