"""Where the sign-in pages send people back to. Cognito accepts only addresses that it knows."""

from __future__ import annotations

CALLBACK_PORTS = (8765, 18_765, 28_765)
"""Another program may use one of them."""


def callback(port: int) -> str:
    """Return an address of the command line, which listens there while somebody signs in.

    It has a number instead of a name, so that no other machine can receive the code:
    https://www.rfc-editor.org/rfc/rfc8252#section-8.3
    """
    return f"http://127.0.0.1:{port}/signed-in"


CALLBACKS = tuple(map(callback, CALLBACK_PORTS))
