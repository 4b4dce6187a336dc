"""The catalogue of apps that an authority has certified: signed by it, handed on by the relay, checked by everybody.

signature = Ed25519 over "pli catalogue v1" || 00 || the bytes of `catalogue` (docs/spec/protocol.md, Catalogue).
"""

from collections.abc import Collection
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from crypto.encoding import b64u, canonical, unb64u
from crypto.errors import CannotOpen, NotCanonical, WeakKey
from crypto.keys import SigningPublic, SigningSeed
from messaging.wire.codec import decode
from messaging.wire.errors import Refusal
from messaging.wire.types import AccountId, B64u, B64u32, B64u64, Date, UnsignedInt, Wire

CATALOGUE: Final = b"pli catalogue v1"
MAX_CATALOGUE: Final = 1 << 20  # bytes of the signed file
_ITEM: Final = "catalogue/1"

Scope = Literal["letters.send", "letters.receive", "record.read", "record.add", "agenda.read", "agenda.add"]
Line = Annotated[str, Meta(min_length=1, max_length=300)]
Url = Annotated[str, Meta(pattern=r"^https?://[^\s#]{1,500}$(?!\n)")]


class Words(Wire, frozen=True):
    """The same in both languages."""

    fr: Line
    en: Line


class CatalogueApp(Wire, frozen=True):
    """One certified app. `redirect_uris`: where codes may be sent, each compared whole (RFC 9700, 2.1)."""

    account: AccountId
    name: Words
    publisher: Line
    purpose: Words
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=6)]
    website: Url
    redirect_uris: Annotated[list[Url], Meta(max_length=16)]
    certified_until: Date


class Catalogue(Wire, frozen=True):
    """What the authority says. `version` only grows; after `valid_until` nobody gives a new grant by it."""

    version: UnsignedInt
    issued_at: Date
    valid_until: Date
    authority: Line
    apps: Annotated[list[CatalogueApp], Meta(max_length=1_000)]


class SignedCatalogue(Wire, frozen=True):
    """`catalogue`: the bytes that are signed, canonical JSON of a Catalogue; `key`: the authority's."""

    catalogue: B64u
    signature: B64u64
    key: B64u32


class BadCatalogue(Exception):
    """It is not one, or no authority that is known has signed it; the text says which."""


def sign(catalogue: Catalogue, seed: SigningSeed) -> SignedCatalogue:
    """By the authority. Raises BadCatalogue: an account stands in it twice."""
    _check(catalogue)
    raw = canonical(msgspec.to_builtins(catalogue))
    return SignedCatalogue(catalogue=b64u(raw), signature=b64u(seed.sign(_signed(raw))), key=b64u(seed.public().raw))


def verify(signed: SignedCatalogue, authorities: Collection[bytes]) -> Catalogue:
    """What it says, when one of these keys (32 bytes each) has signed it. Raises BadCatalogue."""
    try:
        raw, key, signature = unb64u(signed.catalogue), unb64u(signed.key, 32), unb64u(signed.signature, 64)
        if key not in authorities:
            raise BadCatalogue("it is signed by another key than the authority's")
        SigningPublic.load(key).verify(_signed(raw), signature, _ITEM)
        found = decode(raw, Catalogue)
    except (NotCanonical, WeakKey) as error:
        raise BadCatalogue("its signature or its key is not one") from error
    except CannotOpen as error:
        raise BadCatalogue("its signature does not fit") from error
    except Refusal as error:
        raise BadCatalogue(f"what is signed is no catalogue: {error.detail or error.name}") from error
    _check(found)
    return found


def read(raw: bytes, authorities: Collection[bytes]) -> tuple[SignedCatalogue, Catalogue]:
    """A signed file, and what it says. Raises BadCatalogue."""
    if len(raw) > MAX_CATALOGUE:
        raise BadCatalogue(f"it is over {MAX_CATALOGUE} bytes")
    try:
        signed = decode(raw, SignedCatalogue)
    except Refusal as error:
        raise BadCatalogue(f"it is no signed catalogue: {error.detail or error.name}") from error
    return signed, verify(signed, authorities)


def said(signed: SignedCatalogue) -> Catalogue:
    """What it says, of one that was verified before. Raises Refusal `notJSON`, `notRequest`, NotCanonical."""
    return decode(unb64u(signed.catalogue), Catalogue)


def find(catalogue: Catalogue, account: str) -> CatalogueApp | None:
    """An app by its account."""
    return next((app for app in catalogue.apps if app.account == account), None)


def _check(catalogue: Catalogue) -> None:
    accounts = [app.account for app in catalogue.apps]
    if len(set(accounts)) != len(accounts):
        raise BadCatalogue("an account stands in it twice")


def _signed(raw: bytes) -> bytes:
    return CATALOGUE + b"\x00" + raw
