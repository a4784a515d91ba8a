"""Where the sign-in pages send people back to. Cognito accepts only addresses that it knows."""

from __future__ import annotations

CALLBACK_PORT = 8765
CALLBACK = f"http://127.0.0.1:{CALLBACK_PORT}/signed-in"
"""Of the command line, which listens here while somebody signs in.

The address instead of the name, so that no other machine can receive the code:
https://www.rfc-editor.org/rfc/rfc8252#section-8.3
"""
