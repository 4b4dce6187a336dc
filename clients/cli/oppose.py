"""`pli oppose`: refuses an account with the code, or the two codes, of its letter. Prints a receipt."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from clients.cli import exits, loop, secretfile, settings
from clients.cli.failing import Stop
from clients.cli.settings import AsJson, Login, Relay
from crypto.code import Code, parse_code

app = typer.Typer()
CodeFile = Annotated[Path | None, typer.Option("--letter-code-file", help="A file with the letter's code (0600).")]
SecondFile = Annotated[Path | None, typer.Option("--second-code-file", help="A file with the second code (0600).")]
ReceiptFile = Annotated[
    Path | None, typer.Option("--receipt", help="Where to write the receipt; the same file again asks for the same.")
]
Yes = Annotated[bool, typer.Option("--yes", help="For scripts: do not ask.")]


@app.command("oppose")
def oppose(
    context: typer.Context,
    relay: Relay = None,
    login: Login = None,
    letter_code_file: CodeFile = None,
    second_code_file: SecondFile = None,
    receipt: ReceiptFile = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Refuse the account that was made for you, within six weeks. Nothing remains of it but that you opposed.

    Letters that wait in it are gone for good. Prints a number and a day: keep them.
    """
    found = settings.of(context)
    url, name = found.require("relay", relay), found.require("login", login)
    code, second = _code(letter_code_file, "Code of the letter"), _second(second_code_file, letter_code_file)
    _ask(name, yes=yes)
    from clients.sdk import life  # noqa: PLC0415 - loads Twisted

    number = _number(receipt)
    done = loop.run(lambda: life.oppose(url, name, code, number, second=second))
    said = {"login": name, "receipt": done.receipt, "opposedOn": done.opposed_on}
    text = f"There is no account for {name} any more. Receipt {done.receipt}, {done.opposed_on}"
    found.output(as_json).done(said, text)


def _number(file: Path | None) -> str:
    # Drawn and kept before anything changes: if the answer is lost, the same command asks for the same receipt.
    from clients.sdk import life  # noqa: PLC0415 - loads Twisted

    if file is None:
        return life.new_receipt()
    if not file.exists():
        secretfile.write(file, f"{life.new_receipt()}\n".encode())
    return secretfile.read(file)


def _code(file: Path | None, ask: str) -> Code:
    if file is not None:
        return parse_code(secretfile.read(file))
    if not sys.stdin.isatty():
        raise Stop("The letter's code is needed.", "Give --letter-code-file FILE (mode 0600).", exits.USAGE)
    return parse_code(str(typer.prompt(ask, err=True)))


def _second(file: Path | None, first: Path | None) -> Code | None:
    if file is not None:
        return parse_code(secretfile.read(file))
    if first is not None or not sys.stdin.isatty():
        return None
    given = str(typer.prompt("Second code, if you were sent one (else just Enter)", default="", err=True))
    return parse_code(given) if given else None


def _ask(name: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise Stop("Opposing is asked for.", "Give --yes when that is meant.", exits.USAGE)
    if not typer.confirm(f"Refuse the account of {name}? It cannot be undone.", err=True):
        raise Stop("Nothing was changed.", "The letter's code still opens the account.", exits.USAGE)
