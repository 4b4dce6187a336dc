"""Standard Webhooks: the specification's own example, and what is refused."""

import base64

import pytest

from messaging.wire.signing import BadWebhook, sign, verify

# https://github.com/standard-webhooks/standard-webhooks, libraries' tests
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, TIME, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
NOW = int(TIME)


def test_the_published_example_is_made_and_believed() -> None:
    assert sign(base64.b64decode(SECRET.removeprefix("whsec_")), ID, NOW, BODY) == SIGNATURE
    verify(SECRET, ID, TIME, SIGNATURE, BODY, NOW)
    verify(SECRET.removeprefix("whsec_"), ID, TIME, f"v1a,xx v1,AAAA {SIGNATURE}", BODY, NOW + 300)


@pytest.mark.parametrize(
    ("id_", "time", "signature", "body", "now"),
    [
        ("msg_other", TIME, SIGNATURE, BODY, NOW), (ID, "1614265331", SIGNATURE, BODY, NOW),
        (ID, TIME, SIGNATURE, BODY + b" ", NOW), (ID, TIME, "", BODY, NOW), (ID, TIME, "v1,", BODY, NOW),
        (ID, TIME, SIGNATURE.replace("v1", "v2"), BODY, NOW), (ID, TIME, SIGNATURE[:-2], BODY, NOW),
        (ID, TIME, SIGNATURE, BODY, NOW + 301), (ID, TIME, SIGNATURE, BODY, NOW - 301), (ID, "", SIGNATURE, BODY, NOW),
        (ID, "-1614265330", SIGNATURE, BODY, NOW), (ID, "9" * 400, SIGNATURE, BODY, NOW),
        (ID, "١٦", SIGNATURE, BODY, 16),
        (ID, TIME, "é " * 10_000, BODY, NOW), (ID, TIME, "v1,AAAA " * 16 + SIGNATURE, BODY, NOW),
    ],
)  # fmt: skip
def test_what_is_not_signed_as_it_stands_is_refused(id_: str, time: str, signature: str, body: bytes, now: int) -> None:
    with pytest.raises(BadWebhook):
        verify(SECRET, id_, time, signature, body, now)


@pytest.mark.parametrize("secret", ["whsec_!", "whsec_é", "whsec_AAAA"])
def test_another_secret_believes_nothing(secret: str) -> None:
    with pytest.raises(BadWebhook):
        verify(secret, ID, TIME, SIGNATURE, BODY, NOW)
