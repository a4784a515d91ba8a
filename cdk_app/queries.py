"""Save queries for CloudWatch Logs Insights, which answer what operators ask of the logs.

They are in the console below the name of the stack. Saving them is free; running one costs $0.005
per GB of log.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_logs as logs
from constructs import Construct

QUERIES = {
    "one job": """fields @timestamp, step, message, error, seconds
| filter job_id = 'JOB_ID'
| sort @timestamp""",
    "failures": """fields @timestamp, job_id, step, message, error
| filter level = 'ERROR'
| sort @timestamp desc
| limit 100""",
    "seconds per step": """filter message in ['step finished', 'transcript written']
| stats count(*) as runs, avg(seconds), pct(seconds, 95), max(seconds) by step""",
    "dollars per job": """fields @timestamp, job_id, JobDollars.0 as total, HostDollars.0 as host,
    FunctionDollars.0 as functions, ModelDollars.0 as models
| filter ispresent(total)
| sort total desc
| limit 50""",
    "repairs": """fields @timestamp, repair, job_id
| filter message = 'repaired'
| sort @timestamp desc""",
    "errors of the API": """fields @timestamp, request, method, status, seconds, job_id, error, at
| filter status >= 500 or message = 'request failed'
| sort @timestamp desc""",
    "throttled or killed functions": """fields @timestamp, @log, @message
| filter @message like /Task timed out|Runtime exited|Rate Exceeded/
| sort @timestamp desc""",
}
"""Name → query. The runbook refers to them by name."""


class Queries(Construct):
    def __init__(
        self, scope: Construct, construct_id: str, *, groups: Sequence[logs.ILogGroup]
    ) -> None:
        super().__init__(scope, construct_id)
        for name, query in QUERIES.items():
            logs.CfnQueryDefinition(
                self,
                name.title().replace(" ", ""),
                name=f"{Stack.of(self).stack_name}/{name}",
                query_string=query,
                log_group_names=[group.log_group_name for group in groups],
            )
