"""Pairing: a second device gets the box key from the first, after a person compared six digits (docs/spec/pairing.md).

The new device makes a Pairing and shows its code; the old one reads it, fetches the key and checks that it is of the
code. `hello` brings what the digits are made of; only after the person has compared them may make_grant() be called.
The relay carries keys and envelopes: it can neither put a key of its own in (another code), nor make an envelope
(no signing key), nor choose digits (it does not know the comparison).
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from crypto.code import Code, code_of_bits, code_text
from crypto.encoding import Json, b64u, canonical, integer, members, parse_canonical, text, unb64u
from crypto.envelope import Opened, open_sealed
from crypto.envelope.sealing import _seal
from crypto.errors import CannotOpen, NotCanonical
from crypto.keybox import BoxKey, OpenedBox, open_box
from crypto.keys import SealingPublic, SealingSeed, SigningPublic, SigningSeed, is_account
from crypto.labels import CODE_BITS, COMPARISON, PAIRING, PAIRING_FORMAT
from crypto.randomness import SYSTEM, Source

_HELLO = frozenset({"account", "comparison", "pairing", "step", "v"})
_GRANT = frozenset({"account", "boxKey", "login", "pairing", "step", "v", "version"})
_KEY, _FORM, _SIGNER, _BOX = "pairing/1", "pairing/2", "pairing/3", "pairing/4"
_DIGITS = 1_000_000


@dataclass(frozen=True)
class Pairing:
    """What the new device holds while it waits. `code` is of the seed's public key: the code is what people carry."""

    seed: SealingSeed
    code: Code

    @classmethod
    def of(cls, seed: SealingSeed) -> Self:
        """Of a seed that was made before. Raises CannotOpen when its key has no code that people can type."""
        return cls(seed, pairing_code(seed.public()))


@dataclass(frozen=True, repr=False)
class Hello:
    """Who says hello, and the 32 bytes that nobody but the two devices knows until the digits are compared."""

    account: str
    comparison: bytes
    signer: SigningPublic

    def __repr__(self) -> str:
        return f"Hello({self.account!r}, ...)"


@dataclass(frozen=True, repr=False)
class Grant:
    """The account's box key, the name its owner logs in with, and the version of the box that was open."""

    box_key: BoxKey
    login: str
    version: int

    def __repr__(self) -> str:
        return "Grant(...)"


def new_pairing() -> Pairing:
    """A fresh pair whose code people can type."""
    return _new_pairing(SYSTEM)


def pairing_code(key: SealingPublic) -> Code:
    """The code of a new device's public key. Raises CannotOpen when it has none that people can type."""
    code = _code(key)
    if code is None:
        raise CannotOpen(_KEY)
    return code


def pairing_link(origin: str, code: Code) -> str:
    """What the QR shows: `origin` is scheme, host and port, without a slash at the end."""
    return f"{origin}/#pair/{code_text(code)}"


def digits(comparison: bytes, code: Code, signer: SigningPublic) -> str:
    """Six digits, as "123 456": on both screens the same, when both devices speak with each other."""
    said = COMPARISON + b"\x00" + code_text(code).encode() + signer.raw
    number = int.from_bytes(hmac.digest(comparison, said, "sha256")[:8], "big") % _DIGITS
    return f"{number // 1000:03} {number % 1000:03}"


def make_hello(account: str, signer: SigningSeed, key: SealingPublic, code: Code) -> tuple[bytes, bytes]:
    """(envelope, comparison) of the old device; `code` is what the person's eyes or camera brought, `key` the relay's.

    Raises CannotOpen when the key is not the code's: then nothing is sealed to it.
    """
    return _make_hello(account, signer, key, code, SYSTEM)


def open_hello(sealed: bytes, pairing: Pairing) -> Hello:
    """What the old device says first: whoever signs it now signs the grant as well. Raises CannotOpen."""
    opened, said = _opened(sealed, pairing, "hello", _HELLO)
    try:
        return Hello(text(said["account"]), unb64u(text(said["comparison"]), 32), opened.sender)
    except NotCanonical as error:
        raise CannotOpen(_FORM) from error


def make_grant(
    account: str, signer: SigningSeed, key: SealingPublic, code: Code, *, box_key: BoxKey, login: str, version: int
) -> bytes:
    """The envelope that hands the box key over: only after the person said that the digits are the same.

    Raises CannotOpen when the key is not the code's.
    """
    return _make_grant(account, signer, key, code, Grant(box_key, login, version), SYSTEM)


def open_grant(sealed: bytes, pairing: Pairing, hello: Hello) -> Grant:
    """The box key, from the one who said hello. Raises CannotOpen."""
    opened, said = _opened(sealed, pairing, "grant", _GRANT)
    if opened.sender != hello.signer or said["account"] != hello.account:
        raise CannotOpen(_SIGNER)
    try:
        return _read_grant(said)
    except NotCanonical as error:
        raise CannotOpen(_FORM) from error


def open_granted(box: bytes, hello: Hello, grant: Grant) -> OpenedBox:
    """The box that the relay holds, when its keys are those of the device that granted it.

    Raises CannotOpen, and OlderBox below the version of the grant.
    """
    try:
        opened = open_box(box, hello.account, grant.box_key, grant.version)
    except CannotOpen as error:
        raise CannotOpen(_BOX) from error
    if opened.content.keys.signing.public() != hello.signer:
        raise CannotOpen(_BOX)
    return opened


def _new_pairing(source: Source) -> Pairing:
    while True:
        seed = SealingSeed._generate(source)
        code = _code(seed.public())
        if code is not None:
            return Pairing(seed, code)


def _code(key: SealingPublic) -> Code | None:
    digest = hashlib.sha256(PAIRING + b"\x00" + key.raw).digest()
    return code_of_bits(int.from_bytes(digest, "big") >> (256 - CODE_BITS))


def _make_hello(
    account: str, signer: SigningSeed, key: SealingPublic, code: Code, source: Source
) -> tuple[bytes, bytes]:
    comparison = source.take(32)
    return _sealed("hello", account, signer, key, code, {"comparison": b64u(comparison)}, source), comparison


def _make_grant(
    account: str, signer: SigningSeed, key: SealingPublic, code: Code, grant: Grant, source: Source
) -> bytes:
    said: dict[str, Json] = {"boxKey": b64u(grant.box_key.raw), "login": grant.login, "version": grant.version}
    return _sealed("grant", account, signer, key, code, said, source)


def _sealed(
    step: str,
    account: str,
    signer: SigningSeed,
    key: SealingPublic,
    code: Code,
    said: Mapping[str, Json],
    source: Source,
) -> bytes:
    if pairing_code(key) != code:
        raise CannotOpen(_KEY)
    whole = {"account": account, "pairing": code_text(code), "step": step, "v": PAIRING_FORMAT, **said}
    return _seal(canonical(whole), signer, [key], source)


def _opened(sealed: bytes, pairing: Pairing, step: str, names: frozenset[str]) -> tuple[Opened, Mapping[str, Json]]:
    try:
        opened = open_sealed(sealed, [pairing.seed])
        said = members(parse_canonical(opened.plaintext), names)
        fits = integer(said["v"]) == PAIRING_FORMAT and is_account(text(said["account"]))
    except (CannotOpen, NotCanonical) as error:
        raise CannotOpen(_FORM) from error
    if opened.recipients != 1 or not fits or (said["step"], said["pairing"]) != (step, code_text(pairing.code)):
        raise CannotOpen(_FORM)
    return opened, said


def _read_grant(said: Mapping[str, Json]) -> Grant:
    version = integer(said["version"])
    if version < 1:
        raise CannotOpen(_FORM)
    return Grant(BoxKey(unb64u(text(said["boxKey"]), 32)), text(said["login"]), version)
