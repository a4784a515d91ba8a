"""An environment shaped like Lambda's, as far as a Linux machine allows.

language        /var/lang: an interpreter without RUNPATH, its library, AWS's client
machine         what a function sees of its machine: mounts, user, limits
functions       the deployed functions: handler, environment, role, memory, disk
runtime_api     AWS's Runtime API, as AWS's client uses it
execution       a function that runs: started, invoked, ended
cloud           what functions reach: AWS, OpenAI and Pinecone, on loopback
"""
