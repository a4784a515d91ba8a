"""Execute the synthesized state machine with an interpreter of the Amazon States Language.

executor    run states, with retries, catches and parallel branches
clock       the time and threads that the executor uses
errors      the errors that end a state or an execution
jsonata     evaluate JSONata expressions
validation  find what the executor does not support
"""
