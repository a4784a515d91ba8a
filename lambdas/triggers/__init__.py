"""Lambda functions that run outside of the state machine.

dispatcher       start an execution for each message of the ingest queue
execution_ended  finalize an execution that has ended
reconciler       find and repair lost work, every hour
eraser           erase jobs, when somebody asks and every hour
api              answer the requests of the REST API
webhook          send the end of a job to a webhook
"""
