"""For whoever takes webhooks of a relay: whether one is the relay's, and what it says changed."""

import time
from collections.abc import Mapping

import msgspec

from messaging.wire.signing import BadWebhook, verify

__all__ = ["BadWebhook", "changed_of"]


def changed_of(
    secret: str, headers: Mapping[str, str], body: bytes, now: float | None = None
) -> dict[str, dict[str, str]]:  # fmt: skip
    """The new state of each type, by account (RFC 8620, 7.1). `secret` is what `Webhook/set` answered.

    `headers` in any capitals, `now` in seconds since 1970. The same webhook may come twice: keep its `webhook-id`.
    Raises BadWebhook for what the relay did not sign within the last five minutes.
    """
    given = {name.lower(): value for name, value in headers.items()}
    id_, sent, signature = (given.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    verify(secret, id_, sent, signature, body, int(time.time() if now is None else now))
    try:
        return msgspec.convert(msgspec.json.decode(body)["changed"], dict[str, dict[str, str]])
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError):
        raise BadWebhook("it is no change") from None
