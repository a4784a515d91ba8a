"""The process that is the embedded AWS: MiniStack with our shims, on one loopback port.

Started by `session`. The root's credentials arrive on its standard input, where other processes
cannot read them. It ends when its standard input does, so it never outlives whoever started it,
however that one ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading

from cdk_app.local.credentials import Credentials


def main() -> None:
    """`argv[1]`: JSON of `images` (see shims.containers), `settings`, `wait_scale`, `workers`,
    `decisions` (see shims.permissions)."""
    options = json.loads(sys.argv[1])
    sys.argv = sys.argv[:1]
    root = Credentials(**json.loads(sys.stdin.buffer.readline()))
    # MiniStack asks its environment who is root and with which secret.
    os.environ |= {"AWS_ACCESS_KEY_ID": root.access_key, "AWS_SECRET_ACCESS_KEY": root.secret_key}
    from ministack import app
    from ministack.services import ecs

    from cdk_app.local.ministack import (
        cloud_formation,
        containers,
        guard,
        item_attributes,
        lambda_workers,
        loopback,
        permissions,
        step_functions,
        version_ranges,
    )

    port = int(os.environ["GATEWAY_PORT"])
    endpoint = f"http://127.0.0.1:{port}"
    loopback.install()
    version_ranges.install()
    item_attributes.install()
    permissions.install(decisions=options["decisions"])
    lambda_workers.install(max_workers=options["workers"])
    cloud_formation.install()
    containers.install(images=options["images"], endpoint=endpoint, settings=options["settings"])
    step_functions.install(wait_scale=options["wait_scale"])
    guard.install(credentials=root, port=port)
    threading.Thread(target=_follow_parent, daemon=True).start()
    try:
        app.main()
    finally:
        ecs._docker.stop_all()  # noqa: SLF001


def _follow_parent() -> None:
    """A line says that the stack is deployed; the end of the input, that its parent has ended."""
    from cdk_app.local.ministack import lambda_workers

    for _ in sys.stdin.buffer:
        threading.Thread(target=lambda_workers.warm, daemon=True).start()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
