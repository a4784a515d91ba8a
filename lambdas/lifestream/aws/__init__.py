"""AWS as the project uses it. There is no port around it: boto3 and AWS_ENDPOINT_URL suffice.

clients     one client a service and process
artifacts   what the steps write, with their checkpoints
videos      uploads, read in ranges
read_ahead  … which are fetched side by side
job_table   one row a job; a terminal status is never overwritten
executions  the state machine
containers  tasks on the cluster
slots       who may use a limited resource
queues      the ingest queue and the dead-letter queue
keys        the vendors' keys
models      the stack's own model weights
transient   AWS's own bad moments
"""
