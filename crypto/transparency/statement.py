"""Key statements: each set of public keys is announced by the key before it (docs/spec/keybox.md, key statement)."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from crypto.encoding import Json, b64u, canonical, integer, members, moment, parse_canonical, text, unb64u, utc
from crypto.errors import BadStatement, CannotOpen, NotCanonical
from crypto.keys import PublicKeys, SigningSeed, is_account
from crypto.labels import KEY_STATEMENT, KEYS_COMMITMENT, STATEMENT_FORMAT

_MEMBERS = frozenset({"account", "flags", "keys", "previous", "seq", "time", "v"})
_ITEM = "keybox/8"


@dataclass(frozen=True)
class Statement:
    """A statement and the keys it announces. `previous` is the hash (32 bytes) of the one before; `seq` is from 0."""

    raw: bytes
    account: str
    seq: int
    previous: bytes | None
    time: str
    keys: PublicKeys


def statement_hash(statement: bytes) -> bytes:
    """32 bytes: SHA-256 of the statement's bytes."""
    return hashlib.sha256(statement).digest()


def keys_commitment(keys: PublicKeys) -> bytes:
    """32 bytes that stand for both public keys."""
    return hashlib.sha256(KEYS_COMMITMENT + keys.signing.raw + keys.sealing.raw).digest()


def make_statement(
    account: str, keys: PublicKeys, signer: SigningSeed, now: datetime, previous: Statement | None = None
) -> tuple[bytes, bytes]:
    """(statement, signature) that announces `keys`. `signer` is the key before; of the first, the key itself."""
    said: dict[str, Json] = {
        "account": account,
        "flags": [],
        "keys": b64u(keys_commitment(keys)),
        "previous": None if previous is None else b64u(statement_hash(previous.raw)),
        "seq": 0 if previous is None else previous.seq + 1,
        "time": utc(now),
        "v": STATEMENT_FORMAT,
    }
    statement = canonical(said)
    return statement, signer.sign(_signed(statement))


def verify_statement(
    statement: bytes,
    signature: bytes,
    public_keys: PublicKeys,
    previous: Statement | None,
    *,
    account: str | None = None,
) -> Statement:
    """The statement, when it announces `public_keys` and follows `previous` (None for the first of an account).

    Without `previous` the caller names the `account`, or compares it with the answer. Raises BadStatement.
    """
    found = read_statement(statement, public_keys)
    if account is not None and found.account != account:
        raise BadStatement(_ITEM)
    _check_place(found, previous)
    signer = public_keys.signing if previous is None else previous.keys.signing
    try:
        signer.verify(_signed(statement), signature)
    except CannotOpen as error:
        raise BadStatement(_ITEM) from error
    return found


def read_statement(statement: bytes, public_keys: PublicKeys) -> Statement:
    """A statement whose signature was verified before, such as one's own store gives back. Raises BadStatement."""
    try:
        found = _parse(statement, public_keys)
    except NotCanonical as error:
        raise BadStatement(_ITEM) from error
    return found


def _parse(statement: bytes, public_keys: PublicKeys) -> Statement:
    said = members(parse_canonical(statement), _MEMBERS)
    account, previous, seq = text(said["account"]), said["previous"], integer(said["seq"])
    if integer(said["v"]) != STATEMENT_FORMAT or said["flags"] != [] or seq < 0 or not is_account(account):
        raise BadStatement(_ITEM)
    if not hmac.compare_digest(unb64u(text(said["keys"]), 32), keys_commitment(public_keys)):
        raise BadStatement(_ITEM)
    return Statement(
        raw=statement,
        account=account,
        seq=seq,
        previous=None if previous is None else unb64u(text(previous), 32),
        time=moment(said["time"]),
        keys=public_keys,
    )


def _check_place(found: Statement, previous: Statement | None) -> None:
    wanted = (0, None) if previous is None else (previous.seq + 1, statement_hash(previous.raw))
    if (found.seq, found.previous) != wanted or (previous is not None and found.account != previous.account):
        raise BadStatement(_ITEM)


def _signed(statement: bytes) -> bytes:
    return KEY_STATEMENT + b"\x00" + statement
