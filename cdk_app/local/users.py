"""Create somebody who can sign in to the API of the local stack."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass, field

from cdk_app.local.session import EmbeddedAws


@dataclass(frozen=True)
class User:
    name: str
    password: str = field(repr=False)


def create_user(aws: EmbeddedAws, group: str) -> User:
    """Create the group's user, who is called like the group, with a new password.

    In a kept state, the user exists already and gets the new password.
    """
    cognito, pool = aws.session().client("cognito-idp"), aws.outputs["UserPoolId"]
    user = User(group, f"{secrets.token_urlsafe(12)}-aA1")  # each kind of character that is needed
    who = {"UserPoolId": pool, "Username": user.name}
    with suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(**who, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(**who, Password=user.password, Permanent=True)
    cognito.admin_add_user_to_group(**who, GroupName=group)
    return user
