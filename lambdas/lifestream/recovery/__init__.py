"""Finish what executions left undone, and find and repair lost work.

admission   decide which attempts of a job may start
finalizer   finish the job of an execution that has ended
dlq_claims  let only one sender send a DLQ message
job_events  publish the end of a job on the event bus
reconciler  compare S3, the job table, executions and GPU slots, and repair
"""
