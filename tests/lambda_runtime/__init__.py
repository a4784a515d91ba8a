"""An execution environment like Lambda's, as far as a Linux machine allows it.

language        /var/lang: a Python without RUNPATH, its library, and AWS's runtime client
machine         the mounts, user and limits of a function
functions       the deployed functions: handler, environment, role, memory, disk
runtime_api     AWS's Runtime API, as the runtime client uses it
execution       start, invoke and end a function
cloud           the services that functions use: AWS, OpenAI and Pinecone, on loopback
"""
