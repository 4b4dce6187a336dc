"""`NotificationSettings`: how the owner of an account is told that something came. One object for each account.

The address is the one readable thing that the relay holds of a person: it must write to it. It is sealed at rest, kept
out of every log, believed when a code sent to it came back, and erased with the account.
"""

import hmac
import secrets
from typing import Final

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from messaging.relay import queueing
from messaging.relay.accesslog import log
from messaging.relay.delegations import has_password
from messaging.relay.moments import SECOND
from messaging.relay.noticekeys import digest, seal
from messaging.relay.noticesettings import ID, address, quiet, setting
from messaging.relay.quiet import is_zone
from messaging.relay.records import EmailCode, Setting
from messaging.relay.sets import apply, changes, invalid, parse, wanted
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.methods import Changed, Changes, Get, Got, Set, SetDone
from messaging.wire.notices import (
    ConfirmEmail,
    EmailConfirmed,
    EmailState,
    Language,
    NotificationSettings,
    Quiet,
    SettingsUpdate,
    Tried,
    TryNotice,
    When,
)

_NO_MAIL: Final = "This relay sends no mail."
_WHENS: Final[dict[str, When]] = {"off": "off", "each": "each", "daily": "daily"}
_STATES: Final[dict[str, EmailState]] = {"none": "none", "unconfirmed": "unconfirmed", "confirmed": "confirmed"}


def get(turn: Turn, arguments: Get) -> Got[NotificationSettings]:
    """`NotificationSettings/get`."""
    account = _readable(turn, arguments.account_id)
    ids = wanted(arguments.ids)
    held = setting(turn, account)
    return Got(
        account_id=account,
        state=str(turn.tx.latest(Setting, account)),
        list_=[_seen(turn, held)] if ids is None or ID in ids else [],
        not_found=[id_ for id_ in ids or [] if id_ != ID],
    )


def get_changes(turn: Turn, arguments: Changes) -> Changed:
    """`NotificationSettings/changes`."""
    _readable(turn, arguments.account_id)
    return changes(turn, arguments, Setting)


def set_(turn: Turn, arguments: Set) -> SetDone:
    """`NotificationSettings/set`: update alone."""
    account = _readable(turn, arguments.account_id)
    return apply(turn, arguments, lambda: turn.state(Setting, account), update=_update)


def confirm(turn: Turn, arguments: ConfirmEmail) -> EmailConfirmed | Refusal:
    """`NotificationSettings/confirm`. Raises Refusal `accountNotFound`, `codeExpired`; a wrong code is remembered."""
    account = _readable(turn, arguments.account_id)
    held, waiting = setting(turn, account), turn.tx.one(EmailCode, account)
    if waiting is None or waiting.expires < turn.stamp or waiting.tries >= limits.CODE_TRIES:
        raise Refusal("codeExpired")
    if not hmac.compare_digest(waiting.digest, digest(turn, "code", account, arguments.code)):
        turn.tx.put(replace(waiting, tries=waiting.tries + 1))
        return Refusal("wrongCode")
    turn.tx.drop(EmailCode, account)
    _keep(turn, replace(held, state="confirmed"))
    log(turn, "notices", account=account, target="confirmed")
    return EmailConfirmed(account_id=account, state="confirmed")


def try_(turn: Turn, arguments: TryNotice) -> Tried:
    """`NotificationSettings/test`: a notice now, whatever the hour. Raises Refusal `accountNotFound`, `rateLimit`."""
    account = _readable(turn, arguments.account_id)
    _count(turn, account)
    if arguments.by == "email":
        sent = setting(turn, account).state == "confirmed"
        if sent:
            queueing.tell_now(turn, account, queueing.TEST)
        return Tried(account_id=account, sent=sent)
    return Tried(account_id=account, sent=queueing.push_now(turn, account))


def _update(turn: Turn, account: str, id_: str, raw: msgspec.Raw) -> None:
    if id_ != ID:
        raise Refusal("notFound")
    new, before = parse(raw, SettingsUpdate), setting(turn, account)
    if isinstance(new.quiet, Quiet) and not is_zone(new.quiet.zone):
        raise invalid("quiet")
    given = {"when": new.email_when, "push": new.push, "language": new.language}
    held = replace(before, **{name: value for name, value in given.items() if value is not UNSET})
    held = replace(held, push=int(held.push))
    if new.quiet is not UNSET:
        held = replace(held, quiet=msgspec.json.encode(new.quiet))
    if new.email is not UNSET and new.email != (address(turn, before) or None):
        held = _with_email(turn, held, new.email)
    _keep(turn, held)
    log(turn, "notices", account=account)


def _with_email(turn: Turn, held: Setting, email: str | None) -> Setting:
    account = held.account
    if email is None:
        turn.tx.drop(EmailCode, account)
        queueing.forget(turn, account, "email", "code")
        return replace(held, email=b"", state="none", told=0)
    if not turn.house.sends_mail:
        raise Refusal("forbidden", _NO_MAIL)
    if not is_address(email):
        raise invalid("email")
    _count(turn, account)
    code = f"{secrets.randbelow(1_000_000):06}"
    until = turn.stamp + limits.CODE_SECONDS * SECOND
    turn.tx.put(EmailCode(account, digest(turn, "code", account, code), 0, until))
    queueing.forget(turn, account, "email", "test")
    queueing.tell_now(turn, account, "code", seal(turn, code.encode(), "code", account))
    return replace(held, email=seal(turn, email.encode(), "email", account), state="unconfirmed", told=0)


def is_address(text: str) -> bool:
    """Whether mail can be sent to it as it stands: printable ASCII without quotes, one @, a domain with a dot."""
    name, _, domain = text.rpartition("@")
    plain = text.isascii() and text.isprintable() and not set(text) & set(' "(),:;<>[\\]')
    return plain and bool(name) and "@" not in name and len(name) <= 64 and all(domain.split(".")) and "." in domain


def _keep(turn: Turn, held: Setting) -> None:
    number = turn.change(Setting, held.account)
    turn.tx.put(replace(held, created=held.created or number, changed=number))
    queueing.mark(turn, held.account)


def _count(turn: Turn, account: str) -> None:
    meter = turn.house.rates.codes
    if wait := meter.wait(account, turn.stamp):
        raise Refusal("rateLimit", members={"limit": meter.burst, "retryAfter": -(-wait // SECOND)})
    meter.take(account, turn.stamp)


def _readable(turn: Turn, id_: str) -> str:
    account = turn.mailbox(id_).id
    # An address is its owner's: a delegate writes one only where nobody else logs in.
    if account != turn.caller.account and turn.caller.kind == "patient" and has_password(turn, account):
        raise Refusal("accountNotSupportedByMethod")
    return account


def _seen(turn: Turn, held: Setting) -> NotificationSettings:
    language: Language = "en" if held.language == "en" else "fr"
    return NotificationSettings(
        id="settings",
        email=address(turn, held) or None,
        email_state=_STATES[held.state],
        email_when=_WHENS[held.when],
        push=bool(held.push),
        language=language,
        quiet=quiet(held),
    )
