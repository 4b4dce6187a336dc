"""AppGrants: what a patient lets a certified app do. Both sides see one; the patient alone gives it and takes it back.

Laws: an app never has more than the catalogue certifies now; what is revoked stays as a row that says when; revoking
ends the log-ins that were made by the grant in the same transaction.
"""

from collections.abc import Collection
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from crypto.encoding import b64u, unb64u
from crypto.errors import NotCanonical
from messaging.relay import catalogue, devices
from messaging.relay.accesslog import log
from messaging.relay.moments import DAY, date_text, parse_date
from messaging.relay.records import Account, Device, Gone, Grant
from messaging.relay.sets import apply, changes, invalid, parse, wanted
from messaging.relay.tokens import grant_id
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.grants import RECEIVING, SENDING, AppGrant, GrantUpdate, NewAppGrant
from messaging.wire.methods import Changed, Changes, Get, Got, Set, SetDone

CONFIRM: Final = "Confirm this device first (POST /auth/confirm)."
_DATE: Final = 10  # characters


def get(turn: Turn, arguments: Get) -> Got[AppGrant]:
    """`AppGrant/get`: of the patient's account all that it gave, of the app's all that it was given."""
    account = turn.mailbox(arguments.account_id).id
    ids = wanted(arguments.ids)
    if ids is None:
        if turn.tx.count(Grant, account=account) > limits.MAX_OBJECTS_IN_GET:
            raise Refusal("requestTooLarge", members={"limit": limits.MAX_OBJECTS_IN_GET})
        found = turn.tx.where(Grant, account=account)
    else:
        found = [grant for id_ in ids if (grant := turn.tx.one(Grant, account, id_)) is not None]
    if turn.caller.granted:  # a log-in by one of them sees that one
        found = [grant for grant in found if grant.id == turn.caller.granted]
    known = {grant.id for grant in found}
    return Got(
        account_id=account,
        state=str(turn.tx.latest(Grant, account)),
        list_=[_seen(grant) for grant in found],
        not_found=[id_ for id_ in ids or [] if id_ not in known],
    )


def get_changes(turn: Turn, arguments: Changes) -> Changed:
    """`AppGrant/changes`."""
    return changes(turn, arguments, Grant)


def set_(turn: Turn, arguments: Set) -> SetDone:
    """`AppGrant/set`: create and update, in a patient's account, by a confirmed device."""
    if turn.mailbox(arguments.account_id).kind != "patient":
        raise Refusal("accountNotSupportedByMethod")
    account = arguments.account_id
    return apply(turn, arguments, lambda: turn.state(Grant, account), create=_create, update=_update)


def standing(turn: Turn, patient: str, app: str) -> list[Grant]:
    """The patient's rows of the grants that the app has now, and is certified for."""
    found = [grant for grant in turn.tx.where(Grant, account=patient, app=app) if is_standing(turn, grant)]
    certificate = catalogue.certified(turn, app) if found else None
    if certificate is None:
        return []
    return [grant for grant in found if set(grant.scopes.split()) <= set(certificate.scopes)]


def is_standing(turn: Turn, grant: Grant) -> bool:
    """Whether it has begun and has not ended."""
    return not grant.revoked and grant.begins <= turn.stamp < grant.until


def may_send(turn: Turn, app: str, patient: str) -> bool:
    """Whether the app may write to the patient now."""
    return _have(standing(turn, patient, app), SENDING)


def may_receive(turn: Turn, app: str, patient: str) -> bool:
    """Whether the patient may write to the app now."""
    return _have(standing(turn, patient, app), RECEIVING)


def note_use(turn: Turn, app: str, patient: str) -> None:
    """The app did something by its grants today: both see on which day it last did."""
    today = turn.stamp // DAY
    for grant in standing(turn, patient, app):
        if grant.used != today:
            _change(turn, grant, used=today)


def end_all(turn: Turn, patient: str) -> None:
    """Those that a patient who closes the account has given."""
    for grant in turn.tx.where(Grant, account=patient):
        if grant.patient == patient and not grant.revoked:
            _revoke(turn, grant)


def leave(turn: Turn, account: str) -> None:
    """Of an account that is erased: the other side's rows go too, and their owners are told."""
    for mine in turn.tx.where(Grant, account=account):
        other = mine.app if mine.patient == account else mine.patient
        if turn.tx.one(Grant, other, mine.id) is not None:
            turn.tx.drop(Grant, other, mine.id)
            turn.tx.add(Gone(other, Grant.__name__, turn.change(Grant, other), mine.id))


def require_confirmed(turn: Turn) -> None:
    """Raises Refusal `forbidden`, as a SetError."""
    if not devices.is_confirmed(turn):
        raise Refusal("forbidden", CONFIRM)


def span(turn: Turn, begins: str | None, until: str) -> tuple[int, int]:
    """(begins, until) as moments. Raises Refusal `invalidProperties`: over before it begins, or longer than a year."""
    try:
        first = turn.stamp if begins is None else parse_date(begins)
        last = parse_date(until)
    except ValueError:
        raise invalid("from", "until") from None
    if last <= max(first, turn.stamp) or last > turn.stamp + limits.GRANT_DAYS * DAY:
        raise invalid("until")
    return first, last


def sealed_bytes(name: str, text: str, most: int) -> bytes:
    """What a client sealed. Raises Refusal `invalidProperties`, `tooLarge`."""
    if len(text) > (most * 4 + 2) // 3:
        raise Refusal("tooLarge", members={"limit": most})
    try:
        return unb64u(text)
    except NotCanonical:
        raise invalid(name) from None


def _create(turn: Turn, account: str, raw: msgspec.Raw) -> dict[str, Any]:
    require_confirmed(turn)
    new = parse(raw, NewAppGrant)
    scopes = set(new.scopes)
    if len(scopes) != len(new.scopes):
        raise invalid("scopes")
    # One answer whatever the reason: an account that is no certified app is none at all.
    certificate = catalogue.certified(turn, new.app) if catalogue.is_current(turn) else None
    if certificate is None:
        raise invalid("app")
    if not scopes <= set(certificate.scopes):
        raise invalid("scopes")
    begins, until = span(turn, new.from_, new.until)
    terms = sealed_bytes("terms", new.terms, limits.MAX_GRANT_TERMS)
    spelled = " ".join(sorted(scopes))
    for before in turn.tx.where(Grant, account=account, app=new.app):
        if (before.scopes, before.until) == (spelled, until) and is_standing(turn, before):
            raise Refusal("alreadyExists", members={"existingId": before.id})
    if turn.tx.count(Grant, account=account) >= limits.MAX_GRANTS:
        raise Refusal("overQuota", members={"limit": limits.MAX_GRANTS})
    id_ = grant_id()
    for side in (account, new.app):
        number = turn.change(Grant, side)
        turn.tx.add(Grant(side, id_, account, new.app, spelled, begins, until, turn.stamp, number, number, terms=terms))
    log(turn, "grant", account=account, target=id_)
    return {"id": id_, "createdAt": date_text(turn.stamp), "from": date_text(begins)}


def _update(turn: Turn, account: str, id_: str, raw: msgspec.Raw) -> None:
    require_confirmed(turn)
    if not parse(raw, GrantUpdate).revoked:
        raise invalid("revoked")
    grant = turn.tx.one(Grant, account, id_)
    if grant is None:
        raise Refusal("notFound")
    if not grant.revoked:
        _revoke(turn, grant)


def _revoke(turn: Turn, grant: Grant) -> None:
    _change(turn, grant, revoked=turn.stamp)
    end_log_ins(turn, grant.app, grant.id)
    log(turn, "revoke grant", account=grant.patient, target=grant.id)


def end_log_ins(turn: Turn, app: str, granted: str) -> None:
    """Tokens and streams of what the app did by one grant."""
    for device in turn.tx.where(Device, account=app, granted=granted):
        if not device.ended:
            devices.end(turn, device)


def _change(turn: Turn, grant: Grant, **changed: int) -> None:
    for side in (grant.patient, grant.app):
        row = turn.tx.one(Grant, side, grant.id)
        if row is not None and turn.tx.one(Account, side) is not None:
            turn.tx.put(replace(row, changed=turn.change(Grant, side), **changed))


def _have(found: list[Grant], scopes: Collection[str]) -> bool:
    return any(not set(scopes).isdisjoint(grant.scopes.split()) for grant in found)


def _seen(grant: Grant) -> AppGrant:
    return AppGrant(
        id=grant.id,
        account=grant.patient,
        app=grant.app,
        scopes=grant.scopes.split(),  # type: ignore[arg-type] # the column holds only scopes
        from_=date_text(grant.begins),
        until=date_text(grant.until),
        created_at=date_text(grant.since),
        revoked=grant.revoked != 0,
        revoked_at=date_text(grant.revoked) if grant.revoked else None,
        last_used=date_text(grant.used * DAY)[:_DATE] if grant.used else None,
        terms=b64u(grant.terms),
    )
