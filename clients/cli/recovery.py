"""The recovery kit at the command line: a new code, shown once and typed back in part, or written for a script."""

import secrets
import sys
from pathlib import Path

import typer

from clients.cli import exits, secretfile
from clients.cli.failing import Stop
from crypto.code import Code, format_code, new_code, parse_code

_ASKED = 2  # groups that are typed back
_TRIES = 3


def hand_over(login: str, file: Path | None) -> Code:
    """A new code that is on paper, or the one that `file` holds, made when it is absent. Raises Stop, BadCode."""
    if file is not None and file.exists():
        return parse_code(secretfile.read(file))
    code = new_code()
    if file is not None:
        secretfile.write(file, f"{format_code(code)}\n".encode())
    else:
        _show(format_code(code), login)
    return code


def withdraw(file: Path | None) -> None:
    """The account was not opened: say that what is on paper opens nothing."""
    if file is None:
        typer.echo("The recovery code on your paper is void: cross it out. The next try makes a new one.", err=True)


def _show(spelled: str, login: str) -> None:
    if not sys.stdin.isatty():
        raise Stop("The recovery code needs a place.", "Give --recovery-file FILE (written 0600).", exits.USAGE)
    # To the error stream: whoever redirects what the command says shall not keep the code by accident.
    typer.echo(f"\nRecovery code for {login}. Copy it on paper now; it is shown this once:", err=True)
    typer.echo(f"\n    {spelled}\n", err=True)
    typer.echo("It opens the account when the password is forgotten. Keep it where your passport is.\n", err=True)
    groups = spelled.split("-")
    for number in sorted(secrets.SystemRandom().sample(range(len(groups)), _ASKED)):
        _typed_back(groups, number)


def _typed_back(groups: list[str], number: int) -> None:
    for _ in range(_TRIES):
        typed = typer.prompt(f"Group {number + 1} of {len(groups)} on your paper", err=True)
        if _as_printed(str(typed)) == groups[number]:
            return
        typer.echo("That is not what is printed there. Look again.", err=True)
    raise Stop("The recovery code was not copied.", "Nothing was changed: run this again, with paper.", exits.USAGE)


def _as_printed(typed: str) -> str:
    return typed.strip().upper().translate(str.maketrans("OIL", "011"))
