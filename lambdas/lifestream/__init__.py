"""LifeStream, shared by the Lambda functions, the container and the client.

step_names     the one name of every step
step           turn a function into the handler of a step
resources      build adapters and use cases from the settings
settings       the one reader of the environment
errors         every error, and what to do about it
observability  the logger
webhook        send a signed message to a public address
domain         pure rules, without I/O
rendering      result files: Markdown, HTML, text, subtitles
media          turn hostile video into audio, in a sandbox
engines        transcription, diarization, summary, answers, embedding, vector index
aws            adapters for AWS services
recovery       finalize ended executions; find and repair lost work
client         what people import and type
api            the REST API: the use cases of the client, for holders of a token
"""

__version__ = "0.1.0"
