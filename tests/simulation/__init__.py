"""A deterministic simulation of everything around the handlers. Fakes: for tests only.

The handlers, the container's entry point, the state machine as it is synthesized and its
executor are the real ones; S3, SQS and DynamoDB are moto's. What is simulated is what must be
chosen to prove anything: the order in which things happen, the time, and what goes wrong.

scheduler       one line of execution at a time; who goes on is drawn, and time is virtual
faults          what happens at the n-th call of a kind: killed, throttled, answer lost
cloud           queue deliveries, executions, events, containers
invariants      the seven promises, read from public state alone
"""
