"""The memory of the Lambda function of each step, in MB. It also determines what a second costs."""

from __future__ import annotations

from lifestream.step_names import Step

MEDIA_MEMORY = 1769
"""A function with this much memory has one vCPU:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

LAMBDA_MEMORY = {
    Step.INSPECT_VIDEO: MEDIA_MEMORY,
    Step.EXTRACT_AUDIO: MEDIA_MEMORY,
    Step.SUMMARIZE_TRANSCRIPT: 1024,
    Step.INDEX_TRANSCRIPT: 1024,
    Step.PUBLISH_RESULTS: 1024,
    Step.RECORD_SUCCESS: 512,
    Step.RECORD_FAILURE: 512,
}
