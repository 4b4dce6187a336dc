"""What the gateway's key file is sealed with: a key in another file (a service credential, say), or one that never
leaves a PKCS#11 token.

Laws: a file is 32 bytes as base64url, mode 0600; a token is named by a PKCS#11 URI (RFC 7512) whose PIN stands in a
file of mode 0600; what was sealed is bound to its purpose, so that nothing else of the key's opens as a key file.
"""

import os
import stat
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote

from crypto import aead
from crypto.encoding import unb64u
from crypto.errors import CannotOpen, NotCanonical
from crypto.randomness import SYSTEM

SCHEME: Final = "pkcs11:"
AD: Final = b"pli gateway key file v1\x00"
_PIN_LIMIT: Final = 256


class BadKek(ValueError):
    """The key-encryption key is not there, open to others, or the wrong one. Holds no key."""


class Kek(Protocol):
    """Seals 32 bytes."""

    def seal(self, root: bytes) -> bytes:
        """Raises BadKek."""
        ...

    def open(self, sealed: bytes) -> bytes:
        """Raises BadKek: another key, or changed bytes."""
        ...


class FileKek:
    """A key in a file."""

    def __init__(self, path: Path) -> None:
        """Raises BadKek."""
        try:
            self._key = unb64u(private(path).decode("ascii").strip(), 32)
        except (NotCanonical, UnicodeDecodeError):
            raise BadKek(f"{path} does not hold 32 bytes as base64url") from None

    def seal(self, root: bytes) -> bytes:
        nonce = SYSTEM.take(aead.NONCE)
        return nonce + aead.encrypt(self._key, nonce, root, AD)

    def open(self, sealed: bytes) -> bytes:
        try:
            return aead.unseal(self._key, sealed, AD, "gateway key file")
        except CannotOpen:
            raise BadKek("the key file does not open with this key-encryption key") from None


def kek_of(named: str) -> Kek:
    """The key of a path or a PKCS#11 URI. Raises BadKek."""
    if not named.startswith(SCHEME):
        return FileKek(Path(named))
    try:
        from bridges.mssante.token import TokenKek  # noqa: PLC0415 - an extra: a plain install needs no native library
    except ImportError:
        raise BadKek("a token needs the extra: pip install 'pli[pkcs11]'") from None
    return TokenKek(*_uri(named))


def private(path: Path) -> bytes:
    """A small file that nobody else may read. Raises BadKek."""
    try:
        with path.open("rb") as file:
            mode, raw = os.fstat(file.fileno()).st_mode, file.read(_PIN_LIMIT)
    except OSError as error:
        raise BadKek(f"{path} cannot be read: {error.strerror}") from None
    if stat.S_IMODE(mode) & 0o077:
        raise BadKek(f"{path} must be of mode 0600: others may read or write it")
    return raw


def _uri(named: str) -> tuple[str, str, str, str]:
    """Module, token, object and PIN."""
    path, _, query = named.removeprefix(SCHEME).partition("?")
    found = dict(_attribute(each) for each in [*path.split(";"), *query.split("&")] if each)
    missing = [name for name in ("token", "object", "module-path", "pin-source") if not found.get(name)]
    if missing:
        raise BadKek(f"the PKCS#11 URI needs {', '.join(missing)}")
    if "pin-value" in found:
        raise BadKek("a PIN does not stand in a configuration: name a file of mode 0600 with pin-source")
    pin = private(Path(found["pin-source"].removeprefix("file:"))).decode("utf-8", "replace").strip()
    return found["module-path"], found["token"], found["object"], pin


def _attribute(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, unquote(value)
