"""Webhook: send a signed message when a job has ended.

EventBridge delivers at least once, with the same message id. If every try fails, Lambda retries
twice, and then moves the event to the queue for undelivered messages.
"""

from __future__ import annotations

from typing import Any

from lifestream.aws.api_keys import load_api_keys
from lifestream.domain.job_ended import JobEnded
from lifestream.errors import MissingSettingsError
from lifestream.observability import logger
from lifestream.settings import WebhookSettings, load
from lifestream.webhook import post


def handler(event: dict[str, Any], _context: object) -> None:
    ended, settings = JobEnded.model_validate(event["detail"]), load(WebhookSettings)
    logger.append_keys(job_id=ended.job_id)
    secret = load_api_keys().webhook_secret
    if secret is None:
        raise MissingSettingsError("WEBHOOK_SECRET is in neither the environment nor the secret")
    post(
        settings.url,
        event_id=ended.event_id,
        body=ended.model_dump_json(),
        secret=secret,
        may_be_private=settings.may_be_private,
    )
    logger.info("webhook delivered", extra={"status": ended.status})
