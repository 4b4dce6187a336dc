"""The gateway's one secret: 32 bytes in a file of mode 0600, and every key that follows from it.

Laws: the file's bytes are used for nothing but derivation; a file that others may read is refused.
"""

import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from crypto.encoding import b64u, hkdf, unb64u
from crypto.errors import NotCanonical
from crypto.keys import SigningSeed


class BadKeyFile(ValueError):
    """The key file is missing, open to others, or not 32 bytes as base64url. Holds no key."""


@dataclass(frozen=True, repr=False)
class GatewayKeys:
    """`root` derives accounts (bridges/account.py); the others are each for one purpose."""

    root: bytes
    login: SigningSeed
    letters: bytes
    threads: bytes
    outbox: bytes

    def __repr__(self) -> str:
        return "GatewayKeys(...)"


def derive(root: bytes) -> GatewayKeys:
    """All keys of 32 bytes."""
    return GatewayKeys(
        root=root,
        login=SigningSeed(hkdf(root, b"", b"pli gateway login v1")),
        letters=hkdf(root, b"", b"pli gateway letters v1"),
        threads=hkdf(root, b"", b"pli gateway threads v1"),
        outbox=hkdf(root, b"", b"pli gateway outbox v1"),
    )


def read(path: Path) -> GatewayKeys:
    """The keys of the file. Raises BadKeyFile."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            raw = file.read(256)
    except OSError as error:
        raise BadKeyFile(f"the key file {path} cannot be read: {error.strerror}") from None
    if stat.S_IMODE(mode) & 0o077:
        raise BadKeyFile(f"the key file {path} must be of mode 0600: others may read or write it")
    try:
        return derive(unb64u(raw.decode("ascii").strip(), 32))
    except (NotCanonical, UnicodeDecodeError):
        raise BadKeyFile(f"the key file {path} does not hold 32 bytes as base64url") from None


def make(path: Path) -> GatewayKeys:
    """The keys of the file, which is made when it is absent. Raises BadKeyFile."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read(path)
    except OSError as error:
        raise BadKeyFile(f"the key file {path} cannot be made: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(b64u(secrets.token_bytes(32)).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return read(path)
