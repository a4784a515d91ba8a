"""Patch IAM: treat connections over loopback as TLS.

The bucket and the queues reject connections without TLS, here as on AWS. Connections that never
leave this machine don't need it.
"""

from __future__ import annotations

from contextvars import ContextVar

from cdk_app.local.ministack import require

LOOPBACK = "127.0.0.1"


def install() -> None:
    from ministack import app
    from ministack.core import iam_evaluator

    require(isinstance(getattr(iam_evaluator, "_request_origin", None), ContextVar), "IAM's origin")
    require(hasattr(app, "pin_request_origin"), "IAM's record of a request's transport")
    iam_evaluator._request_origin = ContextVar("origin", default=(LOOPBACK, True))  # noqa: SLF001
    app.pin_request_origin = lambda address, _is_tls: iam_evaluator._request_origin.set(  # noqa: SLF001
        (address, address == LOOPBACK)
    )
