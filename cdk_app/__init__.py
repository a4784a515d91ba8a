"""Define the AWS resources of a deployment with the CDK.

stack              the whole deployment on one page
config             the switches: -c stage= -c compute= …
uploads            the bucket, the ingest queue, the dead-letter queue, the notifications
job_table          the table with one row per job
slots              the limit on executions that extract audio or use a GPU at the same time
api_keys           the secret with the vendors' API keys
step_table         the memory, timeout and permissions of each Lambda step
lambda_step        the Lambda function of a step
container_step     the container that transcribes, on a GPU host or on Fargate
workflow           the state machine, in the order in which a video passes through it
lambda_state       the state that calls a Lambda step
container_retries  restarts of the container, and waits for a host
failure_path       the states from any error to the DLQ message
guards             the Retry and Catch of every state
dispatcher         the function that starts an execution for each queue message
recovery           the functions that finalize ended executions and repair lost work
webhook            the function that posts `Job Ended` events
permissions        the permissions of each role
grants             grants that are narrower than CDK's
alarms             what the alarms are about, as data
monitoring         the alarms and their topic
metrics_dashboard  the graphs in CloudWatch
queries            saved queries of the logs
logs               the log groups
bundling           the Lambda zips, built without Docker
emptying           the command that empties the bucket before the stack is deleted
preflight/         the checks before a deployment
local/             the same template, deployed to an embedded AWS on this machine
"""
