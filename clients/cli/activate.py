"""`pli activate`: opens an account with the code, or the two codes, of its letter. Shows the recovery kit once."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pyotp
import typer

from clients.cli import exits, loop, recovery, secretfile, settings
from clients.cli.failing import Stop
from clients.cli.known_log import known
from clients.cli.settings import AsJson, Login, PasswordFile, Relay
from crypto.code import Code, parse_code

app = typer.Typer()
LetterCode = Annotated[
    str | None,
    typer.Option("--letter-code", help="The letter's code; better typed or in a file: a command line is visible."),
]
CodeFile = Annotated[Path | None, typer.Option("--letter-code-file", help="A file with the letter's code (0600).")]
SecondCode = Annotated[
    str | None, typer.Option("--second-code", help="The second code, which came another way, if there is one.")
]
SecondFile = Annotated[Path | None, typer.Option("--second-code-file", help="A file with the second code (0600).")]
RecoveryFile = Annotated[
    Path | None,
    typer.Option("--recovery-file", help="For scripts: where the recovery code is (0600); made when it is absent."),
]
TotpOut = Annotated[
    Path | None,
    typer.Option("--totp-file", help="Where to store the one-time-code secret (0600); made when it is absent."),
]


@app.command("activate")
def activate(
    context: typer.Context,
    relay: Relay = None,
    login: Login = None,
    letter_code: LetterCode = None,
    letter_code_file: CodeFile = None,
    second_code: SecondCode = None,
    second_code_file: SecondFile = None,
    password_file: PasswordFile = None,
    totp_file: TotpOut = None,
    recovery_file: RecoveryFile = None,
    as_json: AsJson = False,
) -> None:
    """Open an account with the code of its letter: set the password, the one-time codes and the recovery code.

    Shows a recovery code, which opens the account when the password is forgotten: copy it on paper. Prints the otpauth
    address for an authenticator app. The letter's code opens nothing afterwards.
    """
    found = settings.of(context)
    url, name = found.require("relay", relay), found.require("login", login)
    letter = _Letter(_code(letter_code, letter_code_file), _second(second_code, second_code_file, letter_code_file))
    password = settings.password_of(found.file("password_file", password_file), "New password: ")
    secret, kit = _secret(totp_file), recovery.hand_over(name, recovery_file)
    try:
        account = loop.run(lambda: _activate(url, name, letter, password, secret, kit))
    except Exception:
        recovery.withdraw(recovery_file)
        raise
    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Pli")
    said = {"account": account, "login": name, "otpauth": uri}
    found.output(as_json).done(said, f"The account {account} is open. Add this to your authenticator app:")
    if not (as_json or found.as_json):
        typer.echo(uri)


@dataclass(frozen=True)
class _Letter:
    code: Code
    second: Code | None


async def _activate(relay: str, login: str, letter: _Letter, password: str, secret: str, kit: Code) -> str:
    from clients.sdk import activation  # noqa: PLC0415 - loads Twisted

    with known(relay, login) as trust:
        opening = activation.activate(
            relay, login, letter.code, password, secret, second=letter.second, recovery=kit, trust=trust
        )
        async with await opening as client:
            return client.account


def _code(given: str | None, file: Path | None) -> Code:
    if file is not None:
        return parse_code(secretfile.read(file))
    if given is None and not sys.stdin.isatty():
        raise Stop("The letter's code is needed.", "Give --letter-code-file FILE (mode 0600).", exits.USAGE)
    return parse_code(given or typer.prompt("Code of the letter", err=True))


def _second(given: str | None, file: Path | None, first: Path | None) -> Code | None:
    if file is not None:
        return parse_code(secretfile.read(file))
    if given is None and first is None and sys.stdin.isatty():
        given = typer.prompt("Second code, if you were sent one (else just Enter)", default="", err=True)
    return parse_code(given) if given else None


def _secret(file: Path | None) -> str:
    if file is not None and file.exists():
        return secretfile.read(file)
    from clients.sdk.activation import new_totp_secret  # noqa: PLC0415 - loads Twisted

    secret = new_totp_secret()
    if file is not None:
        secretfile.write(file, secret.encode() + b"\n")
    return secret
