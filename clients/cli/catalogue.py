"""`pli catalogue`: the authority signs the list of apps that it certifies, anybody verifies it."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from clients.cli import secretfile, settings
from clients.cli.failing import Stop
from clients.cli.settings import AsJson
from crypto.encoding import b64u, unb64u
from crypto.errors import NotCanonical, WeakKey
from crypto.keys import SigningPublic
from messaging.wire import catalogue
from messaging.wire.catalogue import BadCatalogue, Catalogue
from messaging.wire.codec import encode

app = typer.Typer()
group = typer.Typer(no_args_is_help=True, help="The catalogue of certified apps.")
app.add_typer(group, name="catalogue")
List = Annotated[Path, typer.Argument(help="The list, as JSON (docs/spec/protocol.md).", exists=True, dir_okay=False)]
Signed = Annotated[Path, typer.Argument(help="The signed file.", exists=True, dir_okay=False)]
Key = Annotated[Path, typer.Option("--key-file", help="The authority's key file (`pli keys new`), kept offline.")]
Out = Annotated[Path, typer.Option("--out", help="Where the signed file goes.")]
Authority = Annotated[list[str], typer.Option(help="The authority's public key; repeatable.")]


@group.command("sign")
def sign(context: typer.Context, file: List, key_file: Key, out: Out, as_json: AsJson = False) -> None:
    """Sign a list. Raise `version` each time: a relay takes no older one, nor another of the same version."""
    try:
        found = msgspec.json.decode(file.read_bytes(), type=Catalogue)
        signed = catalogue.sign(found, settings.key_of(key_file))
    except (msgspec.MsgspecError, UnicodeDecodeError, BadCatalogue) as error:
        raise Stop(f"{file} is not a catalogue: {error}.", "Correct it (docs/spec/protocol.md, Catalogue).") from None
    secretfile.write(out, encode(signed) + b"\n", replace=True)
    out.chmod(0o644)  # it is for everybody
    said = {"file": str(out), "version": found.version, "apps": len(found.apps), "authority": signed.key}
    about = f"{out}: version {found.version}, {len(found.apps)} apps"
    text = f'{about}. In the relay\'s [catalogue]: authority = "{signed.key}"'
    settings.of(context).output(as_json).done(said, text)


@group.command("verify")
def verify(context: typer.Context, file: Signed, authority: Authority, as_json: AsJson = False) -> None:
    """Check a signed file against the authority's key, and list its apps."""
    try:
        trusted = [SigningPublic.load(unb64u(text, 32)).raw for text in authority]
    except (NotCanonical, WeakKey):
        raise Stop("--authority is not a public key.", "Give the 43 characters that `pli keys show` prints.") from None
    try:
        signed, found = catalogue.read(file.read_bytes(), trusted)
    except BadCatalogue as error:
        raise Stop(f"{file} is not the authority's: {error}.", "Do not publish it; ask whoever sent it.") from None
    rows = [{"account": one.account, "name": one.name.fr, "scopes": " ".join(one.scopes)} for one in found.apps]
    output = settings.of(context).output(as_json)
    said = {"version": found.version, "validUntil": found.valid_until, "authority": b64u(unb64u(signed.key))}
    if output.as_json:
        output.result(said | {"apps": rows}, "")
        return
    output.table(rows, {"account": "Account", "name": "App", "scopes": "Scopes"}, "There is no app in it.")
    output.done(said, f"Signed by {found.authority}: version {found.version}, valid until {found.valid_until}")
