"""A key-encryption key in a PKCS#11 token (a smart card, an HSM): AES-GCM inside, and the key never leaves it."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import pkcs11
from pkcs11.exceptions import PKCS11Error

from bridges.mssante.kek import AD, BadKek
from crypto.randomness import SYSTEM

T = TypeVar("T")
NONCE: Final = 12  # bytes (NIST SP 800-38D, 8.2)


class TokenKek:
    """An AES key of a token, by their labels. A session is opened for each use, of which there are few."""

    def __init__(self, module: str, token: str, label: str, pin: str) -> None:
        self._module, self._token, self._label, self._pin = module, token, label, pin

    def seal(self, root: bytes) -> bytes:
        nonce = SYSTEM.take(NONCE)
        return nonce + self._use(lambda key: _bytes(key.encrypt(root, **_gcm(nonce))))

    def open(self, sealed: bytes) -> bytes:
        nonce, rest = sealed[:NONCE], sealed[NONCE:]
        return self._use(lambda key: _bytes(key.decrypt(rest, **_gcm(nonce))))

    def _use(self, work: Callable[[Any], T]) -> T:
        try:
            found = pkcs11.lib(self._module).get_token(token_label=self._token)
            with found.open(user_pin=self._pin) as session:
                return work(session.get_key(object_class=pkcs11.ObjectClass.SECRET_KEY, label=self._label))
        except (PKCS11Error, RuntimeError) as error:
            raise BadKek(f"the token {self._token!r} does not do it: {type(error).__name__}") from None


def _gcm(nonce: bytes) -> dict[str, Any]:
    return {"mechanism": pkcs11.Mechanism.AES_GCM, "mechanism_param": pkcs11.GCMParams(nonce, AD)}


def _bytes(found: Any) -> bytes:
    return bytes(found)
