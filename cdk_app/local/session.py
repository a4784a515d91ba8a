"""Start the embedded AWS, deploy the stack to it, and clean up afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError

import boto3
from botocore.config import Config

from cdk_app.dashboard_build import DIST
from cdk_app.local.credentials import Credentials
from cdk_app.local.dashboard_headers import headers_by_pattern
from cdk_app.local.deployment import deploy
from cdk_app.local.model_weights import gather
from cdk_app.local.synthesis import ROOT, Assembly, synthesize
from lifestream.settings import SpeechSettings, SummarySettings, VoiceSettings

ACCOUNT = "000000000000"
REGION = "us-east-1"
START_SECONDS = 60
STOP_SECONDS = 10
MAX_WORKERS = max(4, 2 * (os.cpu_count() or 1))
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE", "OMP_NUM_THREADS")
# Settings in the user's environment that steps and container get unless the template sets them.
# API keys are not among them, because they go into the secret.
SETTINGS = (
    *SpeechSettings.variables(),
    *VoiceSettings.variables(),
    *SummarySettings.variables(),
    "EMBEDDING_ENGINE",
    "VECTOR_INDEX",
    "PINECONE_INDEX_NAME",
    "PINECONE_ENVIRONMENT",
    "PINECONE_NAMESPACE",
    "MAX_DURATION_HOURS",
    "POWERTOOLS_LOG_LEVEL",
)


@dataclass(frozen=True)
class EmbeddedAws:
    """A running deployment. `environment` has all settings that the client needs."""

    endpoint: str
    root: Credentials
    outputs: dict[str, str]
    log: Path
    models: Path
    whisper_model: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.root.access_key,
            "AWS_SECRET_ACCESS_KEY": self.root.secret_key,
            "AWS_SESSION_TOKEN": "",  # the user's own token would be signed too, and rejected
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_S3_BUCKET_NAME": self.outputs["AwsS3BucketName"],
            "AWS_SQS_QUEUE_URL": self.outputs["AwsSqsQueueUrl"],
            "AWS_SQS_DLQ_URL": self.outputs["AwsSqsDlqUrl"],
            "JOBS_TABLE_NAME": self.outputs["JobsTableName"],
            "STATE_MACHINE_ARN": self.outputs["StateMachineArn"],
            "SLOTS_TABLE_NAME": self.outputs["SlotsTableName"],
            "API_KEYS_SECRET": self.outputs["ApiKeysSecret"],
            "ERASER_FUNCTION": self.outputs["EraserFunction"],
            "RECEIPT_KEY_SECRET": self.outputs["ReceiptKeySecret"],
            "CLUSTER_NAME": self.outputs["ClusterName"],
            "MODELS_DIR": str(self.models),
            "WHISPER_MODEL": self.whisper_model,
            "HOST_HOUR_DOLLARS": self.outputs["HostHourDollars"],
        }

    @property
    def api_url(self) -> str:
        """The address of API, sign-in pages and dashboard, which have one each on AWS."""
        return self.endpoint

    def session(self) -> boto3.Session:
        return LocalSession(self.endpoint, self.root)


@dataclass(frozen=True)
class Options:
    """How to run the embedded AWS.

    state: a folder that keeps everything between runs; None keeps nothing
    wait_scale: a factor for the state machine's waits, for tests
    dockerfile: replaces the container's Dockerfile, for benchmarks
    decisions: a file for IAM's decisions (see ministack.permissions), for tests
    """

    port: int | None = None
    state: Path | None = None
    wait_scale: float = 1.0
    settings: Mapping[str, str] = field(default_factory=dict)
    dockerfile: Path | None = None
    decisions: Path | None = None


@contextmanager
def embedded_aws(options: Options = Options()) -> Iterator[EmbeddedAws]:
    """Run the embedded AWS with the deployed stack until the block ends."""
    with _scratch() as scratch:
        settings = _settings(options)
        whisper_model = gather(scratch / "models", settings)
        settings["MODELS_DIR"] = str(scratch / "models")
        assembly = synthesize(whisper_model)
        port = options.port or _port_of(options.state)
        endpoint = f"http://127.0.0.1:{port}"
        root = Credentials.load_or_create(options.state) if options.state else Credentials.random()
        log = scratch / "embedded-aws.log"
        argument = _argument(assembly, options, settings)
        process = _start(argument, _process_environment(port, scratch, options, settings), log)
        try:
            _send_credentials(process, root)
            _wait_until_ready(process, endpoint, log)
            outputs = deploy(assembly, LocalSession(endpoint, root), account=ACCOUNT)
            _write(process, b"deployed\n")
            yield EmbeddedAws(endpoint, root, outputs, log, scratch / "models", whisper_model)
        finally:
            _end(process)


@contextmanager
def _scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="lifestream-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(
    argument: Mapping[str, Any], environment: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "cdk_app.local.ministack", json.dumps(argument)],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


class LocalSession(boto3.Session):
    """A boto3 session whose clients and resources use the embedded AWS."""

    def __init__(self, endpoint: str, root: Credentials) -> None:
        super().__init__(
            aws_access_key_id=root.access_key,
            aws_secret_access_key=root.secret_key,
            region_name=REGION,
        )
        self._endpoint = endpoint

    def client(self, service_name: str, **options: Any) -> Any:  # type: ignore[override]
        """Create a client with the local endpoint. boto3 creates resources with it too."""
        config = Config(s3={"addressing_style": "path"}, inject_host_prefix=False)
        local = {"endpoint_url": self._endpoint, "config": config}
        return super().client(service_name, **(options | local))  # type: ignore[call-overload]  # boto3-stubs list services by literal


def _argument(assembly: Assembly, options: Options, settings: Mapping[str, str]) -> dict[str, Any]:
    images = assembly.images
    if options.dockerfile:
        other = {"context": str(ROOT), "dockerfile": str(options.dockerfile)}
        images = dict.fromkeys(images, other)
    return {
        "images": images,
        "settings": dict(settings),
        "wait_scale": options.wait_scale,
        "workers": MAX_WORKERS,
        "summarizes_here": not os.environ.get("OPENAI_API_KEY"),
        "decisions": str(options.decisions) if options.decisions else None,
        "dashboard": {"folder": str(DIST), "headers": headers_by_pattern(assembly.template)},
    }


def _settings(options: Options) -> dict[str, str]:
    """Return the settings for steps and container. The speech engines detect their device."""
    return {"SPEECH_DEVICE": "auto"} | own_settings() | dict(options.settings)


def own_settings() -> dict[str, str]:
    """Return the user's own settings for steps and container."""
    return {name: os.environ[name] for name in SETTINGS if name in os.environ}


def _process_environment(
    port: int, scratch: Path, options: Options, settings: Mapping[str, str]
) -> dict[str, str]:
    """Return the process's environment: of ours only what is listed, without keys and AWS
    profiles."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    (scratch / "tmp").mkdir()
    kept = (
        {
            "PERSIST_STATE": "1",
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(options.state / "s3"),
        }
        if options.state
        else {}
    )
    return {
        **inherited,
        **settings,
        **kept,
        "STATE_DIR": str(options.state or scratch / "state"),  # also for Cognito's private keys
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_ACCOUNT_CONCURRENCY": "100000",
        "LOG_LEVEL": "WARNING",  # of the embedded AWS itself
        "POWERTOOLS_LOG_LEVEL": os.environ.get("POWERTOOLS_LOG_LEVEL", "INFO"),
        "TMPDIR": str(scratch / "tmp"),
        "PYTHONPATH": str(ROOT),
    }


def _port_of(state: Path | None) -> int:
    """Return a free port, or the state's: its queues have URLs, so the port must not change."""
    if state is None:
        return _free_port()
    state.mkdir(parents=True, exist_ok=True)
    remembered = state / "port"
    if not remembered.exists():
        remembered.write_text(str(_free_port()))
    return int(remembered.read_text())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _send_credentials(process: subprocess.Popen[bytes], root: Credentials) -> None:
    """Write the credentials to the process's input, because other processes could read its
    arguments and environment."""
    _write(process, json.dumps(asdict(root)).encode() + b"\n")


def _write(process: subprocess.Popen[bytes], line: bytes) -> None:
    if process.stdin:
        with suppress(BrokenPipeError):  # it has ended already; its log says why
            process.stdin.write(line)
            process.stdin.flush()


def _wait_until_ready(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the embedded AWS did not start:\n{log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2):  # noqa: S310  # loopback
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"the embedded AWS was not ready after {START_SECONDS} seconds")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the process's input, so that it stops its containers, and kill what remains of its
    process group."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
