"""From a command to async code: a mailbox or client for one command, on the one loop."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from clients.cli import settings
from clients.cli.codes import CodeSource
from clients.cli.failing import Stop
from clients.cli.known_log import known
from clients.cli.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True)
class Access:
    """Whose mailbox, opened how: what the options of a person's command say."""

    relay: str | None
    login: str | None
    password_file: Path | None
    totp_file: Path | None
    code: str | None


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run one command's async part. The reactor is imported here, so that `--help` is fast."""
    from clients.session import reactor  # noqa: PLC0415 - loads Twisted and uvloop

    return reactor.run(main())


@asynccontextmanager
async def client(found: Settings, access: Access) -> AsyncGenerator[Any]:
    """A logged-in Client of a person. Raises Refusal, Stop."""
    from clients.sdk.client import Client  # noqa: PLC0415 - loads Twisted

    relay, login = found.require("relay", access.relay), found.require("login", access.login)
    password = settings.password_of(found.file("password_file", access.password_file))
    codes = CodeSource.of(access.code, found.file("totp_file", access.totp_file))
    with known(relay, login) as trust:
        try:
            opened = await codes.log_in(lambda ask: Client.with_password(relay, login, password, ask, trust=trust))
        except ValueError as error:
            raise Stop(str(error).capitalize() + ".", "Correct --relay.") from error
        async with opened:
            yield opened


@asynccontextmanager
async def mailbox(found: Settings, access: Access) -> AsyncGenerator[tuple[Any, Any]]:
    """(Client, Mailbox) of a person."""
    login = found.require("login", access.login)
    async with client(found, access) as opened:
        name, address = found.profile.get("name", login), found.profile.get("address", login)
        yield opened, await opened.mailbox(opened.account, opened.password_key, name=name, address=address)
