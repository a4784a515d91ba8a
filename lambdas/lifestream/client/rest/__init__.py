"""The client of the REST API: it needs an address and a token, and no AWS credentials.

api           every request of the API as a typed method
job_requests  those about jobs
session       requests, their answers and errors
uploads       send a file whole or in parts, and go on where it stopped
results       read what a job published
sign_in       sign in on the pages of the deployment
sign_ins      remember who signed in
connection    find the API of a command
"""
