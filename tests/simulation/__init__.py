"""A deterministic simulation of everything around the handlers. Fakes: for tests only.

The handlers, the container's entry point, the state machine as it is synthesized and its
executor are the real ones; S3, SQS and DynamoDB are moto's. What is simulated is what must be
chosen to test anything: the order in which things happen, the time, and what goes wrong.

scheduler       one line of execution at a time; who goes on is drawn, and time is virtual
faults          what happens at a call: killed, throttled, refused, its answer lost
engines         scripted speech, summaries and vectors
uploads         videos, and what S3 says about them
account         Lambda concurrency and container hosts, where a test limits them
cluster         ECS's API
services        what the state machine calls: handlers, container, SQS, DynamoDB
executions      Step Functions' API over the real executor
cloud           uploads, deliveries, events: what a test talks to
world           puts the handlers of this process into a cloud

The eight guarantees that each test ends with are in `tests/invariants.py`.
"""
