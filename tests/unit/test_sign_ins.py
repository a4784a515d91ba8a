"""Which deployment a command uses, and what is remembered of a sign-in."""

from __future__ import annotations

import socket
import stat
import threading
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

from lifestream.client.aws_deployment import AwsDeployment
from lifestream.client.commands import app
from lifestream.client.deployment import deployment
from lifestream.client.rest import sign_in as rest_sign_in
from lifestream.client.rest import sign_ins
from lifestream.client.rest.api import Api
from lifestream.client.rest.sign_in import BrowserHere
from lifestream.client.rest.sign_ins import SignIn, SignIns
from lifestream.domain.sign_in import callback
from lifestream.errors import MissingSettingsError, NotSignedInError, SignInError

NAMES = ("AWS_S3_BUCKET_NAME", "AWS_SQS_QUEUE_URL", "AWS_SQS_DLQ_URL", "JOBS_TABLE_NAME")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def signed_in_to(stage: str) -> SignIn:
    sign_in = SignIn(
        stage=stage,
        api_url=f"https://{stage}.example.com",
        sign_in_url="https://sign-in.example.com",
        client_id="people",
        token={"access_token": "a", "refresh_token": "r", "expires_at": 4_000_000_000},
    )
    SignIns.read().with_one(sign_in).write()
    return sign_in


def command(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def test_only_the_owner_can_read_a_sign_in() -> None:
    signed_in_to("dev")

    assert stat.S_IMODE(sign_ins.path().stat().st_mode) == 0o600
    assert [path.name for path in sign_ins.path().parent.iterdir()] == ["sign-ins.json"]


def test_the_last_sign_in_is_used_unless_a_stage_is_named() -> None:
    dev, prod = signed_in_to("dev"), signed_in_to("prod")

    assert SignIns.read().find(None) == prod
    assert SignIns.read().find("dev") == dev
    assert SignIns.read().find("test") is None


def test_a_second_sign_in_replaces_the_first_one_of_its_stage() -> None:
    signed_in_to("dev")
    again = signed_in_to("dev")

    assert SignIns.read().sign_ins == (again,)


@pytest.mark.parametrize("content", ["", "{", '{"sign_ins": [{"stage": 1}]}'])
def test_a_broken_file_is_no_sign_in(content: str) -> None:
    signed_in_to("dev")
    sign_ins.path().write_text(content)

    assert SignIns.read() == SignIns()


def test_logging_out_forgets_one_stage() -> None:
    signed_in_to("dev")
    signed_in_to("prod")

    assert command("logout", "--stage", "dev") == (0, "Signed out of dev\n")
    assert [one.stage for one in SignIns.read().sign_ins] == ["prod"]
    code, output = command("logout", "--stage", "dev")
    assert code == 1
    assert "Nobody is signed in to the stage dev." in output
    assert "Sign in with `lifestream login`." in output


def test_without_a_sign_in_there_is_no_api() -> None:
    with pytest.raises(NotSignedInError):
        Api.signed_in()


def test_the_environment_chooses_the_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in_to("dev")
    monkeypatch.setenv("LIFESTREAM_API_URL", "https://api.example.com")
    with pytest.raises(MissingSettingsError, match="LIFESTREAM_TOKEN"):
        deployment(None)


def test_the_deployment_of_the_environment_comes_before_a_sign_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signed_in_to("dev")
    assert isinstance(deployment(None), Api)
    for name in NAMES:
        monkeypatch.setenv(name, "https://sqs.us-east-1.amazonaws.com/123456789012/queue")

    from lifestream import resources

    resources.reset()
    assert isinstance(deployment(None), AwsDeployment)
    assert isinstance(deployment("dev"), Api)


def test_a_url_and_a_stage_exclude_each_other() -> None:
    code, output = command("login", "https://api.example.com", "--stage", "dev")

    assert code == 2
    assert "not both" in output


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Two free ports, instead of those that Cognito knows."""
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        free = [one.getsockname()[1], two.getsockname()[1]]
    monkeypatch.setattr(rest_sign_in, "CALLBACK_PORTS", free)
    return free


def test_a_port_that_another_program_uses_is_left_out(ports: list[int]) -> None:
    with socket.create_server(("127.0.0.1", ports[0])):
        browser = BrowserHere(lambda _: None)
        assert browser.callback == callback(ports[1])
        with pytest.raises(SignInError, match="other programs use the ports"):
            BrowserHere(lambda _: None)
        browser._server.server_close()


def test_only_the_address_of_the_sign_in_ends_the_waiting(ports: list[int]) -> None:
    asked: list[int] = []

    def visit(_address: str) -> None:
        def go() -> None:
            for path in ("favicon.ico", "signed-in?code=1&state=2"):
                url = f"http://127.0.0.1:{ports[0]}/{path}"
                asked.append(requests.get(url, timeout=5).status_code)

        threading.Thread(target=go, daemon=True).start()

    ended = BrowserHere(visit).visit("https://sign-in.example.com")

    assert ended == f"{callback(ports[0])}?code=1&state=2"
    assert asked[0] == 404


def test_nobody_waits_for_ever(ports: list[int], monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setattr(rest_sign_in, "PATIENCE_SECONDS", 0)

    with pytest.raises(SignInError, match="nobody signed in"):
        BrowserHere(lambda _: None).visit("https://sign-in.example.com")
