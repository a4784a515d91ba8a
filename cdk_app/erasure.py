"""Create the function that erases jobs, when somebody asks and every hour, and its key."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_app.bundling import Requirements
from cdk_app.config import Config
from cdk_app.lambda_step import python_function

TIMEOUT = Duration.minutes(15)


class Erasure(Construct):
    """Exposes `function`, and `receipt_key`, the secret with the key that signs receipts.

    The hourly run continues what an earlier one left, or never began.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, config: Config, environment: dict[str, str]
    ) -> None:
        super().__init__(scope, construct_id)
        self.receipt_key = secretsmanager.Secret(
            self,
            "ReceiptKey",
            description="Signs the receipts of LifeStream's erasures. Without it, none is valid.",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=64, exclude_punctuation=True
            ),
            removal_policy=config.removal_policy,
        )
        self.function = python_function(
            self,
            handler="triggers.eraser.handler",
            requirements=Requirements.INDEX,
            environment=environment | config.index | self.settings,
            timeout=TIMEOUT,
            memory=1024,
        )
        events.Rule(
            self,
            "Hourly",
            description="Continue erasures that are not finished",
            schedule=events.Schedule.rate(Duration.hours(1)),
            targets=[targets.LambdaFunction(self.function)],
        )

    @property
    def settings(self) -> dict[str, str]:
        """Return the environment variable of whoever signs or checks receipts."""
        return {"RECEIPT_KEY_SECRET": self.receipt_key.secret_arn}
