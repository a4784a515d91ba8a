"""Pure rules without I/O: what a job, a transcript, a summary and an answer are.

base           the frozen base model
text           one line, visible characters, normalized words, clock times
file_types     containers, extensions and content types
bucket_layout  every prefix of the bucket
options        what an uploader may set for a job
job            identity, status and failure of a job
job_record     a job as its row shows it
parts          what a job's results lack
step_payloads  what the steps take and return
job_ended      the event that reports the end of a job
messages       parse what arrives in the ingest queue
causes         error causes of AWS services in readable words
fingerprints   a hash of what an artifact was made from
progress       share done, speed and time left
transcript     words, segments, speakers
speech/        rules about speech: who spoke, what is reliable, how good it is
chunks         the passages that are embedded and searched
ranking        order search hits by meaning and exact words
summary        what a summary consists of
citations      look up quotes in the transcript
answers        answers whose every sentence quotes the transcript
links          remove links and markup from model output
addresses      tell public IP addresses from private ones
prices         list prices of model calls
"""
