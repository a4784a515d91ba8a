"""What the REST API and its clients say to each other: one model per request and answer.

identity  the health check, who is signed in
jobs      a job, a page of jobs, a change, what a redrive would do
uploads   an upload and its parts
results   files, video and transcript of a job
library   passages and questions
speakers  names of speakers
moments   a moment in a request
problems  an error (RFC 9457)
"""
