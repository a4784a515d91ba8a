"""The comparison of `make checkov` reports what is new and what is gone."""

from __future__ import annotations

from checkov.check_templates import TABLE, Finding, accepted, differences

ROWS = """
| Check | What it wants | Templates | Resources | Reason |
|---|---|---|---|---|
| CKV_AWS_1 | logs | all | `Bucket`, `*Logs` | Because. |
| CKV_AWS_2 | a key | strict | `Table` | Because. |
"""
KNOWN = [
    Finding("CKV_AWS_1", "default-gpu", "Bucket"),
    Finding("CKV_AWS_1", "strict-cpu", "ApiLogs"),
    Finding("CKV_AWS_2", "strict-gpu", "Table"),
]


def test_accepted_findings_are_no_difference() -> None:
    assert list(differences(KNOWN, list(accepted(ROWS)))) == []


def test_a_new_finding_and_a_row_without_one_are_reported() -> None:
    new = [Finding("CKV_AWS_2", "default-gpu", "Table"), Finding("CKV_AWS_3", "default-gpu", "X")]

    reported = list(differences([*KNOWN[:2], *new], list(accepted(ROWS))))

    assert reported == [
        "not in docs/checkov.md: CKV_AWS_2 default-gpu Table",
        "not in docs/checkov.md: CKV_AWS_3 default-gpu X",
        "no longer found: CKV_AWS_2 Table",
    ]


def test_every_row_has_resources() -> None:
    rows = list(accepted(TABLE.read_text()))

    assert len(rows) > 10
    assert all(row.resources for row in rows)
