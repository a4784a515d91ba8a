"""Read botocore's models of AWS's services once, for all forks of the process that imports this.

Otherwise each Lambda worker and container reads megabytes of JSON for its clients.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore import session
from botocore.loaders import create_loader

SERVICES = ("s3", "dynamodb", "sqs", "stepfunctions")

session.create_loader = cache(create_loader)
nobody: Any = boto3.Session("none", "none", region_name="us-east-1")
for service in SERVICES:
    nobody.client(service)
