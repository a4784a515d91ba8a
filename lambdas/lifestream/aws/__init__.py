"""AWS as the project uses it. There is no port around it: boto3 and AWS_ENDPOINT_URL suffice.

clients        one client per service and process
artifacts      what the steps write, with their checkpoints
videos         read uploads in ranges
read_ahead     fetch ranges in parallel
objects        tell a missing object from a forbidden one
job_table      one row per job; a terminal status is never overwritten
executions     the state machine
containers     tasks on the cluster
slots          who may use a limited resource
queues         the ingest queue and the dead-letter queue
api_keys       the vendors' keys
model_weights  the stack's own copy of the model weights
voiceprints    names that people gave to voices
transient      errors of AWS that another attempt may overcome
"""
