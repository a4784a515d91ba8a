"""The `lifestream` command: one module per group of commands.

group     finds a command by its name and imports its module only when it runs
jobs      upload, list, status, cancel
results   results, export
library   search, ask
speakers  speakers name, speakers forget
recovery  redrive, reconcile, restore
erasure   erase, receipt
retention hold, retention
models    models
access    login, logout
doctor    doctor
display   jobs, passages and answers as text
terminal  consoles, shared options, errors in plain words
"""

from __future__ import annotations

import typer

from lifestream.client.commands.group import CommandGroup

app = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(
    epilog="""Exit codes: 0 if the command did its work, 1 if it could not or if a job that it
    waited for ended without success, 2 if the command line is wrong."""
)
def lifestream() -> None:
    """Turn recordings into transcripts, summaries, subtitles and a searchable library."""
