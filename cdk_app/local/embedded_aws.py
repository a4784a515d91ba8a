"""The process that is the embedded AWS: MiniStack with our shims, on one loopback port.

Started by `session`. It ends when its standard input does, so it never outlives whoever
started it, however that one ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading


def main() -> None:
    """`argv[1]`: JSON of `images` (see shims.containers), `settings`, `wait_scale`, `workers`,
    `decisions` (see shims.permissions)."""
    options = json.loads(sys.argv[1])
    sys.argv = sys.argv[:1]
    from ministack import app
    from ministack.services import ecs

    from cdk_app.local.shims import (
        cloud_formation,
        containers,
        lambda_workers,
        loopback,
        permissions,
        step_functions,
    )

    endpoint = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"
    loopback.install()
    permissions.install(decisions=options["decisions"])
    lambda_workers.install(max_workers=options["workers"])
    cloud_formation.install()
    containers.install(images=options["images"], endpoint=endpoint, settings=options["settings"])
    step_functions.install(wait_scale=options["wait_scale"])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        app.main()
    finally:
        ecs._docker.stop_all()  # noqa: SLF001


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
