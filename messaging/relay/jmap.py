"""The API request: its method calls in order, one transaction, each call's error its own (RFC 8620, 3.3 to 3.7)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from messaging.relay import (
    accessentries,
    accounts,
    addresses,
    blobmethods,
    contacts,
    delegations,
    directory,
    emergencies,
    grants,
    keylog,
    keys,
    messages,
    notices,
    owndevices,
    pushes,
    quotas,
    scoped,
    searching,
    session,
    states,
    webhooks,
)
from messaging.relay.references import Answer, fill_in, needs_filling
from messaging.relay.turn import Made, Turn
from messaging.wire.blobs import BlobsMade
from messaging.wire.codec import Call, Request, Response, encode, plain
from messaging.wire.errors import Refusal
from messaging.wire.methods import METHODS, Get, Method, PushSetDone, SetDone
from messaging.wire.notices import PushGet, PushSubscription

Rule = Callable[[Turn, Any], Any]

RULES: Final[dict[str, Rule]] = {
    "Core/echo": lambda _, arguments: arguments,
    "AccountInfo/get": accounts.get,
    "AccessLogEntry/get": accessentries.get,
    "AccessLogEntry/changes": accessentries.get_changes,
    "AccessLogEntry/query": accessentries.query,
    "Device/get": owndevices.get,
    "Device/set": owndevices.set_,
    "Delegation/get": delegations.get,
    "Delegation/set": delegations.set_,
    "AppGrant/get": grants.get,
    "AppGrant/changes": grants.get_changes,
    "AppGrant/set": grants.set_,
    "EmergencyGrant/get": emergencies.get,
    "EmergencyGrant/changes": emergencies.get_changes,
    "EmergencyGrant/set": emergencies.set_,
    "EmergencyGrant/use": emergencies.use,
    "PublicKey/get": keys.get,
    "PublicKey/lookup": keys.lookup,
    "KeyLog/prove": keylog.prove,
    "KeyBox/get": keys.get_box,
    "KeyBox/set": keys.set_box,
    "SealedMessage/get": messages.get,
    "SealedMessage/changes": messages.get_changes,
    "SealedMessage/query": messages.query,
    "SealedMessage/set": messages.set_,
    "SealedState/get": states.get,
    "SealedState/changes": states.get_changes,
    "SealedState/set": states.set_,
    "Contact/get": contacts.get,
    "Contact/changes": contacts.get_changes,
    "Contact/set": contacts.set_,
    "NotificationSettings/get": notices.get,
    "NotificationSettings/changes": notices.get_changes,
    "NotificationSettings/set": notices.set_,
    "NotificationSettings/confirm": notices.confirm,
    "NotificationSettings/test": notices.try_,
    "PushSubscription/get": pushes.get,
    "PushSubscription/set": pushes.set_,
    "Webhook/get": webhooks.get,
    "Webhook/set": webhooks.set_,
    "Quota/get": quotas.get,
    "Quota/changes": quotas.get_changes,
    "Quota/query": quotas.query,
    "Quota/queryChanges": quotas.query_changes,
    "Blob/get": blobmethods.get,
    "Blob/upload": blobmethods.upload,
    "Blob/copy": blobmethods.copy,
    "DirectoryEntry/get": directory.get,
    "DirectoryEntry/changes": directory.get_changes,
    "DirectoryEntry/query": searching.query,
    "DirectoryEntry/set": directory.set_,
    "Address/resolve": addresses.resolve,
}


def writes(request: Request) -> bool:
    """Whether any call may change something."""
    return any(method.writes for call in request.method_calls if (method := METHODS.get(call.name)) is not None)


def answer(turn: Turn, request: Request, kept: Mapping[int, Made] | None = None) -> Response:
    """All answers, in order. `kept`: what the server made for a `Blob/upload`, by the number of its call.

    Raises Refusal `unknownCapability`.
    """
    available = session.capabilities(turn.caller.kind)
    if unknown := [name for name in request.using if name not in available]:
        raise Refusal("unknownCapability", unknown[0][:100])
    done: list[Answer] = []
    created = dict(request.created_ids or {})
    for number, call in enumerate(request.method_calls):
        turn.uploads = (kept or {}).get(number, {})
        done.append(_call(turn, call, request.using, done, created))
    return Response(
        method_responses=done,
        session_state=session.state(turn),
        created_ids=None if request.created_ids is None else created,
    )


def _call(turn: Turn, call: Call, using: list[str], done: list[Answer], created: dict[str, str]) -> Answer:
    before = turn.tx.writes
    try:
        method = METHODS.get(call.name)
        if method is None or method.capability not in using:
            raise Refusal("unknownMethod")
        scoped.require_method(turn, call.name)
        arguments = _arguments(call.arguments, method.arguments, done, created)
        _check_properties(method, arguments)
        result = RULES[call.name](turn, arguments)
        if isinstance(result, Refusal):  # refusing itself is remembered
            return "error", result.as_error(), call.call_id
        _remember(result, created)
        return call.name, _shown(result, arguments), call.call_id
    except Refusal as refusal:
        if turn.tx.writes != before:
            raise RuntimeError("a refusal came after a write") from refusal
        return "error", refusal.as_error(), call.call_id


def _arguments(raw: msgspec.Raw, kind: type[Any], done: list[Answer], created: dict[str, str]) -> Any:
    given = bytes(raw)
    if needs_filling(given):
        values = plain(given)
        if not isinstance(values, dict):
            raise Refusal("invalidArguments")
        given = encode(fill_in(values, _plain(done) if any(k.startswith("#") for k in values) else [], created))
    try:
        return msgspec.json.decode(given, type=kind)
    except msgspec.ValidationError as error:
        raise Refusal("invalidArguments", str(error)) from None


def _plain(done: Iterable[Answer]) -> list[Answer]:
    return [(name, msgspec.to_builtins(result), call_id) for name, result, call_id in done]


def _remember(result: Any, created: dict[str, str]) -> None:
    if isinstance(result, SetDone | PushSetDone):
        created.update({name: made["id"] for name, made in (result.created or {}).items()})
    elif isinstance(result, BlobsMade):
        created.update({name: made.id for name, made in (result.created or {}).items()})


def _check_properties(method: Method, arguments: Any) -> None:
    # Of the type, not of what was found: a wrong name is refused where there is nothing to show as well.
    if isinstance(arguments, Get | PushGet) and arguments.properties is not None:
        (kind,) = getattr(method.answer, "__args__", (PushSubscription,))
        written = {"url", "keys"} if kind is PushSubscription else set()
        if not {field.encode_name for field in msgspec.structs.fields(kind)} | written >= set(arguments.properties):
            raise Refusal("invalidArguments", "there is no such property")


def _shown(result: Any, arguments: Any) -> Any:
    if not isinstance(arguments, Get | PushGet) or arguments.properties is None:
        return result
    shown = msgspec.to_builtins(result)
    wanted = {"id", *arguments.properties}
    shown["list"] = [{name: item[name] for name in item if name in wanted} for item in shown["list"]]
    return shown
