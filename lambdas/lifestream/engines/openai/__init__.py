"""What the OpenAI engines share: client, chat with a strict schema, cost budget.

client       one client per process, with OpenAI's errors translated to ours
chat         ask a model for an object of a schema, with one repair
cost_budget  stop before a call that could exceed the limit
"""
