"""The doors by which a second device gets the keys from the first (docs/spec/pairing.md). Pure values."""

from typing import Annotated

from msgspec import Meta

from messaging.wire.types import B64u, Date, SealingKeyText, UnsignedInt, Wire

PairingCode = Annotated[str, Meta(pattern=r"^[0-9A-HJKMNP-TV-Z]{27}$(?!\n)")]


class PairingBegin(Wire, frozen=True):
    """`key`: the new device's public key, of which the code is made."""

    key: SealingKeyText


class PairingBegun(Wire, frozen=True):
    """Who has `claim` is the new device."""

    claim: str
    expires_in: UnsignedInt


class PairingPoll(Wire, frozen=True):
    claim: str


class PairingSeen(Wire, frozen=True):
    hello: B64u | None
    grant: B64u | None


class PairingFind(Wire, frozen=True):
    pairing: PairingCode


class PairingFound(Wire, frozen=True):
    """`network` and `since`: where and when the new device asked. An IPv4 address, or the first 64 bits of an IPv6."""

    key: SealingKeyText
    network: str
    since: Date


class PairingHello(Wire, frozen=True):
    pairing: PairingCode
    sealed: B64u


class PairingGrant(Wire, frozen=True):
    pairing: PairingCode
    sealed: B64u


class PairingEnd(Wire, frozen=True, omit_defaults=True):
    """Exactly one of the two: the new device has the claim; the old one, which is logged in, has read the code."""

    claim: str | None = None
    pairing: PairingCode | None = None


class PairingClaim(Wire, frozen=True, omit_defaults=True):
    claim: str
    cookie: bool = False
    trust_device: bool = False
