"""`pli keys`: key files for stations, bridges and integrators."""

from pathlib import Path
from typing import Annotated

import typer

from clients.cli import secretfile, settings
from crypto.encoding import b64u
from crypto.keys import SigningSeed

app = typer.Typer()
group = typer.Typer(no_args_is_help=True, help="Key files for stations, bridges and integrators.")
app.add_typer(group, name="keys")
KeyPath = Annotated[Path, typer.Argument(help="The key file.")]


@group.command("new")
def new(context: typer.Context, file: KeyPath, as_json: settings.AsJson = False) -> None:
    """Make a key file (0600) and print its public key, which the operator registers."""
    seed = SigningSeed.generate()
    secretfile.write(file, b64u(seed.raw).encode() + b"\n")
    _say(context, seed, file, as_json)


@group.command("show")
def show(context: typer.Context, file: KeyPath, as_json: settings.AsJson = False) -> None:
    """Print the public key of a key file."""
    _say(context, settings.key_of(file), file, as_json)


def _say(context: typer.Context, seed: SigningSeed, file: Path, as_json: bool) -> None:
    public = b64u(seed.public().raw)
    settings.of(context).output(as_json).result({"file": str(file), "publicKey": public}, public)
