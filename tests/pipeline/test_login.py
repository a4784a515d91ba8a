"""`lifestream login`, then every command works through the API, without AWS credentials."""

from __future__ import annotations

import json
import shutil
import threading
import webbrowser
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from typer.testing import CliRunner

from api_tokens import SECONDS
from cdk_app.local.run import Outcome
from cdk_app.local.users import User, create_user
from fakes import chat_completion
from lifestream.client.commands import access, app
from lifestream.client.rest.sign_ins import SignIns
from lifestream.domain.sign_in import CALLBACKS
from local_stack import Clips, Pipeline

NOBODY_ANSWERS = chat_completion('{"sentences": []}')


class Browser:
    """Somebody who signs in on the pages, as the user of the local stack."""

    def __init__(self, user: User) -> None:
        self._user = user

    def open(self, address: str) -> None:
        """The command waits for the browser, so this one has a thread of its own."""
        threading.Thread(target=self.sign_in, args=(address,), daemon=True).start()

    def sign_in(self, address: str) -> requests.Response:
        return requests.get(self.ends_at(address), timeout=SECONDS)

    def ends_at(self, address: str) -> str:
        requests.get(address, timeout=SECONDS).raise_for_status()
        form = dict(parse_qsl(urlsplit(address).query))
        form |= {"username": self._user.name, "password": self._user.password}
        page = urlsplit(address)
        answer = requests.post(
            f"{page.scheme}://{page.netloc}/login", form, timeout=SECONDS, allow_redirects=False
        )
        return answer.headers["Location"]


@pytest.fixture
def no_credentials(pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    for name in pipeline.aws.environment:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return pipeline


@pytest.fixture
def signed_in(no_credentials: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    user = create_user(no_credentials.aws, "admin")
    monkeypatch.setattr(webbrowser, "open", Browser(user).open)
    said = typed("login", no_credentials.aws.api_url)
    assert said.endswith("Signed in to dev as admin, admin\n")
    return no_credentials


def typed(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, result.output
    return result.output


def test_every_command_works_after_a_sign_in(
    signed_in: Pipeline, finished: Outcome, clips: Clips, tmp_path: Path
) -> None:
    done, broken = finished.job.short_id, tmp_path / "notes.mp4"
    broken.write_text("no video")
    talk = shutil.copy(clips(".mp3"), tmp_path / "through-the-api.MP3")

    uploaded = typed("upload", str(talk), "--language", "en").split()[0]
    assert "through-the-api.MP3" in typed("list")
    assert "Succeeded in" in typed("status", uploaded, "--watch")
    failed = json.loads(typed("upload", str(broken), "--json"))["job_id"]
    assert "NotAVideoError" in typed("status", failed, "--watch", code=1)
    assert "NotAVideoError in InspectVideo" in typed("redrive", "--all", "--dry-run")
    assert "1 job will run again." in typed("redrive", failed)
    assert "has ended already: SUCCEEDED" in typed("cancel", uploaded, code=1)
    assert "the budget is" in typed("results", done)
    assert "copied to" in typed("results", done, "--to", str(tmp_path / "copy"))
    assert "exported to" in typed("export", done, "--to", str(tmp_path / "export"))
    assert len(list((tmp_path / "export").glob("*/video.mp4"))) == 1
    assert "finished.mp4" in typed("search", "budget", "--video", "finished.mp4")
    signed_in.openai.answer = lambda *_: NOBODY_ANSWERS
    assert "do not answer that" in typed("ask", "who won the cup?")
    assert "Speaker 1  Ada" in typed("speakers", "name", done, "Speaker 1", "Ada")
    assert "0 voiceprints deleted" in typed("speakers", "forget", "Ada")
    assert typed("logout") == "Signed out of dev\n"


def test_without_a_sign_in_and_credentials_a_command_says_what_to_do(
    no_credentials: Pipeline,  # noqa: ARG001  # a deployment that nobody may use
) -> None:
    said = typed("list", code=1)

    assert "AWS" in said
    assert "lifestream login" in said


def test_a_sign_in_is_renewed_when_it_ends(signed_in: Pipeline) -> None:
    [first] = SignIns.read().sign_ins
    expired = first.model_copy(update={"token": first.token | {"expires_at": 1}})
    SignIns(sign_ins=(expired,)).write()

    typed("list")

    [renewed] = SignIns.read().sign_ins
    assert renewed.token["expires_at"] > 1
    assert renewed.token["access_token"] != first.token["access_token"]
    assert renewed.token["refresh_token"] == first.token["refresh_token"]
    assert signed_in.aws.api_url == renewed.api_url


@pytest.mark.usefixtures("signed_in")
def test_a_sign_in_that_cannot_be_renewed_has_ended() -> None:
    [first] = SignIns.read().sign_ins
    token = first.token | {"expires_at": 1, "refresh_token": "stolen"}
    SignIns(sign_ins=(first.model_copy(update={"token": token}),)).write()

    said = typed("list", code=1)

    assert "The sign-in has ended." in said
    assert "Sign in with `lifestream login`." in said


def test_somebody_can_sign_in_with_the_browser_of_another_computer(
    no_credentials: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(create_user(no_credentials.aws, "viewer"))
    shown: list[str] = []
    monkeypatch.setattr(access, "say", lambda text, **_: shown.append(text))
    monkeypatch.setattr(
        "typer.prompt", lambda *_, **__: browser.ends_at(shown[0].split()[-1]) + "\n"
    )

    typed("login", no_credentials.aws.api_url, "--no-browser")

    assert shown[-1] == "Signed in to dev as viewer, viewer"


def test_a_code_of_another_sign_in_is_refused(
    no_credentials: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody could try to make a victim use the attacker's account."""
    ended = f"{CALLBACKS[0]}?code=stolen&state=other"
    monkeypatch.setattr("typer.prompt", lambda *_, **__: ended)

    said = typed("login", no_credentials.aws.api_url, "--no-browser", code=1)

    assert "Nobody signed in" in said
    assert SignIns.read() == SignIns()
