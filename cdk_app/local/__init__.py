"""The second deployment target: the synthesized template, on this machine.

No second wiring: template and assets go into an embedded AWS (MiniStack), and what MiniStack
lacks or does otherwise than AWS stands here, one file a subject.

cli             `lifestream local VIDEO…`
run             uploads the videos, waits, collects what came out
progress        the live table
session         starts and stops the embedded AWS
weights         the built-in engines' models, and which Whisper model runs
synthesis       app.py → template and assets, made again only when something changed
deployment      template and assets → embedded AWS
embedded_aws    the process that is the embedded AWS
credentials     who may sign; signatures checks it
shims/          what MiniStack needs to behave like AWS here; each asserts what it hooks into
states_language executes the state machine; jsonata evaluates its expressions
dockerfile      what a container image would start
"""
