"""Deploy the synthesized template to an embedded AWS (MiniStack) on this machine.

There is no second definition of the stack: the template and its assets are those of a deployment
to AWS. `ministack` and `asl` replace what MiniStack lacks or does differently from AWS.

command        `lifestream local VIDEO…`
kept           `lifestream env`: the settings of a stack that `--keep` keeps running
run            upload the videos, wait for the jobs, copy the results
progress       the live progress of each job
outcome        the summary of each finished job
session        start and stop the embedded AWS
model_weights  the built-in engines' models, and the choice of the Whisper model
synthesis      run app.py to get the template and assets, if a source has changed
deployment     deploy the template and assets with CloudFormation
credentials    the root access key of the embedded AWS
dockerfile     the command that a container image would run
asl/           an interpreter of the state machine
ministack/     the process of the embedded AWS, and the patches that make it behave like AWS
"""
