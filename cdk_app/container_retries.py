"""What happens when the container fails: it is started again, or waits for a host.

Step Functions calls both failures States.TaskFailed; only the Cause, ECS's description of the
task, tells them apart. So a Catch reads it, and each failure has a budget of its own: a crash
is expensive and rarely mends itself, a missing host costs nothing and comes sooner or later.
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
# RunTask is refused: `failures` in its answer, throttling, no Fargate capacity, server errors.
# https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html
REFUSED = (
    "AmazonECS.Unknown",
    "ECS.AmazonECSException",
    "ECS.ServerException",
    "ECS.SdkClientException",
)
# The same for names that also stand for mistakes of ours.
REFUSED_FOR_NOW = "capacity|Request limit exceeded"
# Why a task does not start although it has a host, or never will: these need somebody.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
OWN_FAULT = (
    "Cannot(Pull|Start|Create|Inspect)|ResourceInitializationError|ResourceNotFoundException"
    "|ContainerRuntime|ncompatible|not compatible|UnauthorizedOperation|AccessDenied"
)


def retry_container(
    scope: Construct, state: sfn.TaskStateBase, *, host: str, gave_up: sfn.State
) -> sfn.TaskStateBase:
    """`host`: what the container runs on, for people. `gave_up` gets every failure for good."""
    state.add_catch(
        _choice(scope, state, host, gave_up),
        errors=["States.TaskFailed"],
        outputs="{% $states.input %}",
        assign={
            "container_error": ERROR,
            "container_cause": CAUSE,
            "is_host_missing": f"{{% {is_host_missing()} %}}",
        },
    )
    return state.add_catch(gave_up, errors=["States.ALL"], outputs=failure_of(state.id))


def is_host_missing() -> str:
    """By patterns in the Cause's text: `$parse` would fail, uncaught, if it is no JSON."""
    error, cause = "$states.errorOutput.Error", "($states.errorOutput.Cause & '')"
    refused = ", ".join(f"'{name}'" for name in REFUSED)
    is_refused = f"{error} in [{refused}]"
    is_refused_for_now = f"$contains({error}, /^ECS/) and $contains({cause}, /{REFUSED_FOR_NOW}/)"
    is_not_started = rf'$contains({cause}, /"StopCode"\s*:\s*"TaskFailedToStart"/)'
    is_own_fault = f"$contains({cause}, /{OWN_FAULT}/)"
    return f"{is_refused} or {is_refused_for_now} or ({is_not_started} and $not({is_own_fault}))"


def _choice(
    scope: Construct, state: sfn.TaskStateBase, host: str, gave_up: sfn.State
) -> sfn.Choice:
    why = {"error": "{% $container_error %}", "cause": "{% $container_cause %}"}
    no_host = why | {"error": NoHostError.__name__, "summary": f"no {host} was available"}
    return (
        sfn.Choice.jsonata(
            scope, "WhyContainerFailed", comment="A crash, or a host that did not come?"
        )
        .when(
            sfn.Condition.jsonata(f"{{% $is_host_missing and $host_waits >= {HOST_WAITS} %}}"),
            gave_up,
            outputs=failure_of(state.id) | no_host,
        )
        .when(
            sfn.Condition.jsonata(f"{{% $not($is_host_missing) and $crashes >= {RESTARTS} %}}"),
            gave_up,
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
        comment="The container ended too early: start it again",
        time=sfn.WaitTime.duration(RESTART_AFTER),
        assign={"crashes": "{% $crashes + 1 %}"},
    )
    wait.next(state)
    return wait
