"""`Webhook`: a program of an organisation, an app, a bridge or a professional is told by a signed POST."""

import base64
import secrets
from typing import Any, Final

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from messaging.relay import queueing
from messaging.relay.accesslog import log
from messaging.relay.delegations import state_of
from messaging.relay.moments import date_text
from messaging.relay.noticekeys import CannotRead, seal, unseal
from messaging.relay.records import Hook, Notice
from messaging.relay.sets import apply, parse, wanted
from messaging.relay.telling import Target
from messaging.relay.tokens import webhook_id
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.methods import Get, Got, Set, SetDone
from messaging.wire.notices import NewWebhook, Webhook, WebhookUpdate

KINDS: Final = ("organisation", "app", "bridge", "professional")


def get(turn: Turn, arguments: Get) -> Got[Webhook]:
    """`Webhook/get`. Raises Refusal `accountNotFound`, `accountNotSupportedByMethod`."""
    account = _holder(turn, arguments.account_id)
    ids = wanted(arguments.ids)
    held = turn.tx.where(Hook, account=account)
    known = {hook.id for hook in held}
    return Got(
        account_id=account,
        state=_state(turn, account),
        list_=[_seen(turn, hook) for hook in held if ids is None or hook.id in ids],
        not_found=[id_ for id_ in ids or [] if id_ not in known],
    )


def set_(turn: Turn, arguments: Set) -> SetDone:
    """`Webhook/set`. Raises Refusal `accountNotFound`, `accountNotSupportedByMethod`."""
    account = _holder(turn, arguments.account_id)
    return apply(turn, arguments, lambda: _state(turn, account), create=_create, update=_update, destroy=_destroy)


def _create(turn: Turn, account: str, raw: msgspec.Raw) -> dict[str, Any]:
    new = parse(raw, NewWebhook)
    if not turn.house.pushes:
        raise Refusal("forbidden", "This relay pushes nothing.")
    if turn.tx.count(Hook, account=account) >= limits.MAX_WEBHOOKS:
        raise Refusal("overQuota", members={"limit": limits.MAX_WEBHOOKS})
    id_, secret = webhook_id(), secrets.token_bytes(32)
    types = "*" if new.types is None else " ".join(dict.fromkeys(new.types))
    sealed = _sealed(turn, account, id_, Target(new.url, secret))
    turn.tx.add(Hook(account, id_, sealed, types, "working", 0, turn.stamp))
    queueing.mark(turn, account)
    log(turn, "webhook", account=account, target=id_)
    return {"id": id_, "createdAt": date_text(turn.stamp), "secret": "whsec_" + base64.b64encode(secret).decode()}


def _update(turn: Turn, account: str, id_: str, raw: msgspec.Raw) -> None:
    held = _one(turn, account, id_)
    new = parse(raw, WebhookUpdate)
    if new.url is not UNSET:
        target = replace(_target(turn, held), url=new.url)
        held = replace(held, sealed=_sealed(turn, account, id_, target))
    if new.types is not UNSET:
        held = replace(held, types="*" if new.types is None else " ".join(dict.fromkeys(new.types)))
    if new.state is not UNSET:
        held = replace(held, state=new.state, failing=0)
    turn.tx.put(held)
    queueing.mark(turn, account)
    log(turn, "webhook", account=account, target=id_)


def _destroy(turn: Turn, account: str, id_: str) -> None:
    _one(turn, account, id_)
    turn.tx.drop(Hook, account, id_)
    turn.tx.drop(Notice, account, "webhook", id_)
    queueing.mark(turn, account)
    log(turn, "webhook", account=account, target=id_, outcome="removed")


def _holder(turn: Turn, id_: str) -> str:
    account = turn.mailbox(id_)
    if account.kind not in KINDS:
        raise Refusal("accountNotSupportedByMethod")
    return account.id


def _one(turn: Turn, account: str, id_: str) -> Hook:
    held = turn.tx.one(Hook, account, id_)
    if held is None:
        raise Refusal("notFound")
    return held


def _sealed(turn: Turn, account: str, id_: str, target: Target) -> bytes:
    return seal(turn, msgspec.msgpack.encode(target), "target", account, id_)


def _target(turn: Turn, held: Hook) -> Target:
    try:
        return msgspec.msgpack.decode(unseal(turn, held.sealed, "target", held.account, held.id), type=Target)
    except CannotRead:
        return Target("https://unreadable.invalid/")


def _state(turn: Turn, account: str) -> str:
    held = turn.tx.where(Hook, account=account)
    return state_of([f"{hook.id} {hook.sealed.hex()} {hook.types} {hook.state}" for hook in held])


def _seen(turn: Turn, hook: Hook) -> Webhook:
    return Webhook(
        id=hook.id,
        url=_target(turn, hook).url,
        types=None if hook.types == "*" else hook.types.split(),
        created_at=date_text(hook.created),
        state=hook.state,  # type: ignore[arg-type] # the column holds only states
    )
