"""Accounts that exist before their owner comes: what an enrolment station makes, offline, for one person.

The relay gets everything of Provisioned except the code, which goes on the person's letter.
"""

from dataclasses import dataclass
from datetime import datetime

from crypto.code import Code, _new_code, format_code, new_code, parse_code
from crypto.keybox.box import _new_box
from crypto.keybox.content import BoxContent
from crypto.keybox.slot import LetterKey
from crypto.keys import KeyPairs, PublicKeys, SigningPublic, _account_id
from crypto.randomness import SYSTEM, Source
from crypto.transparency.statement import make_statement

__all__ = ["Provisioned", "format_code", "new_code", "parse_code", "provision"]


@dataclass(frozen=True)
class Provisioned:
    """One new account. `code` is for the letter alone; `letter_login` is the log-in public key of method `letter`."""

    account: str
    code: Code
    box: bytes
    keys: PublicKeys
    statement: bytes
    signature: bytes
    letter_login: SigningPublic


def provision(account: str | None, now: datetime) -> Provisioned:
    """Fresh keys, a letter code, a box with one letter slot and the first key statement. None draws an account."""
    return _provision(account, now, SYSTEM)


def _provision(account: str | None, now: datetime, source: Source) -> Provisioned:
    named = account or _account_id(source)
    pairs, code = KeyPairs._generate(source), _new_code(source)
    box, _ = _new_box(named, BoxContent.first(pairs, now), [LetterKey(code)], 1, source)
    keys = pairs.public()
    statement, signature = make_statement(named, keys, pairs.signing, now)
    login = code.letter_login(named).public()
    return Provisioned(named, code, box, keys, statement, signature, login)
