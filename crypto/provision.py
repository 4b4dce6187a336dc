"""Accounts that exist before their owner comes: what an enrolment station makes, offline, for one person.

The relay gets everything of Provisioned except the codes: one goes on the person's letter, the other, if there are
two, another way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crypto.code import Code, _new_code, format_code, new_code, parse_code
from crypto.keybox.box import _new_box
from crypto.keybox.content import BoxContent
from crypto.keybox.slotkey import LetterKey
from crypto.keys import KeyPairs, PublicKeys, SigningPublic, SigningSeed, _account_id
from crypto.labels import HOLDER_LIMIT
from crypto.randomness import SYSTEM, Source
from crypto.transparency.statement import Announcement, holder, make_statement

__all__ = ["Provisioned", "fingerprint", "format_code", "new_code", "parse_code", "provision"]

_FIRST_BOX = 1
_SALT = 32


@dataclass(frozen=True)
class Provisioned:
    """One new account. `code` (and `second`) are for the person alone; `letter_login` is the log-in public key of
    method `letter`. `salts` (32 bytes each) belong to the addresses, in their order: the public statement holds only
    their hashes.
    """

    account: str
    code: Code
    second: Code | None
    box: bytes
    keys: PublicKeys
    announcement: Announcement
    letter_login: SigningPublic
    salts: tuple[bytes, ...] = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """fingerprint() of the keys: printed on the letter."""
        return fingerprint(self.keys)


def fingerprint(keys: PublicKeys) -> str:
    """The key id as people compare it: groups of four, the last of three."""
    spelled = keys.key_id
    return " ".join(spelled[start : start + 4] for start in range(0, len(spelled), 4))


def provision(
    account: str | None, now: datetime, *, by: SigningSeed, addresses: Sequence[str] = (), two_codes: bool = False
) -> Provisioned:
    """Fresh keys, a letter code or two, a box with one letter slot and the first key statement. None draws an account.

    `by` is the station's key: it vouches that the account was enrolled, and for these mail addresses (at most 16, none
    twice whatever their capitals: ValueError).
    """
    return _provision(account, now, by, addresses, two_codes, SYSTEM)


def _provision(
    account: str | None, now: datetime, by: SigningSeed, addresses: Sequence[str], two_codes: bool, source: Source
) -> Provisioned:
    _check_addresses(addresses)
    named = account or _account_id(source)
    pairs, code = KeyPairs._generate(source), _new_code(source)
    second = _new_code(source) if two_codes else None
    box, _ = _new_box(named, BoxContent.first(pairs, now), [LetterKey(code, second)], _FIRST_BOX, source)
    keys, salts = pairs.public(), tuple(source.take(_SALT) for _ in addresses)
    holders = [holder(salt, address) for salt, address in zip(salts, addresses, strict=True)]
    announcement = make_statement(named, keys, pairs.signing, now, box=_FIRST_BOX, by=by, holders=holders)
    login = code.letter_login(second).public()
    return Provisioned(named, code, second, box, keys, announcement, login, salts)


def _check_addresses(addresses: Sequence[str]) -> None:
    if len(addresses) > HOLDER_LIMIT or len({address.lower() for address in addresses}) != len(addresses):
        raise ValueError(f"an account is enrolled for at most {HOLDER_LIMIT} addresses, each once")
