"""`python -m messaging.server`: the relay's commands without the rest of the command line."""

from messaging.server.commands import app

app()
