"""Execute the synthesized state machine: an interpreter of the Amazon States Language.

executor    run states, retries, catches, parallel branches and maps
clock       shortened waits and time limits
errors      errors of service integrations under their AWS names
jsonata     JSONata expressions
validation  refuse what the executor does not support
"""
