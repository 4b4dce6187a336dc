"""The front door: one command line made of the commands of every floor. Only what is asked for is loaded."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Final

import typer

from clients.cli import exits, settings
from clients.cli.failing import explain
from clients.cli.output import say_failure
from clients.cli.settings import Settings


@dataclass(frozen=True)
class Place:
    """Where a command's typer `app` is, and its line in the list."""

    module: str
    line: str


COMMANDS: Final[Mapping[str, Place]] = {
    "serve": Place("messaging.server.commands", "Run a relay."),
    "operator": Place("messaging.server.commands", "Bridges and enrolment stations of a relay."),
    "audit": Place("messaging.server.commands", "The access log of a relay: print its head, verify it."),
    "backup": Place("messaging.server.backupcommands", "Back a relay up while it runs; check a back-up."),
    "restore": Place("messaging.server.backupcommands", "Give an empty relay a back-up."),
    "db": Place("messaging.server.commands", "The relay's database: bring its tables up to date."),
    "gateway": Place("bridges.mssante.commands", "Run the MSSanté gateway."),
    "gateway-key": Place("bridges.mssante.commands", "Make a gateway's key file, or seal it with another key."),
    "gateway-directory": Place("bridges.mssante.commands", "Look for mailboxes in the French health directory."),
    "gateway-log": Place("bridges.mssante.commands", "What a gateway holds of the key log; accept a changed one."),
    "app": Place("clients.cli.apps", "Accounts and tokens of apps."),
    "catalogue": Place("clients.cli.catalogue", "Sign or verify the catalogue of certified apps."),
    "grant": Place("clients.cli.grant", "Which apps may act for you: list, give, revoke."),
    "webhook": Place("clients.cli.webhook", "Where the relay says that something changed, for programs."),
    "keys": Place("clients.cli.keys", "Key files for stations, bridges and integrators."),
    "enrol": Place("clients.cli.enrol", "Create accounts for people of a CSV file, with a letter for each."),
    "activate": Place("clients.cli.activate", "Open an account with the code of its letter."),
    "send": Place("clients.cli.send", "Send or answer a sealed letter."),
    "inbox": Place("clients.cli.inbox", "List the letters."),
    "read": Place("clients.cli.inbox", "Show one letter, save its files."),
    "export": Place("clients.cli.export", "Write everything of an account into a folder or a .zip file."),
    "oppose": Place("clients.cli.oppose", "Refuse an account with the code of its letter."),
    "close": Place("clients.cli.close", "Close an account."),
    "directory": Place("clients.cli.directory", "Look for professionals, organisations and apps."),
    "watch": Place("clients.cli.watch", "Print letters as they arrive."),
    "log": Place("clients.cli.log", "The key log: witness it, check it, watch it."),
    "schema": Place("clients.cli.schema", "Print the protocol's descriptions for machines."),
    "doctor": Place("clients.cli.doctor", "Look at versions, files, the clock and the relay."),
}

AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON for scripts.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Results only.")]
Profile = Annotated[
    str | None, typer.Option("--profile", "-p", help="~/.config/pli/NAME.toml instead of default.toml.")
]


def _options(context: typer.Context, as_json: AsJson = False, quiet: Quiet = False, profile: Profile = None) -> None:
    """Pli: end-to-end encrypted mail between patients and clinicians."""
    context.obj = Settings(as_json, quiet, settings.load_profile(profile))


def assemble(asked: str | None) -> typer.Typer:
    """The whole command line; of the commands only the module of `asked` is loaded, the others are names."""
    door = typer.Typer(
        name="pli", callback=_options, no_args_is_help=True, epilog=exits.HELP, add_completion=False,
        pretty_exceptions_enable=False, rich_markup_mode="rich",
    )  # fmt: skip
    if asked is not None:
        door.add_typer(import_module(COMMANDS[asked].module).app)
        return door
    for name, place in COMMANDS.items():
        door.command(name, help=place.line)(_name_only)
    return door


def main() -> None:
    """Run `pli`. Exits with the codes of clients.cli.exits."""
    asked = next((word for word in sys.argv[1:] if word in COMMANDS), None)
    try:
        assemble(asked)()
    except Exception as error:
        failure = explain(error)
        if failure is None:
            raise
        say_failure(failure, as_json="--json" in sys.argv)
        sys.exit(failure.code)


def _name_only() -> None:
    """Never runs: a command that is asked for is loaded instead."""


if __name__ == "__main__":
    main()
