"""A log-in is a signature over a single-use challenge (docs/spec/login.md).

Shared by client and relay: opens nothing, imports nothing that does.
"""

import hmac
from dataclasses import dataclass

from crypto.encoding import base32, canonical, hkdf, unb64u
from crypto.errors import CannotOpen, NotCanonical
from crypto.keys import SigningPublic, SigningSeed
from crypto.labels import LOGIN, PASSKEY_LOGIN, PRF_OUTPUT

METHODS = frozenset({"password", "letter", "recovery", "passkey", "key"})
_ITEM = "login/1"


@dataclass(frozen=True)
class Decoy:
    """What stands in for a login that nobody has: `salt` is answered, `account` is said to nobody (it counts tries)."""

    account: str
    salt: bytes


def login_message(challenge: str, method: str, origin: str, time: str) -> bytes:
    """The bytes that are signed. `challenge` is b64u of 32 bytes, `time` RFC 3339 in UTC as sent on the wire.

    The challenge was made for one log-in name; the account is said only after the log-in, so it is not in here.

    Raises NotCanonical for another challenge, an unknown method or text with lone surrogates.
    """
    unb64u(challenge, 32)
    if method not in METHODS:
        raise NotCanonical("login/method")
    said = {"challenge": challenge, "method": method, "origin": origin, "time": time}
    return LOGIN + b"\x00" + canonical(said)


def sign_login(seed: SigningSeed, challenge: str, method: str, origin: str, time: str) -> bytes:
    """64 bytes. `origin` is the one that the client believes it talks to. Raises as login_message()."""
    return seed.sign(login_message(challenge, method, origin, time))


def verify_login(public: SigningPublic, signature: bytes, challenge: str, method: str, origin: str, time: str) -> None:
    """Raises CannotOpen unless it fits. Whether the challenge is fresh and unused is for the relay to check."""
    try:
        message = login_message(challenge, method, origin, time)
    except NotCanonical as error:
        raise CannotOpen(_ITEM) from error
    public.verify(message, signature, _ITEM)


def passkey_login(output: bytes) -> SigningSeed:
    """The log-in key of a passkey: `output` is its PRF output, 32 bytes (ValueError otherwise)."""
    if len(output) != PRF_OUTPUT:
        raise ValueError(f"a PRF output has {PRF_OUTPUT} bytes")
    return SigningSeed(hkdf(output, b"", PASSKEY_LOGIN))


def decoy(secret: bytes, method: str, login: str) -> Decoy:
    """Account and salt for an unknown login: HMAC-SHA-256(secret, method || 00 || login), 16 bytes of it for each."""
    made_up = hmac.digest(secret, method.encode() + b"\x00" + login.encode("utf-8", "surrogatepass"), "sha256")
    return Decoy("a" + base32(made_up[:16]), made_up[16:])
