"""Patch MiniStack 1.5.33 where it lacks something or behaves differently from AWS.

Each patch checks that the code it replaces exists, so that another version of MiniStack fails at
the start instead of silently behaving differently.

server              the process of the embedded AWS: MiniStack with all patches
forked              start scripts as forks of a process with their packages
guard               reject requests without a valid signature
signatures          verify Signature Version 4
public_paths        API Gateway and Cognito: serve the API and the sign-in pages
loopback            IAM: treat connections over loopback as TLS
version_ranges      S3: answer requests for a range of an object version
index_queries       DynamoDB: read one page of an index instead of sorting all of it
item_attributes     IAM: find the attributes that a write to DynamoDB names
refreshed_tokens    Cognito: keep the groups of a user in refreshed tokens
permissions         IAM: check calls between services too, and log decisions
lambda_workers      Lambda: error names, a limit on workers, random credentials, warm workers, forks
cloud_formation     CloudFormation: resource types that have no effect on one machine
containers          ECS: run tasks as subprocesses, with the credentials of the task role
step_functions      Step Functions: our executor, ecs:runTask.sync, idempotent StartExecution
state_machine_role  Step Functions: check the permissions of the state machine's role
"""

from __future__ import annotations


class UnsupportedMiniStackError(RuntimeError):
    """The installed MiniStack is not the version that the patches were written for."""


def require(condition: object, patched: str) -> None:
    """Raise UnsupportedMiniStackError if the code that is `patched` is not as expected."""
    if not condition:
        raise UnsupportedMiniStackError(
            f"MiniStack has changed: {patched}. Install ministack==1.5.33."
        )
