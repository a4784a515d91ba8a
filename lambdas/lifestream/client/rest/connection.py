"""Find the API of a command: that of the environment, or that of a sign-in."""

from __future__ import annotations

from lifestream.client.rest.api import Api
from lifestream.client.rest.sign_ins import SignIns
from lifestream.errors import MissingSettingsError
from lifestream.settings import ApiSettings, load


def connected_api(stage: str | None) -> Api | None:
    """Return the API of LIFESTREAM_API_URL, or that of a sign-in, or None.

    Raises MissingSettingsError if there is an address without a token.
    """
    settings = load(ApiSettings)
    if stage is None and settings.url:
        if settings.token is None:
            raise MissingSettingsError("not set: LIFESTREAM_TOKEN")
        return Api(settings.url, settings.token.get_secret_value())
    return Api.signed_in(stage) if SignIns.read().find(stage) else None
