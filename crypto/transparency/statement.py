"""Key statements: each set of public keys is announced by the key before it (docs/spec/transparency.md, statement).

What is read here is signed by somebody who may lie: read_statement() says that the form is right, verify_statement()
that it follows the one before. Whose keys they are, the log says (proof.py, checkpoint.py).
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crypto.encoding import Json, array, b64u, canonical, integer, members, moment, parse_canonical, text, unb64u, utc
from crypto.errors import BadStatement, CannotOpen, NotCanonical, WeakKey
from crypto.keys import PublicKeys, SealingPublic, SigningPublic, SigningSeed, is_account
from crypto.labels import (
    ENTRY_LIMIT,
    HOLDER,
    HOLDER_LIMIT,
    KEY_STATEMENT,
    SEALING_HASH,
    STATEMENT_FORMAT,
    SUSPECTED,
    VOUCHER,
)

_MEMBERS = frozenset({"account", "box", "by", "flags", "holders", "previous", "sealing", "seq", "signing", "time", "v"})
_FORM, _FIT, _FIRST_ONLY, _HOLDER = "transparency/1", "transparency/2", "transparency/3", "transparency/14"
_SALT = 32


@dataclass(frozen=True)
class Statement:
    """A statement of the right form.

    `previous` is the hash (32 bytes) of the one before, `seq` counts from 0, `box` is the version of the key box that
    first held the keys, `by` is who answers for the account, `sealing` is sealing_hash() of the sealing key.
    """

    raw: bytes
    account: str
    seq: int
    previous: bytes | None
    time: str
    box: int
    by: SigningPublic | None
    flags: tuple[str, ...]
    holders: tuple[bytes, ...]
    signing: SigningPublic
    sealing: bytes

    @property
    def hash(self) -> bytes:
        """statement_hash() of it."""
        return statement_hash(self.raw)

    @property
    def suspected(self) -> bool:
        """Whether the keys before may be in other hands."""
        return SUSPECTED in self.flags

    def announces(self, keys: PublicKeys) -> bool:
        """Whether these are the keys."""
        return self.signing == keys.signing and hmac.compare_digest(self.sealing, sealing_hash(keys.sealing))

    def holds(self, address: str, salt: bytes) -> bool:
        """Whether the account was enrolled for this mail address; False for a salt of another length than 32."""
        return len(salt) == _SALT and holder(salt, address) in self.holders


class Predecessor(Protocol):
    """What the next statement has to follow: a Statement, or what a witness remembers of one."""

    @property
    def account(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def hash(self) -> bytes: ...
    @property
    def signing(self) -> SigningPublic: ...
    @property
    def box(self) -> int: ...
    @property
    def time(self) -> str: ...


@dataclass(frozen=True)
class Announcement:
    """What travels: the statement's bytes, its signature (64), and the enroller's voucher (64) when it names one."""

    statement: bytes
    signature: bytes
    voucher: bytes | None


def statement_hash(raw: bytes) -> bytes:
    """32 bytes: SHA-256 of the statement's bytes."""
    return hashlib.sha256(raw).digest()


def sealing_hash(sealing: SealingPublic) -> bytes:
    """32 bytes that stand for a sealing key."""
    return hashlib.sha256(SEALING_HASH + b"\x00" + sealing.raw).digest()


def holder(salt: bytes, address: str) -> bytes:
    """32 bytes that stand for a mail address in NFC and small letters, to whoever has the salt (32 bytes)."""
    plain = unicodedata.normalize("NFC", address).lower().encode("utf-8", "surrogatepass")
    return hashlib.sha256(HOLDER + b"\x00" + salt + plain).digest()


def make_statement(
    account: str,
    keys: PublicKeys,
    signer: SigningSeed,
    now: datetime,
    *,
    box: int,
    previous: Statement | None = None,
    by: SigningSeed | SigningPublic | None = None,
    holders: Sequence[bytes] = (),
    suspected: bool = False,
) -> Announcement:
    """Announce `keys`. `signer` is the key before; of the first, the key itself. `by` and `holders` are of the first.

    The time is `now`, or that of `previous` when this clock is behind it. `box` must be above that of `previous`.
    """
    said: dict[str, Json] = {
        "account": account,
        "box": box,
        "by": None if by is None else b64u((by.public() if isinstance(by, SigningSeed) else by).raw),
        "flags": [SUSPECTED] if suspected else [],
        "holders": sorted({b64u(one) for one in holders}),
        "previous": None if previous is None else b64u(previous.hash),
        "sealing": b64u(sealing_hash(keys.sealing)),
        "seq": 0 if previous is None else previous.seq + 1,
        "signing": b64u(keys.signing.raw),
        "time": utc(now) if previous is None else _not_before(previous.time, utc(now)),
        "v": STATEMENT_FORMAT,
    }
    statement = canonical(said)
    voucher = vouch(statement, by) if isinstance(by, SigningSeed) else None
    return Announcement(statement, signer.sign(_signed(statement)), voucher)


def vouch(statement: bytes, by: SigningSeed) -> bytes:
    """The voucher (64) of whom a first statement names. Whoever makes one has verified the statement before."""
    return by.sign(_vouched(statement))


def verify_statement(
    announcement: Announcement,
    previous: Predecessor | None,
    *,
    account: str | None = None,
    keys: PublicKeys | None = None,
) -> Statement:
    """The statement, when it follows `previous` (None for the first of an account) and announces `keys`, if given.

    Without `previous` the caller names the `account`, or compares it with the answer. Raises BadStatement.
    """
    found = read_statement(announcement.statement)
    _require(account is None or found.account == account)
    _check_place(found, previous)
    _require((announcement.voucher is None) == (found.by is None), _FIRST_ONLY)
    _require(keys is None or found.announces(keys))
    signer = found.signing if previous is None else previous.signing
    _check_signature(signer, _signed(found.raw), announcement.signature)
    if found.by is not None and announcement.voucher is not None:
        _check_signature(found.by, _vouched(found.raw), announcement.voucher)
    return found


def read_statement(raw: bytes) -> Statement:
    """The form alone: of a statement that was verified before, such as one's own store gives. Raises BadStatement."""
    _require(len(raw) <= ENTRY_LIMIT, _FORM)
    try:
        found = _parse(raw)
    except NotCanonical as error:
        raise BadStatement(_FORM) from error
    _require((found.seq == 0) == (found.previous is None))
    _require(found.seq == 0 or (found.by is None and not found.holders), _FIRST_ONLY)
    return found


def check_holder(first: Statement, address: str, salt: bytes) -> None:
    """Raises BadStatement unless an enroller answers in this first statement for the account having the address."""
    _require(first.by is not None and first.holds(address, salt), _HOLDER)


def _parse(raw: bytes) -> Statement:
    said = members(parse_canonical(raw), _MEMBERS)
    account, previous, by = text(said["account"]), said["previous"], said["by"]
    seq, box = integer(said["seq"]), integer(said["box"])
    _require(integer(said["v"]) == STATEMENT_FORMAT and seq >= 0 and box >= 1 and is_account(account), _FORM)
    return Statement(
        raw=raw,
        account=account,
        seq=seq,
        previous=None if previous is None else unb64u(text(previous), 32),
        time=moment(said["time"]),
        box=box,
        by=None if by is None else _point(by),
        flags=_flags(said["flags"]),
        holders=_holders(said["holders"]),
        signing=_point(said["signing"]),
        sealing=unb64u(text(said["sealing"]), 32),
    )


def _flags(value: Json) -> tuple[str, ...]:
    flags = tuple(text(flag) for flag in array(value))
    _require(flags in ((), (SUSPECTED,)), _FORM)
    return flags


def _holders(value: Json) -> tuple[bytes, ...]:
    spelled = [text(one) for one in array(value)]
    # Sorted as they are spelled, not as the bytes they stand for: the two orders differ.
    _require(len(spelled) <= HOLDER_LIMIT and spelled == sorted(set(spelled)), _FORM)
    return tuple(unb64u(one, 32) for one in spelled)


def _point(value: Json) -> SigningPublic:
    raw = unb64u(text(value), 32)
    try:
        return SigningPublic.load(raw)
    except WeakKey as error:
        raise BadStatement(_FIT) from error


def _check_place(found: Statement, previous: Predecessor | None) -> None:
    if previous is None:
        _require(found.seq == 0)
        return
    _require(found.account == previous.account and found.seq == previous.seq + 1)
    _require(found.previous == previous.hash and found.box > previous.box)
    _require(_instant(found.time) >= _instant(previous.time))


def _check_signature(signer: SigningPublic, message: bytes, signature: bytes) -> None:
    try:
        signer.verify(message, signature)
    except CannotOpen as error:
        raise BadStatement(_FIT) from error


def _require(kept: bool, item: str = _FIT) -> None:
    if not kept:
        raise BadStatement(item)


def _not_before(earliest: str, said: str) -> str:
    return earliest if _instant(said) < _instant(earliest) else said


def _instant(time: str) -> datetime:
    return datetime.fromisoformat(time)


def _signed(statement: bytes) -> bytes:
    return KEY_STATEMENT + b"\x00" + statement


def _vouched(statement: bytes) -> bytes:
    return VOUCHER + b"\x00" + statement
