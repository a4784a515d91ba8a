"""`lifestream doctor`: is a deployed stage ready for its first video?

findings     one line of a report: what was checked, the verdict, what to do
report       the lines on a terminal or as JSON, and the exit code
deployed     the settings and keys of the stage's functions
vendors      whether OpenAI, Pinecone and Hugging Face accept the keys
parts        which engines make the summary and the index, or why they are switched off
weights      whether the model weights in the bucket are the published ones
alarms       whether every alarm notifies a confirmed subscriber
check_task   the container's own `--check`, run as an ECS task
round_trip   process a video of two seconds, from the upload to its results
command      the command itself

`make preflight`, which runs before a deployment, prints its report in the same format.
"""
