"""Adapters for AWS services. There is no port: boto3 and AWS_ENDPOINT_URL suffice.

clients        one boto3 client per service and process
artifacts      what the steps write to the bucket, with their checkpoints
videos         read an upload in byte ranges
read_ahead     fetch byte ranges in parallel, before they are read
transcripts    published transcripts, kept by the process that read them
objects        tell a missing object from one that may not be read
job_table      one row per job; a terminal status is never overwritten
executions     start, describe and stop executions of the state machine
containers     list and stop the tasks on the cluster
slots          which executions may use a limited resource
queues         the ingest queue and the dead-letter queue
api_keys       vendor API keys, from the environment or the deployment's secret
model_weights  download the model weights from the stack's bucket
voiceprints    the names that people gave to voices
transient      translate temporary AWS errors into TransientError
"""
