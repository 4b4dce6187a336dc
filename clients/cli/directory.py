"""`pli directory`: look for a professional, an organisation or an app; let oneself be found, or not any more."""

from typing import Annotated, Any, Literal

import msgspec
import typer
from msgspec import UNSET

from clients.cli import loop, settings
from clients.cli.loop import Access
from clients.cli.settings import AsJson, Login, OneTimeCode, PasswordFile, Relay, TotpFile

app = typer.Typer()
group = typer.Typer(no_args_is_help=True, help="The directory of professionals, organisations and apps.")
app.add_typer(group, name="directory")

_COLUMNS = {"name": "Name", "said": "Profession", "city": "City", "address": "Address", "id": "Account"}
Kind = Annotated[Literal["professional", "organisation", "app"] | None, typer.Option("--kind")]
Words = Annotated[list[str], typer.Argument(help="Beginnings of words of the name, profession, organisation or city.")]
City = Annotated[str | None, typer.Option("--city", help="The whole name of a city.")]
PostalCode = Annotated[str | None, typer.Option("--postal-code", help="A postal code, or its beginning.")]


@group.command("search")
def search(
    context: typer.Context,
    words: Words,
    kind: Kind = None,
    city: City = None,
    postal_code: PostalCode = None,
    relay: Relay = None,
    login: Login = None,
    password_file: PasswordFile = None,
    totp_file: TotpFile = None,
    code: OneTimeCode = None,
    as_json: AsJson = False,
) -> None:
    """Who fits, best first. What is shown is what they say of themselves."""
    from messaging.wire.directory import EntryFilter  # noqa: PLC0415 - not needed by `--help`

    found = settings.of(context)
    access = Access(relay, login, password_file, totp_file, code)
    given = {"text": " ".join(words), "kind": kind, "city": city, "postal_code": postal_code}
    asked = EntryFilter(**{name: value or UNSET for name, value in given.items()})  # type: ignore[arg-type] # checked
    rows = loop.run(lambda: _rows(found, access, asked))
    found.output(as_json).table(rows, _COLUMNS, "Nobody fits.")


async def _rows(found: settings.Settings, access: Access, asked: Any) -> list[dict[str, Any]]:
    async with loop.client(found, access) as client:
        return [_row(entry) for entry in await client.find(asked)]


def _row(entry: Any) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(entry)
    said = ", ".join(filter(None, (entry.profession, entry.specialty, entry.organisation)))
    city = " ".join(filter(None, (entry.postal_code, entry.city)))
    return shown | {"said": said or entry.kind, "city": city, "address": entry.address or ""}
