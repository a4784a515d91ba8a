"""Patch Cognito: keep the groups of a user in refreshed tokens.

MiniStack leaves them out, so that after an hour everybody would have no role.
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
"""

from __future__ import annotations

from typing import Any

from cdk_app.local.ministack import require

WITH_GROUPS = ("access", "id")


def install() -> None:
    from ministack.services import cognito

    require(hasattr(cognito, "_fake_token"), "Cognito's tokens")
    require(hasattr(cognito, "_get_pool_unscoped"), "Cognito's user pools")
    make = cognito._fake_token  # noqa: SLF001

    def make_with_groups(
        sub: str,
        pool_id: str,
        client_id: str,
        token_type: str = "access",  # noqa: S107  # a kind of token
        username: str = "",
        **more: Any,
    ) -> str:
        if token_type in WITH_GROUPS and not more.get("groups"):
            pool = cognito._get_pool_unscoped(pool_id) or {}  # noqa: SLF001
            more["groups"] = pool.get("_users", {}).get(username, {}).get("_groups", [])
        token: str = make(sub, pool_id, client_id, token_type, username, **more)
        return token

    cognito._fake_token = make_with_groups  # noqa: SLF001
