"""Deploy the synthesized template to an embedded AWS (MiniStack) on this machine.

There is no second definition of the stack: the template and its assets are those of a deployment
to AWS. `ministack` and `asl` replace what MiniStack lacks or does differently from AWS.

cli            `lifestream local VIDEO…`
run            upload the videos, wait for the jobs, collect the results
progress       the live table
session        start and stop the embedded AWS
model_weights  the built-in engines' models, and the choice of the Whisper model
synthesis      run app.py to get the template and assets, if a source has changed
deployment     deploy the template and assets with CloudFormation
credentials    the root access key of the embedded AWS
dockerfile     the command that a container image would run
asl/           an interpreter of the state machine
ministack/     the process of the embedded AWS, and the patches that make it behave like AWS
"""
