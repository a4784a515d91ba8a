"""`make preflight`: what a deployment would run into, before it does. One line a check.

account               credentials, region, and CDK's bootstrap stack in it
service_linked_roles  roles that AWS makes itself, too late for the first stack of an account
quotas                vCPUs of GPU hosts or of Fargate, and Lambda's concurrency
offerings             GPU types in the availability zones that the stack takes
leftovers             an earlier stack, and names of this one that are taken
tools                 Docker, Node, Python
plan                  the switches and the template that all of them are compared with
command               the command itself

Lines and exit code are those of `lifestream doctor`, which runs after a deployment.
"""
