"""LifeStream, shared by the Lambda steps, the container and the client.

step_names     the one name of every step
step           what every Lambda step does around its own work
settings       the one reader of the environment
errors         every error a job can end with, and what to do about it
observability  the logger
domain         pure rules
media          video bytes in, audio out, in a sandbox
engines        recognition, diarization, summary, answers, embedding, vector index
webhook        a signed message to an address of the open internet
aws            artifacts, job table, executions, queues, keys
client         what people import and type
"""

__version__ = "0.1.0"
