"""Create the table with one row per job, with on-demand capacity and point-in-time recovery."""

from __future__ import annotations

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from cdk_app.config import Config
from lifestream.aws.job_table import RECENT_INDEX


class JobTable(Construct):
    """Exposes `table`. Its index `recent` lists jobs by submission time."""

    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id)
        text = dynamodb.AttributeType.STRING
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="job_id", type=text),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=config.removal_policy,
        )
        self.table.add_global_secondary_index(
            index_name=RECENT_INDEX,
            partition_key=dynamodb.Attribute(name="kind", type=text),
            sort_key=dynamodb.Attribute(name="submitted_at", type=text),
        )
