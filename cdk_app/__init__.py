"""WHERE it runs: the AWS resources, and `local`, which runs the same template on this machine.

config            the switches: -c stage= -c compute= …
stack             the whole deployment on one page
uploads           bucket, ingest queue, dead-letter queue, notifications
job_table         one row per job
slots             how many executions may extract or use a GPU at once
api_keys          one secret
step_table        what each Lambda step needs and may do
lambda_step       the function of a Lambda step
container_step    the task of the GPU container
workflow          the state machine, in the order in which a video passes it
lambda_state        a state that calls a Lambda step
container_retries   restarts, and waits for a host
failure_path        from any error to the DLQ message
guards              retries and catches of every state
dispatcher        queue → state machine
recovery          finalizes ended executions, repairs lost work
webhook           posts the end of jobs
permissions       what each role may do
grants            narrow grants
monitoring        alarms
logs              log groups
bundling          zips without Docker
emptying          empty a bucket before its stack is deleted
preflight         what a deployment would run into
"""
