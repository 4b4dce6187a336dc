"""`pli webhook`: where the relay says that something changed, for organisations, apps, bridges and professionals."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from clients.cli import loop, secretfile, settings
from clients.cli.failing import Stop
from clients.cli.settings import AsJson, Login, Relay

app = typer.Typer()
group = typer.Typer(no_args_is_help=True, help="Where the relay says that something changed.")
app.add_typer(group, name="webhook")
Key = Annotated[Path, typer.Option("--key-file", help="The account's key file (`pli keys new`).")]
Account = Annotated[str | None, typer.Option(help="A bridge: one of the accounts that it acts for.")]
Type = Annotated[list[str] | None, typer.Option("--type", help="As SealedMessage; repeatable. None: all types.")]
Secret = Annotated[Path, typer.Option("--secret-file", help="Where the signing secret goes, which is said this once.")]
Hook = Annotated[str, typer.Argument(help="The webhook, as `pli webhook list` shows it.")]


@dataclass(frozen=True)
class _Who:
    relay: str
    login: str
    key_file: Path
    account: str | None

    @asynccontextmanager
    async def hooks(self) -> AsyncGenerator[Any]:
        from clients.sdk.client import Client  # noqa: PLC0415 - loads Twisted

        try:
            client = await Client.with_key(self.relay, self.login, settings.key_of(self.key_file))
        except ValueError as error:
            raise Stop(str(error).capitalize() + ".", "Correct --relay.") from error
        async with client:
            yield client.webhooks(self.account)

    def do(self, act: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        async def done() -> Any:
            async with self.hooks() as hooks:
                return await act(hooks)

        return loop.run(done)


@group.command("list")
def list_(
    context: typer.Context, key_file: Key, account: Account = None, relay: Relay = None, login: Login = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """All webhooks, and whether they work."""
    found = _who(context, key_file, account, relay, login).do(lambda hooks: hooks.list())
    rows = [
        {"id": one.id, "url": one.url, "types": " ".join(one.types or ["all"]), "state": one.state} for one in found
    ]
    names = {"id": "Webhook", "url": "URL", "types": "Types", "state": "State"}
    settings.of(context).output(as_json).table(rows, names, "There is no webhook.")


@group.command("add")
def add(
    context: typer.Context, url: Annotated[str, typer.Argument(help="An https URL of yours.")], key_file: Key,
    secret_file: Secret, type_: Type = None, account: Account = None, relay: Relay = None, login: Login = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Have changes said to a URL, signed with a secret of its own (standardwebhooks.com)."""
    who = _who(context, key_file, account, relay, login)
    secretfile.write(secret_file, b"")  # first: a secret that can be kept nowhere is not asked for
    try:
        made = who.do(lambda hooks: hooks.add(url, type_ or None))
    except BaseException:
        secret_file.unlink()
        raise
    try:
        secretfile.write(secret_file, made.secret.encode() + b"\n", replace=True)
    except OSError as error:
        raise Stop(
            f"{error.strerror}: {secret_file}. The secret of webhook {made.id} is lost.",
            f"Make room, run `pli webhook remove {made.id}`, and add it again.",
        ) from error
    said = {"webhook": made.id, "url": url, "secretFile": str(secret_file)}
    settings.of(context).output(as_json).done(said, f"Webhook {made.id}; its secret is in {secret_file}")


@group.command("on")
def on(
    context: typer.Context, webhook: Hook, key_file: Key, account: Account = None, relay: Relay = None,
    login: Login = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Try one again that is off: by you, or because it failed for five days."""
    _turn(context, _who(context, key_file, account, relay, login), webhook, as_json, is_on=True)


@group.command("off")
def off(
    context: typer.Context, webhook: Hook, key_file: Key, account: Account = None, relay: Relay = None,
    login: Login = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Say nothing to one for now; its secret stays good."""
    _turn(context, _who(context, key_file, account, relay, login), webhook, as_json, is_on=False)


@group.command("remove")
def remove(
    context: typer.Context, webhook: Hook, key_file: Key, account: Account = None, relay: Relay = None,
    login: Login = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Forget one for good."""
    _who(context, key_file, account, relay, login).do(lambda hooks: hooks.remove(webhook))
    settings.of(context).output(as_json).done({"webhook": webhook, "state": "removed"}, f"{webhook} is forgotten.")


def _who(context: typer.Context, key_file: Path, account: str | None, relay: str | None, login: str | None) -> _Who:
    found = settings.of(context)
    return _Who(found.require("relay", relay), found.require("login", login), key_file, account)


def _turn(context: typer.Context, who: _Who, webhook: str, as_json: bool, *, is_on: bool) -> None:
    who.do(lambda hooks: hooks.turn(webhook, on=is_on))
    state = "on" if is_on else "off"
    settings.of(context).output(as_json).done({"webhook": webhook, "state": state}, f"{webhook} is {state}.")
