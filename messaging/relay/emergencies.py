"""EmergencyGrants: a summary that a patient deposits, sealed, for a professional who may need it when nobody can ask.

Laws: the relay cannot read it; who fetches it says why, and the patient is told, by a change and in the access log.
"""

from typing import Any

import msgspec
from msgspec.structs import replace

from crypto.encoding import b64u
from messaging.relay.accesslog import log
from messaging.relay.contacts import PROFESSIONAL
from messaging.relay.grants import require_confirmed, sealed_bytes, span
from messaging.relay.moments import date_text
from messaging.relay.records import Account, Emergency, Gone
from messaging.relay.sets import apply, changes, invalid, parse, wanted
from messaging.relay.tokens import emergency_id
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.grants import EmergencyGrant, GrantUpdate, NewEmergencyGrant, Use, UseDone
from messaging.wire.methods import Changed, Changes, Get, Got, Set, SetDone


def get(turn: Turn, arguments: Get) -> Got[EmergencyGrant]:
    """`EmergencyGrant/get`: what the patient deposited, or what was deposited for the grantee, closed."""
    account = turn.mailbox(arguments.account_id).id
    ids = wanted(arguments.ids)
    if ids is None:
        if turn.tx.count(Emergency, account=account) > limits.MAX_OBJECTS_IN_GET:
            raise Refusal("requestTooLarge", members={"limit": limits.MAX_OBJECTS_IN_GET})
        found = turn.tx.where(Emergency, account=account)
    else:
        found = [grant for id_ in ids if (grant := turn.tx.one(Emergency, account, id_)) is not None]
    turn.answered += sum(len(grant.sealed) for grant in found)
    if turn.answered > limits.MAX_SIZE_ANSWER:
        raise Refusal("requestTooLarge", members={"limit": limits.MAX_SIZE_ANSWER})
    known = {grant.id for grant in found}
    return Got(
        account_id=account,
        state=str(turn.tx.latest(Emergency, account)),
        list_=[_seen(grant) for grant in found],
        not_found=[id_ for id_ in ids or [] if id_ not in known],
    )


def get_changes(turn: Turn, arguments: Changes) -> Changed:
    """`EmergencyGrant/changes`."""
    return changes(turn, arguments, Emergency)


def set_(turn: Turn, arguments: Set) -> SetDone:
    """`EmergencyGrant/set`: create and update, in a patient's account, by a confirmed device."""
    if turn.mailbox(arguments.account_id).kind != "patient":
        raise Refusal("accountNotSupportedByMethod")
    account = arguments.account_id
    return apply(turn, arguments, lambda: turn.state(Emergency, account), create=_create, update=_update)


def use(turn: Turn, arguments: Use) -> UseDone:
    """`EmergencyGrant/use`: the sealed summary, for the grantee. Raises Refusal `notFound`, whatever the reason."""
    account = turn.mailbox(arguments.account_id).id
    mine = turn.tx.one(Emergency, account, arguments.id)
    held = None if mine is None or mine.grantee != account else turn.tx.one(Emergency, mine.patient, mine.id)
    if held is None or held.revoked or not held.begins <= turn.stamp < held.until:
        raise Refusal("notFound")
    _change(turn, held, used=turn.stamp)
    log(turn, "emergency", account=held.patient, target=held.id, outcome=arguments.reason)
    return UseDone(account_id=account, id=held.id, sealed=b64u(held.sealed))


def end_all(turn: Turn, patient: str) -> None:
    """Those that a patient who closes the account has given."""
    for held in turn.tx.where(Emergency, account=patient):
        if held.patient == patient and not held.revoked:
            _revoke(turn, held)


def leave(turn: Turn, account: str) -> None:
    """Of an account that is erased: the other side's rows go too, and their owners are told."""
    for mine in turn.tx.where(Emergency, account=account):
        other = mine.grantee if mine.patient == account else mine.patient
        if turn.tx.one(Emergency, other, mine.id) is not None:
            turn.tx.drop(Emergency, other, mine.id)
            turn.tx.add(Gone(other, Emergency.__name__, turn.change(Emergency, other), mine.id))


def _create(turn: Turn, account: str, raw: msgspec.Raw) -> dict[str, Any]:
    require_confirmed(turn)
    new = parse(raw, NewEmergencyGrant)
    grantee = turn.tx.one(Account, new.grantee)
    # One answer whatever the reason: what somebody else's account is, is not told here.
    if grantee is None or grantee.kind not in PROFESSIONAL or grantee.state != "active":
        raise invalid("grantee")
    begins, until = span(turn, new.from_, new.until)
    terms = sealed_bytes("terms", new.terms, limits.MAX_GRANT_TERMS)
    sealed = sealed_bytes("sealed", new.sealed, limits.MAX_INLINE_SEALED)
    if not sealed:
        raise invalid("sealed")
    if turn.tx.count(Emergency, account=account) >= limits.MAX_EMERGENCY_GRANTS:
        raise Refusal("overQuota", members={"limit": limits.MAX_EMERGENCY_GRANTS})
    id_ = emergency_id()
    for side in (account, grantee.id):
        number = turn.change(Emergency, side)
        row = Emergency(side, id_, account, grantee.id, begins, until, turn.stamp, number, number)
        turn.tx.add(replace(row, terms=terms, sealed=sealed) if side == account else row)
    log(turn, "emergency grant", account=account, target=id_)
    return {"id": id_, "createdAt": date_text(turn.stamp), "from": date_text(begins)}


def _update(turn: Turn, account: str, id_: str, raw: msgspec.Raw) -> None:
    require_confirmed(turn)
    if not parse(raw, GrantUpdate).revoked:
        raise invalid("revoked")
    held = turn.tx.one(Emergency, account, id_)
    if held is None:
        raise Refusal("notFound")
    if not held.revoked:
        _revoke(turn, held)


def _revoke(turn: Turn, held: Emergency) -> None:
    _change(turn, held, revoked=turn.stamp)
    log(turn, "revoke emergency grant", account=held.patient, target=held.id)


def _change(turn: Turn, held: Emergency, **changed: int) -> None:
    for side in (held.patient, held.grantee):
        row = turn.tx.one(Emergency, side, held.id)
        if row is not None and turn.tx.one(Account, side) is not None:
            # What was deposited is of no use any more once it is revoked.
            kept = b"" if "revoked" in changed else row.sealed
            turn.tx.put(replace(row, changed=turn.change(Emergency, side), sealed=kept, **changed))


def _seen(grant: Emergency) -> EmergencyGrant:
    is_mine = grant.account == grant.patient
    return EmergencyGrant(
        id=grant.id,
        account=grant.patient,
        grantee=grant.grantee,
        from_=date_text(grant.begins),
        until=date_text(grant.until),
        created_at=date_text(grant.since),
        revoked=grant.revoked != 0,
        revoked_at=date_text(grant.revoked) if grant.revoked else None,
        used_at=date_text(grant.used) if grant.used else None,
        terms=b64u(grant.terms) if is_mine else "",
        sealed=b64u(grant.sealed) if is_mine else None,
    )
