"""Find problems before a deployment runs into them (`make preflight`). Prints one line per check.

command               the command itself
plan                  the switches and the template that the checks compare the account with
tools                 Python, Node, Docker
account               the credentials, the region, and CDK's bootstrap stack
service_linked_roles  roles that AWS creates too late for the first stack of an account
quotas                the vCPUs of GPU hosts or of Fargate, and Lambda's concurrency
offerings             the GPU instance types in the availability zones of the stack
private_network       endpoints and an address for the NAT gateway, if the network is private
permissions_boundary  the policy that limits the roles, if one is named
leftovers             an earlier stack, and names of this stack that are already taken

Output and exit codes are those of `lifestream doctor`, which checks a deployed stage.
"""
