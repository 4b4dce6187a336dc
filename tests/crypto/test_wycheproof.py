"""C2SP Wycheproof's vectors through our own wrappers, with the verdicts that the TypeScript twin gives too.

The shared expectation is tests/vectors/wycheproof/verdicts.json. Nothing here calls a primitive in a wrapper's place.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias

import pytest

from crypto import aead, xwing
from crypto.encoding import hkdf
from crypto.envelope import header
from crypto.errors import CryptoError
from crypto.keys import SealingPublic, SealingSeed, SigningPublic
from crypto.labels import MLKEM_CIPHERTEXT, MLKEM_PUBLIC, XWING_LABEL
from crypto.randomness import Source

Case: TypeAlias = dict[str, Any]

FOLDER = Path(__file__).parent.parent / "vectors" / "wycheproof"
VERDICTS = json.loads((FOLDER / "verdicts.json").read_text("utf-8"))
SUITES = tuple(VERDICTS["tally"])
CASES: dict[str, list[Case]] = {
    suite: json.loads((FOLDER / f"{suite}.json").read_text("utf-8"))["cases"] for suite in SUITES
}
STRICTER = {(entry["suite"], tc_id) for entry in VERDICTS["stricter"] for tc_id in entry["tcIds"]}
REFUSED = "refused"

SEED = bytes(range(32))
MLKEM_KEY = xwing.public_key(SEED)[:MLKEM_PUBLIC]
# An exchange whose shared secret is known, for the half of X-Wing that a test is not about.
KNOWN = {name: bytes.fromhex(CASES["x25519"][0][name]) for name in ("public", "private", "shared")}


def expected(suite: str, case: Case) -> str:
    verdict: str = VERDICTS["rule"][case["result"]]
    return REFUSED if (suite, case["tcId"]) in STRICTER else verdict


def answer(door: str, suite: str, case: Case) -> str:
    """The verdict as the name of the error that this door refuses with."""
    refusal: str = VERDICTS["refusals"][door]
    return refusal if expected(suite, case) == REFUSED else "accepted"


def answered(work: Callable[[], object]) -> str:
    try:
        work()
    except CryptoError as error:
        return type(error).__name__
    return "accepted"


def named(suite: str, keep: Callable[[Case], bool] = lambda _: True) -> pytest.MarkDecorator:
    params = [
        pytest.param(case, id=f"{suite} tcId {case['tcId']} {case['comment']}".rstrip())
        for case in CASES[suite]
        if keep(case)
    ]
    return pytest.mark.parametrize("case", params)


def unhexed(case: Case, *names: str) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(case[name]) for name in names)


def combined(secret_m: bytes, secret_x: bytes, theirs: bytes, public: bytes) -> bytes:
    """What X-Wing makes of two secrets (docs/spec/envelope.md), written again: the wrappers give nothing else out."""
    return hashlib.sha3_256(secret_m + secret_x + theirs + public + XWING_LABEL).digest()


@named("ed25519")
def test_an_ed25519_signature_has_the_shared_verdict(case: Case) -> None:
    public, message, signature = unhexed(case, "public", "msg", "sig")
    # Wycheproof's keys are all of the prime-order group: one that did not load would end the test here.
    key = SigningPublic.load(public)

    verdict = answered(lambda: key.verify(message, signature))

    assert verdict == answer("ed25519 verify", "ed25519", case)


@named("x25519")
def test_an_x25519_key_is_loaded_by_the_shared_verdict(case: Case) -> None:
    (public,) = unhexed(case, "public")

    verdict = answered(lambda: SealingPublic.load(MLKEM_KEY + public))

    assert verdict == answer("x25519 load", "x25519", case)


@named("x25519")
def test_encapsulation_multiplies_by_the_shared_verdict(case: Case) -> None:
    public, private, shared = unhexed(case, "public", "private", "shared")
    secret_m, ciphertext_m = bytes([7]) * 32, bytes(MLKEM_CIPHERTEXT)
    source = Source(lambda _: private, lambda _: (secret_m, ciphertext_m))
    made: list[tuple[bytes, bytes]] = []

    verdict = answered(lambda: made.append(xwing._encapsulate(MLKEM_KEY + public, source)))

    assert verdict == answer("x25519 encapsulate", "x25519", case)
    assert all(
        secret == combined(secret_m, shared, ciphertext[MLKEM_CIPHERTEXT:], public) for secret, ciphertext in made
    )


@named("x25519")
def test_decapsulation_multiplies_by_the_shared_verdict(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    public, private, shared = unhexed(case, "public", "private", "shared")
    key = secret_key(monkeypatch, bytes(64), private)
    ciphertext_m = bytes(MLKEM_CIPHERTEXT)
    made: list[bytes] = []

    verdict = answered(lambda: made.append(key.decapsulate(ciphertext_m + public)))

    assert verdict == answer("x25519 decapsulate", "x25519", case)
    secret_m = key._mlkem.decapsulate(ciphertext_m)
    assert all(secret == combined(secret_m, shared, public, key._x25519_public) for secret in made)


@named("xchacha")
def test_xchacha20_poly1305_opens_by_the_shared_verdict(case: Case) -> None:
    key, nonce, ad, message, ciphertext, tag = unhexed(case, "key", "iv", "aad", "msg", "ct", "tag")
    opened: list[bytes] = []

    verdict = answered(lambda: opened.append(aead.unseal(key, nonce + ciphertext + tag, ad, "vector")))

    assert verdict == answer("xchacha unseal", "xchacha", case)
    assert opened == [message][: verdict == "accepted"]


@named("xchacha", lambda case: case["result"] == "valid")
def test_xchacha20_poly1305_seals_to_the_same_bytes(case: Case) -> None:
    key, nonce, ad, message, ciphertext, tag = unhexed(case, "key", "iv", "aad", "msg", "ct", "tag")

    assert aead.encrypt(key, nonce, message, ad) == ciphertext + tag


@named("xchacha", lambda case: "InvalidNonceSize" in case["flags"])
def test_xchacha20_poly1305_seals_nothing_under_a_nonce_of_another_length(case: Case) -> None:
    key, nonce, ad, message = unhexed(case, "key", "iv", "aad", "msg")

    with pytest.raises(TypeError, match="Nonce must be"):
        aead.encrypt(key, nonce, message, ad)


@named("hkdf")
def test_hkdf_gives_the_same_bytes(case: Case) -> None:
    key, salt, info, made = unhexed(case, "ikm", "salt", "info", "okm")

    assert hkdf(key, salt, info) == made


@named("hmac")
def test_hmac_sha_512_cut_to_32_bytes_has_the_shared_verdict(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    key, message, tag = unhexed(case, "key", "msg", "tag")
    # The key of our HMAC-SHA-512 is a label: here the label is the case's key.
    monkeypatch.setattr(header, "RECIPIENT_IDENTIFIER", key)

    same = header.identifier(message[:5], message[5:]) == tag

    assert same == (expected("hmac", case) == "accepted")


@named("mlkem", lambda case: case["result"] == "valid")
def test_ml_kem_768_makes_the_key_and_decapsulates(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    seed, ciphertext, secret_m, digest = unhexed(case, "seed", "c", "K", "ekSha256")
    key = secret_key(monkeypatch, seed, KNOWN["private"])

    public, secret = key.public(), key.decapsulate(ciphertext + KNOWN["public"])

    assert hashlib.sha256(public[:MLKEM_PUBLIC]).digest() == digest
    assert secret == combined(secret_m, KNOWN["shared"], KNOWN["public"], public[MLKEM_PUBLIC:])


@named("mlkem", lambda case: case["result"] == "invalid" and "c" in case)
def test_an_ml_kem_768_ciphertext_of_another_length_is_refused(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    seed, ciphertext = unhexed(case, "seed", "c")
    key = secret_key(monkeypatch, seed, KNOWN["private"])

    verdict = answered(lambda: key.decapsulate(ciphertext + KNOWN["public"]))

    assert verdict == answer("mlkem decapsulate", "mlkem", case)


@named("mlkem", lambda case: "c" not in case)
def test_a_secret_key_of_another_length_is_refused(case: Case) -> None:
    # ML-KEM's own seed is cut from 96 bytes of SHAKE-256 and has one length: ours is checked where it comes in.
    (seed,) = unhexed(case, "seed")

    assert answer("mlkem seed", "mlkem", case) == "Length"
    for door in (SealingSeed, xwing.SecretKey):
        with pytest.raises(ValueError, match="32 bytes"):
            door(seed)


@pytest.mark.parametrize(("value", "verdict"), VERDICTS["coefficients"]["verdicts"].items())
def test_a_coefficient_over_the_modulus_is_refused_wherever_it_stands(
    value: str, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (case,) = (case for case in CASES["mlkem"] if case["tcId"] == VERDICTS["coefficients"]["tcId"])
    public = secret_key(monkeypatch, bytes.fromhex(case["seed"]), KNOWN["private"]).public()
    spoilt = [with_coefficient(public, index, int(value)) for index in range(768)]

    loaded = {answered(partial(xwing.check_public, key)) for key in spoilt}
    sealed = {answered(partial(xwing.encapsulate, key)) for key in spoilt}

    refused = verdict == REFUSED
    assert loaded == {VERDICTS["refusals"]["mlkem load"] if refused else "accepted"}
    assert sealed == {VERDICTS["refusals"]["mlkem encapsulate"] if refused else "accepted"}


@pytest.mark.parametrize("suite", SUITES)
def test_no_case_is_lost(suite: str) -> None:
    tally = Counter(expected(suite, case) for case in CASES[suite])

    assert {"accepted": 0, REFUSED: 0} | dict(tally) == VERDICTS["tally"][suite]
    assert len({case["tcId"] for case in CASES[suite]}) == len(CASES[suite])


def test_the_table_of_stricter_cases_lists_only_what_wycheproof_lets_pass() -> None:
    passing = {(suite, case["tcId"]) for suite in SUITES for case in CASES[suite] if case["result"] != "invalid"}

    assert passing >= STRICTER
    assert all(entry["reason"] for entry in VERDICTS["stricter"])


def secret_key(monkeypatch: pytest.MonkeyPatch, mlkem_seed: bytes, x25519_secret: bytes) -> xwing.SecretKey:
    """A SecretKey whose seed expands to these: all else of it is as in production."""
    expanded = SimpleNamespace(digest={96: mlkem_seed + x25519_secret}.__getitem__)
    hashes = SimpleNamespace(shake_256=lambda _: expanded, sha3_256=hashlib.sha3_256)
    monkeypatch.setattr(xwing, "hashlib", hashes)
    return xwing.SecretKey(SEED)


def with_coefficient(public: bytes, index: int, value: int) -> bytes:
    """`public` with the 12-bit coefficient `index` replaced (FIPS 203, algorithm 5: little-endian bits)."""
    number = int.from_bytes(public[: MLKEM_PUBLIC - 32], "little")
    number ^= ((number >> 12 * index & 0xFFF) ^ value) << 12 * index
    return number.to_bytes(MLKEM_PUBLIC - 32, "little") + public[MLKEM_PUBLIC - 32 :]
