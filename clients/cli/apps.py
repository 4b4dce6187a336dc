"""`pli app`: an integrator makes an account request, the station enrols it, the app asks for its tokens."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from clients.cli import exits, loop, secretfile, settings
from clients.cli.failing import Stop
from clients.cli.settings import AsJson, Login, Relay
from crypto.encoding import unb64u
from crypto.errors import NotCanonical, WeakKey
from crypto.keys import SigningPublic, SigningSeed
from messaging.wire.codec import encode
from messaging.wire.types import EnrolPerson

app = typer.Typer()
group = typer.Typer(no_args_is_help=True, help="Accounts and tokens of apps.")
app.add_typer(group, name="app")
Key = Annotated[Path, typer.Option("--key-file", help="A key file (`pli keys new`).")]
Station = Annotated[str, typer.Option(help="The station's public key, as its operator gives it.")]
Address = Annotated[list[str] | None, typer.Option(help="A mail address of the app; repeatable.")]
Out = Annotated[Path, typer.Option("--out", help="Where the request goes; it holds no secret.")]
Request = Annotated[Path, typer.Argument(help="The request that the integrator sent.", exists=True, dir_okay=False)]
Account = Annotated[str, typer.Option(help="The app's account.")]
Scope = Annotated[list[str] | None, typer.Option(help="A scope; repeatable. None: all that the app has.")]


@group.command("request")
def request(
    context: typer.Context,
    login: Annotated[str, typer.Option(help="The log-in name that the app wants.")],
    key_file: Key,
    station: Station,
    out: Out,
    address: Address = None,
    as_json: AsJson = False,
) -> None:
    """Make keys for an app and the request that the station is asked to enrol. The key file stays here."""
    from clients.sdk.apps import app_request  # noqa: PLC0415 - `--help` needs no cryptography

    try:
        named = SigningPublic.load(unb64u(station, 32))
    except (NotCanonical, WeakKey):
        raise Stop("--station is not a public key.", "Ask the operator for the station's.", exits.USAGE) from None
    made = app_request(login, address or [], settings.key_of(key_file), named, datetime.now(UTC))
    secretfile.write(out, encode(made) + b"\n", replace=True)
    settings.of(context).output(as_json).done({"account": made.account, "file": str(out)}, f"Account {made.account}")


@group.command("enrol")
def enrol(
    context: typer.Context, file: Request, key_file: Key, relay: Relay = None, login: Login = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """As the station: vouch for a request and enrol the app. What it may do is the authority's catalogue's to say."""
    from clients.sdk.apps import NotAnApp, vouched  # noqa: PLC0415 - as above

    found = settings.of(context)
    url, name = found.require("relay", relay), found.require("login", login)
    seed = settings.key_of(key_file)
    try:
        person = vouched(msgspec.json.decode(file.read_bytes(), type=EnrolPerson), seed)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Stop(f"{file} is not a request.", "Ask for one made with `pli app request`.") from None
    except NotAnApp as error:
        raise Stop(f"{file}: {error}.", "Ask for one made with `pli app request` for this station.") from None
    outcome = loop.run(lambda: _enrol(url, name, seed, person))
    if outcome.outcome == "refused":
        raise Stop(f"The relay refused: {outcome.reason}.", "Choose another log-in name or address.", exits.REFUSED)
    found.output(as_json).done({"account": outcome.account, "outcome": outcome.outcome}, f"Account {outcome.account}")


@group.command("token")
def token(
    context: typer.Context, account: Account, key_file: Key, scope: Scope = None, relay: Relay = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Print an access token of ten minutes, for scripts that speak JMAP themselves (OAuth 2, private_key_jwt)."""
    found = settings.of(context)
    url, seed = found.require("relay", relay), settings.key_of(key_file)
    given = loop.run(lambda: _token(url, account, seed, scope or []))
    said = {"accessToken": given.access_token, "scope": given.scope, "expiresIn": given.expires_in}
    found.output(as_json).result(said, given.access_token)


async def _enrol(relay: str, login: str, seed: SigningSeed, person: EnrolPerson) -> Any:
    from clients.sdk.client import Client  # noqa: PLC0415 - loads Twisted

    async with await Client.with_key(relay, login, seed) as client:
        (outcome,) = await client.enrol([person])
        return outcome


async def _token(relay: str, account: str, seed: SigningSeed, scopes: list[str]) -> Any:
    from clients.sdk.oauth import OAuth  # noqa: PLC0415 - loads Twisted

    async with OAuth(relay, account, seed) as oauth:
        return await oauth.token(scopes)
