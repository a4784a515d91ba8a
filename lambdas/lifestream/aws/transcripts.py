"""Read published transcripts. A process keeps those that it read last.

A page of a transcript needs all of it, because S3 cannot search in an object. 12 hours have 12 MB
of JSON, which take a Lambda function about a second to read and parse.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError
from cachetools import LRUCache

from lifestream.aws.artifacts import garbage_collection_paused
from lifestream.domain.transcript import Transcript

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_KEPT_BYTES = 48_000_000
"""Of their JSON: four times twelve hours. In memory, they take twice as much."""

NO_ETAG = '"none"'
"""No object has it."""


class Kept(NamedTuple):
    etag: str
    transcript: Transcript
    size: int


_kept: LRUCache[tuple[str, str], Kept] = LRUCache(MAX_KEPT_BYTES, getsizeof=lambda one: one.size)


def published_transcript(s3: S3Client, bucket: str, key: str) -> Transcript:
    """Return the transcript as it is now: S3 says if the one that is kept has changed.

    Raises ClientError.
    """
    place = bucket, key
    known = _kept.get(place)
    etag = known.etag if known else NO_ETAG
    try:
        answer = s3.get_object(Bucket=bucket, Key=key, IfNoneMatch=etag)
    except ClientError as error:
        if known and error.response["Error"]["Code"] == str(HTTPStatus.NOT_MODIFIED.value):
            return known.transcript
        _kept.pop(place, None)
        raise
    body = answer["Body"].read()
    with garbage_collection_paused():
        transcript = Transcript.model_validate_json(body)
    _kept.pop(place, None)
    if len(body) <= MAX_KEPT_BYTES:
        _kept[place] = Kept(answer["ETag"], transcript, len(body))
    return transcript
