"""The REST API: the use cases of the client, for people and machines without AWS credentials.

app           every route in one resolver; every error as a problem document
bodies        read the body of a request, JSON of a limited size
access        who calls, and which role a request needs
problems      problem details (RFC 9457) with the names of `lifestream.errors`
openapi       describe the API as OpenAPI 3.1
documentation Swagger UI at /docs
request_log   what the log needs to know about a request
opaque_text   a model as text that clients return unchanged
jobs          list, read, cancel and redrive jobs
events        wait until a job has changed
results       read what a job published, and the video
library       search the recordings, ask questions
speakers      name speakers, forget voices
uploads       start, complete and abort uploads; the bytes go to S3 by presigned address
upload_parts  addresses for the parts of an upload, and the parts that S3 has
upload_plan   the key of an upload and the sizes of its parts, as its id
"""
