"""Patch S3: answer requests for a range of an object version, instead of with the whole version.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

from typing import Any

from cdk_app.local.ministack import require

Answer = tuple[int, dict[str, str], bytes]
OK, PARTIAL_CONTENT, NOT_SATISFIABLE = 200, 206, 416
CHECKSUM_MODE = "x-amz-checksum-mode"
"""This header requests the checksum. It is that of the whole object, so a range has none."""


def install() -> None:
    from ministack.services import s3

    require(hasattr(s3, "_get_object"), "S3's GetObject")
    require(hasattr(s3, "_parse_range"), "S3's parser of ranges")
    whole = s3._get_object  # noqa: SLF001

    def get_object(
        bucket: str, key: str, headers: dict[str, str], query: dict[str, Any] | None = None
    ) -> Answer:
        asked = headers.get("range")
        passed_on = {n: v for n, v in headers.items() if not asked or n.lower() != CHECKSUM_MODE}
        answer: Answer = whole(bucket, key, passed_on, query)
        status, answered, body = answer
        if status != OK or not asked:
            return answer
        found = s3._parse_range(asked, len(body))  # noqa: SLF001
        if not found:
            message = "The range is not in the object"
            refused: Answer = s3._error("InvalidRange", message, NOT_SATISFIABLE)  # noqa: SLF001
            return refused
        start, end = found
        ranged = {
            "Content-Length": str(end - start + 1),
            "Content-Range": f"bytes {start}-{end}/{len(body)}",
        }
        return PARTIAL_CONTENT, answered | ranged, body[start : end + 1]

    s3._get_object = get_object  # noqa: SLF001
