"""`lifestream doctor`: is a deployed stage ready for its first video?

findings     one line of a report: what was checked, the verdict, what to do
report       the lines on a terminal or as JSON, and the exit code
deployed     the settings and keys of the stage's functions
vendors      OpenAI, Pinecone and Hugging Face take the keys
parts        summary and index: made by which engines, or switched off
weights      the model weights in the bucket are those that were published
alarms       alarms reach somebody
check_task   the container's own `--check`, run as a task
round_trip   a video of two seconds, from the upload to its results
command      the command itself

`make preflight`, which runs before a deployment, reports in the same lines.
"""
