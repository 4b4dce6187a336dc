"""Where to log in and as whom: options, else the profile (~/.config/pli/NAME.toml, 0600), else a question.

A profile may hold: relay, login, password_file, totp_file, key_file, name, address.
"""

import os
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from clients.cli import exits, secretfile
from clients.cli.failing import Stop
from clients.cli.output import Output
from crypto.encoding import unb64u
from crypto.errors import NotCanonical
from crypto.keys import SigningSeed

Relay = Annotated[str | None, typer.Option("--relay", help="The relay's address, such as https://pli.example.")]
Login = Annotated[str | None, typer.Option("--login", help="The log-in name.")]
KeyFile = Annotated[Path | None, typer.Option("--key-file", help="A key file made by `pli keys new` (0600).")]
PasswordFile = Annotated[Path | None, typer.Option("--password-file", help="A file with the password (0600).")]
TotpFile = Annotated[
    Path | None,
    typer.Option("--totp-file", help="A file with the one-time-code secret in base 32 (0600), for scripts."),
]
OneTimeCode = Annotated[str | None, typer.Option("--code", help="The six digits of the authenticator.")]
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON for scripts.")]
KNOWN = frozenset({"relay", "login", "password_file", "totp_file", "key_file", "name", "address"})


@dataclass(frozen=True)
class Settings:
    """What the options before the command said."""

    as_json: bool = False
    quiet: bool = False
    profile: dict[str, str] = field(default_factory=dict)

    def output(self, as_json: bool) -> Output:
        """How this command speaks."""
        return Output(self.as_json or as_json, self.quiet)

    def require(self, name: str, given: str | None) -> str:
        """An option, else the profile's. Raises Stop."""
        found = given or self.profile.get(name)
        if not found:
            option = "--" + name.replace("_", "-")
            raise Stop(
                f"{option} is missing.", f'Give {option}, or write `{name} = "..."` into a profile.', exits.USAGE
            )
        return found

    def file(self, name: str, given: Path | None) -> Path | None:
        """A file's path, from the option or the profile."""
        return given or (Path(self.profile[name]).expanduser() if name in self.profile else None)


def of(context: typer.Context) -> Settings:
    """The settings that the front door left."""
    return context.obj if isinstance(context.obj, Settings) else Settings()


def load_profile(name: str | None) -> dict[str, str]:
    """The profile's values; none without a name and without default.toml. Raises Stop."""
    path = profile_path(name or "default")
    if not path.exists():
        if name is None:
            return {}
        raise Stop(f"There is no profile {path}.", "Write it (TOML, mode 0600), or leave --profile out.")
    try:
        found: dict[str, Any] = tomllib.loads(secretfile.read(path))
    except tomllib.TOMLDecodeError as error:
        raise Stop(f"{path} is not TOML: {error}", 'Correct it: name = "value" on each line.') from None
    unknown = sorted(found.keys() - KNOWN)
    if unknown or not all(isinstance(value, str) for value in found.values()):
        wrong = ", ".join(unknown) or "a value that is not text"
        raise Stop(f"{path} has {wrong}.", f"Known are: {', '.join(sorted(KNOWN))}.")
    return found


def profile_path(name: str) -> Path:
    """Where a profile lies."""
    return folder() / f"{name}.toml"


def folder() -> Path:
    """Where profiles lie, and what is remembered of relays."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "pli"


def key_of(path: Path) -> SigningSeed:
    """The seed of a key file. Raises Stop."""
    try:
        return SigningSeed(unb64u(secretfile.read(path), 32))
    except (NotCanonical, UnicodeDecodeError):
        raise Stop(f"{path} is not a key file.", "Make one with `pli keys new FILE`.") from None


def password_of(path: Path | None, ask: str = "Password: ") -> str:
    """The password in a file, or typed unseen. Raises Stop."""
    if path is not None:
        found = secretfile.read(path)
    elif sys.stdin.isatty():
        found = typer.prompt(ask.rstrip(": "), hide_input=True, err=True)
    else:
        raise Stop("A password is needed.", "Give --password-file FILE (mode 0600).", exits.USAGE)
    if not found:
        raise Stop("The password is empty.", "Write one into the file.", exits.USAGE)
    return found
