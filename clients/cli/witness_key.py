"""A witness's key file: its secret (32 bytes, b64u) on the first line, its name on the second. 0600."""

import platform
import secrets
from pathlib import Path

from clients.cli import secretfile
from clients.cli.failing import Stop
from crypto.encoding import b64u, unb64u
from crypto.errors import NotCanonical
from crypto.transparency.checkpoint import WitnessSigner


def make(path: Path, name: str | None) -> WitnessSigner:
    """The signer of a key file, made now when it is absent. Raises Stop."""
    if not path.exists():
        named, secret = name or _default_name(), secrets.token_bytes(32)
        signer = _signer(secret, named)
        secretfile.write(path, f"{b64u(secret)}\n{named}\n".encode())
        return signer
    return read(path, name)


def read(path: Path, name: str | None) -> WitnessSigner:
    """The signer of a key file. Raises Stop, also when it has another name than `name`."""
    secret, _, kept = secretfile.read(path).partition("\n")
    if name is not None and kept not in ("", name):
        # Under a second name the same Ed25519 key would sign for two: its message does not hold the name.
        raise Stop(f"The witness of {path} is called {kept}.", "Leave --name out, or make another key file.")
    try:
        return _signer(unb64u(secret, 32), kept or name or _default_name())
    except NotCanonical:
        raise Stop(f"{path} is not a witness's key file.", "Make one with `pli log witness-key FILE`.") from None


def _signer(secret: bytes, name: str) -> WitnessSigner:
    try:
        return WitnessSigner.from_secret(secret, name)
    except ValueError:
        raise Stop(f"{name} cannot name a key.", "Give --name without spaces and plus signs.") from None


def _default_name() -> str:
    return f"{platform.node() or 'localhost'}/witness"
