"""The signature of webhooks (standardwebhooks.com, version 1): HMAC-SHA-256 over id, time and body. Pure."""

import base64
import binascii
import hmac
from typing import Final

PREFIX: Final = "whsec_"
TOLERANCE_SECONDS: Final = 300  # of the sender's clock, either way


class BadWebhook(Exception):
    """It is not signed by whom it should be, or is too old."""


def sign(secret: bytes, id_: str, time: int, body: bytes) -> str:
    """The `webhook-signature` header. `time` in seconds since 1970."""
    made = hmac.digest(secret, f"{id_}.{time}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(made).decode()


def verify(secret: str, id_: str, time: str, signature: str, body: bytes, now: int) -> None:
    """Raises BadWebhook unless one of the signatures (a header may have several, between spaces) is right and of now.

    `secret` as the relay said it: `whsec_` and base 64. Whoever takes webhooks also keeps the ids: one may come twice.
    """
    if not (time.isascii() and time.isdigit() and len(time) < 13 and abs(int(time) - now) <= TOLERANCE_SECONDS):
        raise BadWebhook("the time is not of now")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise BadWebhook("the secret is not one") from None
    expected = sign(key, id_, int(time), body).encode()
    given = [one.encode("utf-8", "surrogateescape") for one in signature.split(" ")[:16]]
    if not any(hmac.compare_digest(expected, one) for one in given):
        raise BadWebhook("the signature is wrong")
