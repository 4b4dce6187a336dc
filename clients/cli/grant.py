"""`pli grant`: which apps may act for the person, giving it and taking it back."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, cast

import typer

from clients.cli import exits, known_catalogue, loop, settings
from clients.cli.failing import Stop
from clients.cli.loop import Access
from clients.cli.settings import AsJson, Login, OneTimeCode, PasswordFile, Relay, Settings, TotpFile
from messaging.wire.catalogue import Scope, find
from messaging.wire.grants import AppGrant
from messaging.wire.oauth import SCOPES

app = typer.Typer()
group = typer.Typer(no_args_is_help=True, help="Which apps may act for you.")
app.add_typer(group, name="grant")
App = Annotated[str, typer.Argument(help="The app's account, as the catalogue names it.")]
Wanted = Annotated[list[str], typer.Option("--scope", help=f"Repeatable: {', '.join(SCOPES)}.")]
Days = Annotated[int, typer.Option(help="For how many days.", min=1, max=365)]
Authority = Annotated[str | None, typer.Option(help="The authority's public key, if not the one seen first.")]


@group.command("list")
def list_(
    context: typer.Context, relay: Relay = None, login: Login = None, password_file: PasswordFile = None,
    totp_file: TotpFile = None, code: OneTimeCode = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """All grants, ended ones too."""
    found = settings.of(context)
    given = loop.run(lambda: _list(found, Access(relay, login, password_file, totp_file, code)))
    rows = [_row(one) for one in given]
    names = {"id": "Grant", "app": "App", "scopes": "Scopes", "until": "Until", "state": "State", "lastUsed": "Used"}
    found.output(as_json).table(rows, names, "No app may act for this account.")


@group.command("give")
def give(
    context: typer.Context, app_account: App, scope: Wanted, days: Days = 90, authority: Authority = None,
    relay: Relay = None, login: Login = None, password_file: PasswordFile = None, totp_file: TotpFile = None,
    code: OneTimeCode = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Let a certified app act, within scopes and until a day. It can be taken back at any time."""
    found = settings.of(context)
    if wrong := [one for one in scope if one not in SCOPES]:
        raise Stop(f"{wrong[0]} is not a scope.", f"There are: {', '.join(SCOPES)}.", exits.USAGE)
    access = Access(relay, login, password_file, totp_file, code)
    until = datetime.now(UTC) + timedelta(days=days)
    id_, name = loop.run(lambda: _give(found, access, app_account, cast(list[Scope], scope), until, authority))
    said = {"grant": id_, "app": app_account, "name": name, "scopes": scope, "until": until.isoformat()}
    found.output(as_json).done(said, f"{name} may act until {until:%Y-%m-%d}: grant {id_}")


@group.command("revoke")
def revoke(
    context: typer.Context, grant: Annotated[str, typer.Argument(help="The grant, as `pli grant list` shows it.")],
    relay: Relay = None, login: Login = None, password_file: PasswordFile = None, totp_file: TotpFile = None,
    code: OneTimeCode = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Take a grant back, for good. The app's tokens and streams end within seconds."""
    found = settings.of(context)
    loop.run(lambda: _revoke(found, Access(relay, login, password_file, totp_file, code), grant))
    found.output(as_json).done({"grant": grant, "state": "revoked"}, f"{grant} is taken back.")


async def _list(found: Settings, access: Access) -> list[AppGrant]:
    async with loop.client(found, access) as client:
        grants: list[AppGrant] = await client.grants()
        return grants


async def _give(
    found: Settings, access: Access, app_account: str, scopes: list[Scope], until: datetime, authority: str | None
) -> tuple[str, str]:
    relay = found.require("relay", access.relay)
    async with loop.client(found, access) as client:
        catalogue = await known_catalogue.believed(client, relay, authority)
        app = find(catalogue, app_account)
        if app is None:
            raise Stop(f"{app_account} is not a certified app.", "Look for its account in the catalogue.", exits.USAGE)
        return await client.give_grant(app_account, scopes, until), app.name.fr


async def _revoke(found: Settings, access: Access, grant: str) -> None:
    async with loop.client(found, access) as client:
        await client.revoke_grant(grant)


def _row(grant: AppGrant) -> dict[str, Any]:
    now = datetime.now(UTC)
    over = datetime.fromisoformat(grant.until) <= now
    state = "revoked" if grant.revoked else "over" if over else "stands"
    return {
        "id": grant.id, "app": grant.app, "scopes": " ".join(grant.scopes), "until": grant.until[:10], "state": state,
        "lastUsed": grant.last_used or "",
    }  # fmt: skip
