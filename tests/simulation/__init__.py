"""A deterministic simulation of everything around the handlers. Fakes: for tests only.

The handlers, the container's entry point, the synthesized state machine and its executor are the
real ones; S3, SQS and DynamoDB are moto's. Only three things are simulated, so that a test can
choose them: the order of events, the time, and the faults.

scheduler       runs one randomly chosen line of execution at a time, in virtual time
faults          inject a fault into an AWS call: a kill, throttling, a refusal, a lost response
engines         scripted speech, summaries and vectors
uploads         videos and their S3 notifications
account         limits on Lambda concurrency and container hosts, if a test sets them
cluster         ECS's API
services        the services that the state machine calls: handlers, container, SQS, DynamoDB
executions      Step Functions' API over the real executor
cloud           the interface for tests: uploads, deliveries, events
metrics         CloudWatch: metrics, and whether an alarm rings
world           connects the handlers of this process to a cloud

Each test ends by checking the eight guarantees in `tests/invariants.py`.
"""
