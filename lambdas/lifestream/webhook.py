"""Send a signed message to a webhook, which must have a public address.

The signature follows Standard Webhooks, for which every language has a library:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from lifestream.domain.addresses import is_public
from lifestream.errors import ConfigurationError, TransientError, WebhookRefusedError

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool

TIMEOUT_SECONDS = 10.0
TRIES = 3
PAUSE_SECONDS = 1.0
BUSY = (408, 425, 429, 500, 502, 503, 504)
OK = range(200, 300)
HOST_NAME = re.compile(
    r"(?=.{1,253}$)([\w-]{1,63}\.)*[\w-]{1,63}\.?|[0-9a-f:.]*:[0-9a-f:.]*", re.ASCII
)


def post(url: str, *, event_id: str, body: str, secret: SecretStr, may_be_private: bool) -> None:
    """Send the message in up to three tries, with the same id and signature.

    A redirect is not followed, because it could lead to a private address. Raises TransientError if
    the receiver is busy or unreachable, WebhookRefusedError if it refuses the message or is not
    public, ConfigurationError if the address or the secret is invalid.
    """
    from urllib3 import Retry
    from urllib3.exceptions import HTTPError, MaxRetryError

    parts = parse_url(url, may_be_private=may_be_private)
    address = resolve_address(parts, may_be_private=may_be_private)
    retry = Retry(
        total=TRIES - 1,
        backoff_factor=PAUSE_SECONDS,
        status_forcelist=BUSY,
        allowed_methods=None,
        redirect=False,
        raise_on_status=False,
        respect_retry_after_header=False,  # it may exceed the function's timeout
    )
    headers = {**signature_headers(event_id, body, secret), "Content-Type": "application/json"}
    target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    try:
        answer = _pool(parts, address).urlopen(
            "POST",
            target,
            body=body.encode(),
            headers=headers | {"Host": parts.netloc},
            retries=retry,
            redirect=False,
            preload_content=False,  # only the status counts; the body may be endless
        )
    except (HTTPError, MaxRetryError) as error:
        why = type(error).__name__
        raise TransientError(f"{parts.hostname} cannot be reached: {why}") from error
    answer.close()
    if answer.status in BUSY:
        raise TransientError(f"{parts.hostname} is busy (HTTP {answer.status})")
    if answer.status not in OK:
        raise WebhookRefusedError(f"{parts.hostname} refused the message (HTTP {answer.status})")


def signature_headers(event_id: str, body: str, secret: SecretStr) -> dict[str, str]:
    """Return the headers that show the receiver who sent the message, and when.

    Raises ConfigurationError if the secret is not `whsec_` followed by base64.
    """
    from standardwebhooks import Webhook

    now = datetime.now(UTC)
    try:
        signature = Webhook(secret.get_secret_value()).sign(event_id, now, body)
    except ValueError as error:
        raise ConfigurationError("WEBHOOK_SECRET must be whsec_ followed by base64") from error
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }


def parse_url(url: str, *, may_be_private: bool) -> SplitResult:
    """Return the parts of the address.

    Raises ConfigurationError, which does not repeat the address: its path may be a secret.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ConfigurationError("WEBHOOK_URL must look like https://host/path") from error
    schemes = ("https", "http") if may_be_private else ("https",)
    if parts.scheme not in schemes or not parts.hostname:
        raise ConfigurationError("WEBHOOK_URL must look like https://host/path")
    if "@" in parts.netloc:
        raise ConfigurationError("WEBHOOK_URL must have no user name or password before the host")
    if not HOST_NAME.fullmatch(parts.hostname):
        raise ConfigurationError("WEBHOOK_URL has no valid host name (use xn-- for umlauts)")
    port_of(parts)
    return parts


def resolve_address(parts: SplitResult, *, may_be_private: bool) -> str:
    """Return the IP address to connect to.

    The connection goes to the address that was checked, so that the name cannot point to another
    one a moment later. Raises WebhookRefusedError, TransientError.
    """
    host = str(parts.hostname)
    try:
        found = socket.getaddrinfo(host, port_of(parts), type=socket.SOCK_STREAM)
    except OSError as error:
        raise TransientError(f"{host} has no address: {type(error).__name__}") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not may_be_private and not all(map(is_public, addresses)):
        raise WebhookRefusedError(f"{host} is not a public address")
    return addresses[0]


def port_of(parts: SplitResult) -> int:
    """Return the port, by default that of the scheme. Raises ConfigurationError."""
    try:
        port = (443 if parts.scheme == "https" else 80) if parts.port is None else parts.port
    except ValueError:
        port = 0
    if not port:
        raise ConfigurationError("WEBHOOK_URL must have a port from 1 to 65535, or none")
    return port


def _pool(parts: SplitResult, address: str) -> HTTPConnectionPool:
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

    if parts.scheme == "http":
        return HTTPConnectionPool(address, port_of(parts), timeout=TIMEOUT_SECONDS)
    return HTTPSConnectionPool(
        address,
        port_of(parts),
        timeout=TIMEOUT_SECONDS,
        server_hostname=parts.hostname,
        assert_hostname=parts.hostname,
    )
