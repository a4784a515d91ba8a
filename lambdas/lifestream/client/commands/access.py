"""`lifestream login` and `lifestream logout`: use a deployment without AWS credentials."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from lifestream.client.commands.terminal import Stage, console_of_errors, plain, say
from lifestream.client.connection import stack_outputs
from lifestream.client.rest.connection import connected_api
from lifestream.client.rest.sign_in import BrowserHere, sign_in
from lifestream.client.rest.sign_ins import SignIns, not_signed_in
from lifestream.domain.sign_in import CALLBACKS
from lifestream.errors import ConfigurationError, UsageError


def login(
    url: Annotated[
        str | None,
        typer.Argument(help="The address of the API. Default: the output ApiUrl of the stage."),
    ] = None,
    browser: Annotated[
        bool, typer.Option(help="Open a browser on this computer.")
    ] = True,  # a flag
    stage: Stage = None,
) -> None:
    """Sign in. Commands then work without AWS credentials.

    A browser opens the sign-in page of the deployment. With --no-browser, open the address
    elsewhere, and paste the address at which that browser ends.
    """
    if url and stage:
        raise UsageError("give the address of the API or a stage, not both")
    pages = BrowserHere(_open) if browser else BrowserElsewhere()
    signed_in = sign_in(url or _api_of(stage or "dev"), pages)
    SignIns.read().with_one(signed_in).write()
    if api := connected_api(signed_in.stage):
        me = api.me()
        role = me.role or "no role: ask an administrator for one"
        say(f"Signed in to {plain(signed_in.stage)} as {plain(me.name or me.id)}, {role}")


def logout(stage: Stage = None) -> None:
    """Forget the sign-in on this computer. Commands use AWS credentials again."""
    known = SignIns.read()
    found = known.find(stage)
    if found is None:
        raise not_signed_in(stage)
    known.without(found.stage).write()
    say(f"Signed out of {plain(found.stage)}")


def _open(address: str) -> None:
    say(f"Sign in at {address}", on=console_of_errors)
    webbrowser.open(address)


class BrowserElsewhere:
    """A browser on another computer, which cannot come back to this one."""

    callback = CALLBACKS[0]

    def visit(self, address: str) -> str:
        say(f"Sign in at {address}\n", on=console_of_errors)
        say("Then paste the address of the page that cannot be opened.", on=console_of_errors)
        return str(typer.prompt("Address", err=True)).strip()


def _api_of(stage: str) -> str:
    stack = f"LifeStream-{stage}"
    url = stack_outputs(stack).get("API_URL")
    if url is None:
        raise ConfigurationError(f"the stack {stack} has no API: an older version deployed it")
    return url
