"""Run the embedded AWS: MiniStack with our patches, on one loopback port.

`session` starts this process and writes the root's credentials to its standard input, which other
processes cannot read. The process ends when its standard input is closed, so that it never
outlives its parent, even if that one is killed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import Any

from cdk_app.local.credentials import Credentials
from cdk_app.local.ministack.forked import import_in_background
from cdk_app.local.ministack.lambda_workers import SUMMARIZING


def main() -> None:
    """Start the server with the options in `argv[1]`.

    The options are a JSON object: `images` and `settings` (see `containers`), `wait_scale` (see
    `asl.executor`), `workers` (see `lambda_workers`), `decisions` (see `permissions`) and
    `dashboard` (see `dashboard_files`).
    """
    options = json.loads(sys.argv[1])
    sys.argv = sys.argv[:1]
    root = Credentials(**json.loads(sys.stdin.buffer.readline()))
    [summarizing] = SUMMARIZING.values()
    import_in_background(summarizing if options["summarizes_here"] else ("openai",))
    _set_keys(root)
    from ministack import app
    from ministack.services import ecs

    _patch(options, root, int(os.environ["GATEWAY_PORT"]))
    threading.Thread(target=_follow_parent, daemon=True).start()
    try:
        app.main()
    finally:
        ecs._docker.stop_all()  # noqa: SLF001


def _set_keys(root: Credentials) -> None:
    """Put the root's keys where MiniStack reads them, and no process inherits them."""
    keys = {"AWS_ACCESS_KEY_ID": root.access_key, "AWS_SECRET_ACCESS_KEY": root.secret_key}
    os.environ |= keys
    for name in keys:
        os.unsetenv(name)


def _patch(options: dict[str, Any], root: Credentials, port: int) -> None:
    from cdk_app.local.ministack import (
        cloud_formation,
        containers,
        dashboard_files,
        guard,
        index_queries,
        item_attributes,
        lambda_workers,
        loopback,
        permissions,
        public_paths,
        refreshed_tokens,
        step_functions,
        version_ranges,
    )

    endpoint = f"http://127.0.0.1:{port}"
    for patch in (loopback, version_ranges, index_queries, item_attributes):
        patch.install()
    permissions.install(decisions=options["decisions"])
    lambda_workers.install(
        max_workers=options["workers"], summarizes_here=options["summarizes_here"]
    )
    cloud_formation.install(endpoint=endpoint)
    containers.install(images=options["images"], endpoint=endpoint, settings=options["settings"])
    step_functions.install(wait_scale=options["wait_scale"])
    refreshed_tokens.install()
    public_paths.install()
    dashboard = dashboard_files.DashboardFiles(**options["dashboard"])
    guard.install(credentials=root, port=port, dashboard=dashboard)


def _follow_parent() -> None:
    """Warm the workers when the parent writes a line, which means that the stack is deployed. End
    the process at the end of the input, which means that the parent has ended."""
    from cdk_app.local.ministack import lambda_workers

    for _ in sys.stdin.buffer:
        threading.Thread(target=lambda_workers.warm, daemon=True).start()
    os.kill(os.getpid(), signal.SIGTERM)
