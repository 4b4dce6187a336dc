"""Web Push: the RFC's own answer (RFC 8291, appendix A), what is refused, and the signature of RFC 8292."""

import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from crypto.errors import CannotOpen, WeakKey
from crypto.webpush import MOST, VapidKey, _encrypted, decrypt, encrypt, raw_public


def _raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(_raw(text)), ec.SECP256R1())


AUTH = _raw("BTBZMqHH6r4Tts7J_aSIgg")
BROWSER = _private("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
SERVER = _private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
SALT = _raw("DGv6ra1nlYgDCS1FRnbzlw")
PLAIN = b"When I grow up, I want to be a watermelon"
EXPECTED = _raw(
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_rfcs_own_message_is_made_byte_for_byte() -> None:
    assert _encrypted(PLAIN, raw_public(BROWSER), AUTH, SERVER, SALT) == EXPECTED
    assert decrypt(EXPECTED, BROWSER, AUTH) == PLAIN


def test_a_message_is_fresh_each_time_and_opens() -> None:
    first, second = (encrypt(PLAIN, raw_public(BROWSER), AUTH) for _ in range(2))
    assert first != second
    assert decrypt(first, BROWSER, AUTH) == decrypt(second, BROWSER, AUTH) == PLAIN
    assert decrypt(encrypt(bytes(MOST), raw_public(BROWSER), AUTH), BROWSER, AUTH) == bytes(MOST)


def test_any_flipped_bit_is_refused_with_the_one_error() -> None:
    for position in [*range(16), *range(20, len(EXPECTED))]:
        wrong = bytearray(EXPECTED)
        wrong[position] ^= 1
        with pytest.raises(CannotOpen):
            decrypt(bytes(wrong), BROWSER, AUTH)


@pytest.mark.parametrize("wrong", [b"", EXPECTED[:86], EXPECTED[:-1], EXPECTED + b"\0", bytes(200)])
def test_what_is_no_message_is_refused(wrong: bytes) -> None:
    with pytest.raises(CannotOpen):
        decrypt(wrong, BROWSER, AUTH)


def test_for_others_and_with_another_secret_it_does_not_open() -> None:
    with pytest.raises(CannotOpen):
        decrypt(EXPECTED, SERVER, AUTH)
    with pytest.raises(CannotOpen):
        decrypt(EXPECTED, BROWSER, bytes(16))


@pytest.mark.parametrize("point", [b"", bytes(65), b"\x04" + bytes(64), b"\x04" + b"\xff" * 64, bytes(33)])
def test_what_is_no_point_is_no_key(point: bytes) -> None:
    with pytest.raises(WeakKey):
        encrypt(PLAIN, point, AUTH)


def test_too_long_a_text_is_not_sent_in_two() -> None:
    with pytest.raises(ValueError, match="over"):
        encrypt(bytes(MOST + 1), raw_public(BROWSER), AUTH)


def test_the_authorization_is_a_jwt_of_the_key_that_it_names() -> None:
    key, until = VapidKey(bytes(32)), datetime(2026, 3, 1, tzinfo=UTC)
    said = key.authorization("https://push.example", "mailto:it@pli.example", until)
    token, shown = said.removeprefix("vapid t=").split(", k=")
    head, claims, signature = token.split(".")
    assert _raw(shown) == key.public == VapidKey(bytes(32)).public != VapidKey(bytes([1] * 32)).public
    assert json.loads(_raw(head)) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(_raw(claims)) == {
        "aud": "https://push.example", "exp": int(until.timestamp()), "sub": "mailto:it@pli.example",
    }  # fmt: skip
    raw = _raw(signature)
    made = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.public)
    public.verify(made, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(made, f"{head}.{claims}x".encode(), ec.ECDSA(SHA256()))
    assert "0" * 16 not in repr(key)
