"""S3: a range of a version of an object. MiniStack answers with the whole version.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

from typing import Any

from cdk_app.local.ministack import require

Answer = tuple[int, dict[str, str], bytes]
OK, PARTIAL_CONTENT, NOT_SATISFIABLE = 200, 206, 416
CHECKSUM_MODE = "x-amz-checksum-mode"
"""The checksum is that of the whole object: a range comes without."""


def install() -> None:
    from ministack.services import s3

    require(hasattr(s3, "_get_object"), "S3's GetObject")
    require(hasattr(s3, "_parse_range"), "S3's reading of a range")
    whole = s3._get_object  # noqa: SLF001

    def get_object(
        bucket: str, key: str, headers: dict[str, str], query: dict[str, Any] | None = None
    ) -> Answer:
        asked = headers.get("range")
        kept = {n: v for n, v in headers.items() if not asked or n.lower() != CHECKSUM_MODE}
        answer: Answer = whole(bucket, key, kept, query)
        status, answered, body = answer
        if status != OK or not asked:
            return answer
        found = s3._parse_range(asked, len(body))  # noqa: SLF001
        if not found:
            refused: Answer = s3._error("InvalidRange", "It is not in the object", NOT_SATISFIABLE)  # noqa: SLF001
            return refused
        start, end = found
        ranged = {
            "Content-Length": str(end - start + 1),
            "Content-Range": f"bytes {start}-{end}/{len(body)}",
        }
        return PARTIAL_CONTENT, answered | ranged, body[start : end + 1]

    s3._get_object = get_object  # noqa: SLF001
