"""Every case of the fault matrix is injected by a test, or has a written reason and a twin."""

from __future__ import annotations

import pytest
from generators import fault_matrix


@pytest.mark.parametrize("case", fault_matrix.CASES)
def test_every_case_is_injected_or_has_a_reason_and_a_twin(case: str) -> None:
    is_injected = case in {one.case for one in fault_matrix.injections()}
    has_reason = case in fault_matrix.NOT_INJECTED

    assert is_injected != has_reason
    if has_reason:
        assert fault_matrix.TWINS[case] in fault_matrix.tests_on_aws()


def test_no_test_claims_a_case_that_does_not_exist() -> None:
    claimed = {one.case for one in fault_matrix.injections()}

    assert len(fault_matrix.CASES) == 82
    assert claimed <= set(fault_matrix.CASES)
