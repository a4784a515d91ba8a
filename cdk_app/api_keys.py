"""Create the secret for the vendors' API keys. The keys are empty until you fill them in."""

from __future__ import annotations

import json

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_app.config import Config
from lifestream.settings import API_KEY_NAMES


class ApiKeys(Construct):
    """Exposes `secret`, a JSON object with the names in API_KEY_NAMES.

    The template never contains a key.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id)
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description="API keys of LifeStream. A vendor without a key is not used.",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps(dict.fromkeys(API_KEY_NAMES, "")),
                generate_string_key="unused",
            ),
            removal_policy=config.removal_policy,
        )
