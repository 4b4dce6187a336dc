"""`pli schema`: the protocol as machines read it, the same texts that a relay serves. Needs no relay and no log-in."""

import json
from typing import Annotated, Any

import typer

from clients.cli import exits
from clients.cli.failing import Stop
from messaging.wire.described.asyncapi import asyncapi
from messaging.wire.described.openapi import openapi
from messaging.wire.described.schemas import document, schemas

app = typer.Typer()
_INDENT = 2

Named = Annotated[
    str, typer.Argument(help="`openapi`, `asyncapi`, `list`, or a schema: SealedMessage, SealedMessage.set.arguments.")
]
Origin = Annotated[str, typer.Option("--relay", help="The relay's address, which the description of events names.")]


@app.command("schema")
def schema(name: Named = "list", relay: Origin = "https://pli.example") -> None:
    """Print the protocol's descriptions: OpenAPI 3.1, AsyncAPI 3.0, JSON Schema 2020-12."""
    print("\n".join(schemas()) if name == "list" else json.dumps(_found(name, relay), indent=_INDENT))


def _found(name: str, relay: str) -> Any:
    if name == "openapi":
        return openapi()
    if name == "asyncapi":
        return asyncapi(relay)
    if name not in schemas():
        raise Stop(f"There is no schema {name}.", "`pli schema list` prints the names of all.", exits.USAGE)
    return document(name)
