"""The error names of refused states agree with AWS's own models."""

from __future__ import annotations

import botocore.session
import pytest

from cdk_app.local.asl.validation import RESOURCES
from cdk_app.local.ministack.state_machine_role import NEEDED, REFUSED


def test_every_integration_of_the_executor_asks_for_permission() -> None:
    assert set(NEEDED) == set(RESOURCES)


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("lambda", "Invoke"),
        ("sqs", "SendMessage"),
        ("dynamodb", "UpdateItem"),
        ("dynamodb", "GetItem"),
        ("ecs", "RunTask"),
    ],
)
def test_a_refusal_has_its_own_name_only_where_the_model_of_the_service_knows_it(
    service: str, operation: str
) -> None:
    model = botocore.session.get_session().get_service_model(service)
    errors = {shape.name for shape in model.operation_model(operation).error_shapes}

    assert REFUSED[service].endswith(".AccessDeniedException") == (
        "AccessDeniedException" in errors
    )
