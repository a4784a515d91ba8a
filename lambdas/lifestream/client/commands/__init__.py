"""The `lifestream` command: one module per group of commands.

app       the command and its options
library   search and ask
results   copy, open and export results
speakers  name and forget speakers
doctor    check a deployed stage
display   tables and lines for people
terminal  progress bars and colors
"""
