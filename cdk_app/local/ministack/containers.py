"""Patch ECS: run a container as a subprocess, with the Dockerfile's entry point.

MiniStack uses Docker through one client object, which is replaced by one that starts processes.
A task gets the credentials of its task role, so that the template's policies apply to it too.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from cdk_app.local.dockerfile import ImageStart, read_dockerfile
from cdk_app.local.ministack import require
from cdk_app.local.ministack.forked import popen
from cdk_app.local.ministack.permissions import role_session

INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "OMP_NUM_THREADS")
STOP_SECONDS = 30


def install(*, images: dict[str, dict[str, str]], endpoint: str, settings: dict[str, str]) -> None:
    """Replace MiniStack's Docker client.

    `images` has the `context` and `dockerfile` of each image asset, by the asset's hash.
    `settings` are environment variables for every container.
    """
    from ministack.services import ecs

    require(hasattr(ecs, "_docker") and hasattr(ecs, "_build_run_kwargs"), "ECS's Docker client")
    ecs._docker = LocalContainers(images, settings | {"AWS_ENDPOINT_URL": endpoint})  # noqa: SLF001
    build = ecs._build_run_kwargs  # noqa: SLF001

    def build_with_role(
        container: dict[str, Any],
        definition: dict[str, Any],
        env: dict[str, str],
        *rest: Any,
    ) -> dict[str, Any]:
        if role := definition.get("taskRoleArn"):
            env |= role_session(role)
        arguments: dict[str, Any] = build(container, definition, env, *rest)
        arguments.pop("platform", None)
        return arguments

    ecs._build_run_kwargs = build_with_role  # noqa: SLF001


class LocalContainers:
    """The part of docker-py's client that MiniStack uses. `containers` and `images` are the
    object itself."""

    def __init__(self, images: dict[str, dict[str, str]], environment: dict[str, str]) -> None:
        self.containers = self.images = self
        self._images = images
        self._environment = environment
        self._running: dict[str, LocalContainer] = {}

    def run(  # docker-py's signature
        self,
        image: str,
        command: list[str] | None = None,
        *,
        environment: dict[str, str] | None = None,
        labels: dict[str, str] | None = None,
        name: str = "",
        **_: Any,  # limits and networks are ignored
    ) -> LocalContainer:
        start = self.pull(image)
        inherited = {key: os.environ[key] for key in INHERITED if key in os.environ}
        task_env = {key: str(value) for key, value in (environment or {}).items()}
        task_env.pop("AWS_CONTAINER_CREDENTIALS_FULL_URI", None)
        env = inherited | start.environment | task_env | self._environment
        container = LocalContainer(start.argv(command), env, start.folder, name, labels or {})
        self._running[container.id] = container
        return container

    def get(self, name: str) -> Any:  # containers and images share the method
        return self._running.get(name) or self.pull(name)

    def pull(self, image: str, **_: Any) -> ImageStart:
        asset_hash = image.rpartition(":")[2]
        if asset_hash not in self._images:
            raise RuntimeError(f"the image {image} is not among the synthesized assets")
        asset = self._images[asset_hash]
        return read_dockerfile(Path(asset["dockerfile"]), Path(asset["context"]))

    def list(self, **_: Any) -> list[LocalContainer]:
        return []

    def stop_all(self) -> None:
        for container in self._running.values():
            container.kill()


class LocalContainer:
    """The part of docker-py's container that MiniStack uses."""

    def __init__(
        self, argv: list[str], env: dict[str, str], folder: Path, name: str, labels: dict[str, str]
    ) -> None:
        self.name = name
        self.labels = labels
        self.attrs = {"NetworkSettings": {"Networks": {}}, "Labels": labels}
        self._process = popen(
            argv,
            env=env,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that its own children end with it
        )
        # 64 hexadecimal digits, as in Docker. ECS shows 12 as `runtimeId`: the process id.
        self.id = f"{self._process.pid:012x}{uuid.uuid4().hex:0<52}"
        self._lines: list[bytes] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def status(self) -> str:
        return "running" if self._process.poll() is None else "exited"

    def reload(self) -> None:
        """Do nothing: the status is always current."""

    def wait(self, **_: Any) -> dict[str, int]:
        code = self._process.wait()
        return {"StatusCode": code if code >= 0 else 128 - code}

    def stop(self, timeout: int = STOP_SECONDS, **_: Any) -> None:
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self._process.wait()

    def remove(self, **_: Any) -> None:
        """Do nothing: the container has no files."""

    def logs(self, *, stream: bool = False, **_: Any) -> bytes | Iterator[bytes]:
        return self._follow() if stream else b"".join(self._lines)

    def _follow(self) -> Iterator[bytes]:
        sent = 0
        while True:
            is_over = not self._reader.is_alive()
            yield from self._lines[sent:]
            sent = len(self._lines)
            if is_over:
                return
            self._reader.join(0.05)

    def _read(self) -> None:
        if self._process.stdout:
            self._lines.extend(iter(self._process.stdout.readline, b""))

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            with suppress(ProcessLookupError):  # it has just ended
                os.killpg(self._process.pid, number)
