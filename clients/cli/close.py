"""`pli close`: ends an account. It is asked for once more, by the account's own name."""

import sys
from typing import Annotated, Any

import typer

from clients.cli import exits, loop, settings
from clients.cli.failing import Stop
from clients.cli.loop import Access
from clients.cli.settings import AsJson, Login, OneTimeCode, PasswordFile, Relay, TotpFile

app = typer.Typer()
Held = Annotated[str | None, typer.Option("--account", help="An account without a password that you hold, not yours.")]
Yes = Annotated[bool, typer.Option("--yes", help="For scripts: do not ask.")]


@app.command("close")
def close(
    context: typer.Context,
    account: Held = None,
    yes: Yes = False,
    relay: Relay = None,
    login: Login = None,
    password_file: PasswordFile = None,
    totp_file: TotpFile = None,
    code: OneTimeCode = None,
    as_json: AsJson = False,
) -> None:
    """Close the account: gone for everybody else at once; archived, sealed; erased after the time that is printed.

    Until then the recovery code opens it again. Export first what you want to keep.
    """
    found = settings.of(context)
    _ask(account or found.require("login", login), yes=yes)
    access = Access(relay, login, password_file, totp_file, code)
    closed = loop.run(lambda: _close(found, access, account))
    said = {"account": closed.account, "closedAt": closed.closed_at, "erasedAfter": closed.erased_after}
    found.output(as_json).done(said, f"{closed.account} is closed. It is erased after {closed.erased_after[:10]}.")


async def _close(found: settings.Settings, access: Access, account: str | None) -> Any:
    async with loop.client(found, access) as client:
        return await client.close_account(account)


def _ask(name: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise Stop("Closing an account is asked for.", "Give --yes when that is meant.", exits.USAGE)
    typer.echo("Nobody can write to it any more, and every device is logged out.", err=True)
    if str(typer.prompt(f"Type {name} to close it", err=True)).strip() != name:
        raise Stop("That is not its name.", "Nothing was changed.", exits.USAGE)
