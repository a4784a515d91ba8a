"""WHERE it runs: the AWS resources, and `local`, which runs the same template on this machine.

config          the switches: -c stage= -c compute= …
stack           the whole picture: parts, connections, grants
uploads         bucket, ingest queue, dead-letter queue, notifications
job_table       one row a job
slots           how many executions may extract or use a GPU at once
api_keys        one secret
dispatcher      queue → state machine
workflow        the state machine
caretakers      aborted executions, lost messages
lambda_step     a state that is a Lambda function
container_step  the state that is a GPU container
bundling        zips without Docker
emptying        a bucket that CloudFormation is to delete
grants          what a role may do, as narrowly as the code needs it
logs            log groups
monitoring      alarms
"""
