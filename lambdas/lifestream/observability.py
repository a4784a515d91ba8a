"""The one logger: events with fields, never transcript text, object keys or secrets."""

from __future__ import annotations

from aws_lambda_powertools import Logger

logger = Logger(service="lifestream")
