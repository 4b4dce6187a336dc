"""A delegate's slot: the box key in an envelope that the account signs for somebody else's sealing key.

Who opens it knows who made it: the relay, which has everybody's public keys, could seal but not sign.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from crypto.encoding import Json, b64u, canonical, integer, members, parse_canonical, text, unb64u
from crypto.envelope import Opened, open_sealed
from crypto.envelope.sealing import _seal
from crypto.errors import CannotOpen, NotCanonical
from crypto.keybox.slot import Slot
from crypto.keys import PublicKeys, SealingSeed, SigningPublic, SigningSeed, _random_id, is_account
from crypto.labels import DELEGATE_FORMAT
from crypto.randomness import Source

_MEMBERS = frozenset({"boxKey", "for", "v"})
_ITEM = "keybox/8"


@dataclass(frozen=True, repr=False)
class Delegated:
    """What a delegate's slot gave: the box key, 32 bytes, and who signed the envelope."""

    box_key: bytes
    signer: SigningPublic


@dataclass(frozen=True)
class DelegateFor:
    """Who is to open the box with keys of their own: a carer. The caller has proven that `keys` are `account`'s."""

    account: str
    keys: PublicKeys

    def __post_init__(self) -> None:
        if not is_account(self.account):
            raise ValueError("a delegate is an account")


def open_delegate(
    slot: Slot, account: str, seeds: Sequence[SealingSeed], signers: Sequence[SigningPublic]
) -> Delegated | None:
    """The box key, or None when the envelope is not for `seeds`. `signers` are proven keys of `account`.

    Raises CannotOpen for an envelope by another key, for more than one reader, or made for another slot. That the
    signer is the account's present one, the content says: check_signer().
    """
    try:
        opened = open_sealed(slot.wrapped, seeds)
    except CannotOpen:
        return None
    try:
        return _checked(opened, slot.bound(account), signers)
    except NotCanonical as error:
        raise CannotOpen(_ITEM) from error


def check_signer(found: Delegated, present: SigningPublic) -> None:
    """Raises CannotOpen unless the content's present key signed the slot: one that was replaced makes no box."""
    if found.signer != present:
        raise CannotOpen(_ITEM)


def _checked(opened: Opened, bound: list[Json], signers: Sequence[SigningPublic]) -> Delegated:
    said: Mapping[str, Json] = members(parse_canonical(opened.plaintext), _MEMBERS)
    fits = integer(said["v"]) == DELEGATE_FORMAT and canonical(said["for"]) == canonical(bound)
    if opened.sender not in signers or opened.recipients != 1 or not fits:
        raise CannotOpen(_ITEM)
    return Delegated(unb64u(text(said["boxKey"]), 32), opened.sender)


def _wrap_for(
    box_key: bytes, delegate: DelegateFor, account: str, since: int, signer: SigningSeed, source: Source
) -> Slot:
    kdf: Json = {"account": delegate.account, "key": delegate.keys.key_id, "name": "sealed"}
    bare = Slot(_random_id(source), kdf, since, "delegate", b"")
    said: Json = {"boxKey": b64u(box_key), "for": bare.bound(account), "v": DELEGATE_FORMAT}
    return replace(bare, wrapped=_seal(canonical(said), signer, [delegate.keys.sealing], source))
