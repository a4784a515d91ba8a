"""What MiniStack 1.5.33 needs to behave like AWS here. Each shim asserts the place it hooks
into, so that another version fails at the start instead of behaving differently in silence.

guard            only signed requests of this machine are answered
loopback         IAM: loopback counts as TLS
version_ranges   S3: a range of a version
item_attributes  IAM: which attributes of an item a write names
permissions      IAM: what a service does for a role is checked too; decisions can be written down
lambda_workers   a handler's own error name; a limit on workers; credentials nobody can guess;
                 warm workers for the later steps
cloud_formation  resource types without a local meaning
containers       ECS tasks are subprocesses, with their task role's credentials
step_functions   our executor; ecs:runTask.sync; idempotent StartExecution
state_machine_role  what a state needs of the role, and the error when it does not have it
"""

from __future__ import annotations


class SeamMovedError(RuntimeError):
    """MiniStack is not the version that this shim was written for."""


def require(condition: object, seam: str) -> None:
    if not condition:
        raise SeamMovedError(f"MiniStack has changed: {seam}; install ministack==1.5.33")
