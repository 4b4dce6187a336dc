"""The gateway's one secret: 32 bytes in a file of mode 0600, sealed by a key-encryption key or not, and every key that
follows from it.

Laws: the 32 bytes are used for nothing but derivation; a file that others may read is refused; they never change,
whatever they are sealed with: accounts, log-in and mailboxes hang on them.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridges.mssante.kek import BadKek, kek_of, private
from crypto.encoding import b64u, hkdf, unb64u
from crypto.errors import NotCanonical
from crypto.keys import SigningSeed

SEALED: Final = "pli-gateway-key-1"  # before what a key-encryption key sealed


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


def read(path: Path, kek: str = "") -> GatewayKeys:
    """The keys of the file, which is sealed when a key-encryption key is named (kek.kek_of). Raises BadKeyFile."""
    return derive(_root(path, kek))


def make(path: Path, kek: str = "") -> GatewayKeys:
    """The keys of the file, which is made when it is absent. Raises BadKeyFile."""
    if path.exists():
        return read(path, kek)
    _write_new(path, _written(secrets.token_bytes(32), kek))
    return read(path, kek)


def seal_again(path: Path, kek: str, new_kek: str) -> GatewayKeys:
    """The same keys, sealed with another key-encryption key (empty: with none). A gateway that runs goes on: it has
    them already. Raises BadKeyFile: then the file is as it was."""
    root = _root(path, kek)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    _write_new(fresh, _written(root, new_kek))
    try:
        if _root(fresh, new_kek) != root:
            raise BadKeyFile("the new key-encryption key does not give back what it sealed")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return derive(root)


def _root(path: Path, kek: str) -> bytes:
    try:
        words = private(path).decode("ascii").split()
        if words[:1] == [SEALED]:
            if not kek:
                raise BadKeyFile(f"the key file {path} is sealed: [gateway] kek must name its key-encryption key")
            return _whole(kek_of(kek).open(unb64u(words[1])))
        if kek:
            raise BadKeyFile(f"the key file {path} is not sealed: pli gateway-key {path} --new-kek does it")
        return unb64u(words[0], 32)
    except BadKek as error:
        raise BadKeyFile(str(error)) from None
    except (NotCanonical, UnicodeDecodeError, IndexError):
        raise BadKeyFile(f"the key file {path} does not hold 32 bytes as base64url, sealed or not") from None


def _whole(root: bytes) -> bytes:
    if len(root) != 32:
        raise BadKeyFile("what the key file seals is no key")
    return root


def _written(root: bytes, kek: str) -> bytes:
    try:
        return (f"{SEALED} {b64u(kek_of(kek).seal(root))}\n" if kek else f"{b64u(root)}\n").encode()
    except BadKek as error:
        raise BadKeyFile(str(error)) from None


def _write_new(path: Path, raw: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BadKeyFile(f"the key file {path} cannot be made: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
