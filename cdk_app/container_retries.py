"""Restart the container after a crash, or wait until a host is available.

Step Functions reports both failures as States.TaskFailed; only the Cause, ECS's description of
the task, distinguishes them. So a Catch reads the Cause, and each failure has its own number of
retries: a crash is expensive and often repeats itself; a missing host costs nothing, and one
becomes available sooner or later.
"""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app.guards import CAUSE, ERROR, failure_of
from lifestream.errors import NoHostError

COUNTERS = {"crashes": 0, "host_waits": 0}
RESTARTS = 2
RESTART_AFTER = Duration.seconds(10)
HOST_WAITS = 40
HOST_WAIT = Duration.minutes(5)
# RunTask failed: `failures` in its response, throttling, no Fargate capacity, server errors.
# https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html
RUN_TASK_ERRORS = (
    "AmazonECS.Unknown",
    "ECS.AmazonECSException",
    "ECS.ServerException",
    "ECS.SdkClientException",
)
# Causes of transient errors whose names can also mean a configuration error.
TRANSIENT_CAUSES = "capacity|Request limit exceeded"
# Causes of failed starts that a host would not solve: a person has to correct the configuration.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
CONFIGURATION_CAUSES = (
    "Cannot(Pull|Start|Create|Inspect)|ResourceInitializationError|ResourceNotFoundException"
    "|ContainerRuntime|ncompatible|not compatible|UnauthorizedOperation|AccessDenied"
)


def retry_container(
    scope: Construct, state: sfn.TaskStateBase, *, host: str, on_failure: sfn.State
) -> sfn.TaskStateBase:
    """Add the retries to `state`. A failure that is not retried goes to `on_failure`.

    `host` is what the container runs on, as messages name it.
    """
    state.add_catch(
        _choice(scope, state, host, on_failure),
        errors=["States.TaskFailed"],
        outputs="{% $states.input %}",
        assign={
            "container_error": ERROR,
            "container_cause": CAUSE,
            "is_host_missing": f"{{% {is_host_missing()} %}}",
        },
    )
    return state.add_catch(on_failure, errors=["States.ALL"], outputs=failure_of(state.id))


def is_host_missing() -> str:
    """Return a JSONata expression that is true if no host was available.

    It matches patterns in the text of the Cause. `$parse` would fail the execution, uncaught, if
    the Cause is not JSON.
    """
    error, cause = "$states.errorOutput.Error", "($states.errorOutput.Cause & '')"
    names = ", ".join(f"'{name}'" for name in RUN_TASK_ERRORS)
    is_refused = f"{error} in [{names}]"
    is_transient = f"$contains({error}, /^ECS/) and $contains({cause}, /{TRANSIENT_CAUSES}/)"
    is_not_started = rf'$contains({cause}, /"StopCode"\s*:\s*"TaskFailedToStart"/)'
    is_misconfigured = f"$contains({cause}, /{CONFIGURATION_CAUSES}/)"
    return f"{is_refused} or {is_transient} or ({is_not_started} and $not({is_misconfigured}))"


def _choice(
    scope: Construct, state: sfn.TaskStateBase, host: str, on_failure: sfn.State
) -> sfn.Choice:
    why = {"error": "{% $container_error %}", "cause": "{% $container_cause %}"}
    no_host = why | {"error": NoHostError.__name__, "summary": f"no {host} was available"}
    return (
        sfn.Choice.jsonata(
            scope, "WhyContainerFailed", comment="Did the container crash, or was there no host?"
        )
        .when(
            sfn.Condition.jsonata(f"{{% $is_host_missing and $host_waits >= {HOST_WAITS} %}}"),
            on_failure,
            outputs=failure_of(state.id) | no_host,
        )
        .when(
            sfn.Condition.jsonata(f"{{% $not($is_host_missing) and $crashes >= {RESTARTS} %}}"),
            on_failure,
            outputs=failure_of(state.id) | why,
        )
        .when(sfn.Condition.jsonata("{% $is_host_missing %}"), _wait_for_host(scope, state, host))
        .otherwise(_restart(scope, state))
    )


def _wait_for_host(scope: Construct, state: sfn.TaskStateBase, host: str) -> sfn.Wait:
    seconds = HOST_WAIT.to_seconds()
    wait = sfn.Wait.jsonata(
        scope,
        "WaitForHost",
        comment=f"No {host} is available at the moment",
        time=sfn.WaitTime.seconds(f"{{% $ceil({seconds} * (1 - $random() / 2)) %}}"),
        assign={"host_waits": "{% $host_waits + 1 %}"},
    )
    wait.next(state)
    return wait


def _restart(scope: Construct, state: sfn.TaskStateBase) -> sfn.Wait:
    wait = sfn.Wait.jsonata(
        scope,
        "WaitBeforeRestart",
        comment="The container failed: start it again",
        time=sfn.WaitTime.duration(RESTART_AFTER),
        assign={"crashes": "{% $crashes + 1 %}"},
    )
    wait.next(state)
    return wait
