"""The directory and webhooks as integrators have them."""

import base64
import time

import pytest

from clients.sdk.webhooks import BadWebhook, changed_of
from messaging.wire.signing import sign

SECRET = bytes(range(32))
SHOWN = "whsec_" + base64.b64encode(SECRET).decode()
BODY = b'{"@type":"StateChange","changed":{"a1":{"SealedMessage":"7"}}}'


def _headers(body: bytes, now: int) -> dict[str, str]:
    return {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(now), "Webhook-Signature": sign(SECRET, "msg_1", now, body)}


def test_a_webhook_of_the_relay_says_what_changed() -> None:
    now = int(time.time())
    assert changed_of(SHOWN, _headers(BODY, now), BODY) == {"a1": {"SealedMessage": "7"}}


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"changed": {"a": 1}}', b"\xff", b'{"changed": []}'])
def test_what_is_signed_and_no_change_is_refused(body: bytes) -> None:
    with pytest.raises(BadWebhook):
        changed_of(SHOWN, _headers(body, 1_000), body, now=1_000)


def test_what_is_not_signed_old_or_without_its_headers_is_refused() -> None:
    for headers, now in ((_headers(BODY, 1_000), 2_000.0), (_headers(b"{}", 1_000), 1_000.0), ({}, 1_000.0)):
        with pytest.raises(BadWebhook):
            changed_of(SHOWN, headers, BODY, now=now)
