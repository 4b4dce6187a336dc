"""Devices as their owner sees them (`Device/get`, `Device/set`): in the owner's own account alone."""

import hashlib

import msgspec
from msgspec.structs import replace

from crypto.encoding import b64u, unb64u
from crypto.errors import NotCanonical
from messaging.relay import devices
from messaging.relay.accesslog import log
from messaging.relay.moments import date_text
from messaging.relay.records import Device
from messaging.relay.sets import apply, invalid, parse, wanted
from messaging.relay.turn import Turn
from messaging.wire import limits, types
from messaging.wire.codec import encode
from messaging.wire.errors import Refusal
from messaging.wire.methods import DeviceUpdate, Get, Got, Set, SetDone

_DAY = 10  # characters of a date


def get(turn: Turn, arguments: Get) -> Got[types.Device]:
    """`Device/get`: those that have not ended, oldest first."""
    account = turn.own(arguments.account_id).id
    ids = wanted(arguments.ids)
    found = devices.alive(turn, account)
    if ids is None and len(found) > limits.MAX_OBJECTS_IN_GET:
        raise Refusal("requestTooLarge", members={"limit": limits.MAX_OBJECTS_IN_GET})
    known = {device.id for device in found}
    return Got(
        account_id=account,
        state=_state(turn, account),
        list_=[_seen(turn, device) for device in found if ids is None or device.id in ids],
        not_found=[id_ for id_ in ids or [] if id_ not in known],
    )


def set_(turn: Turn, arguments: Set) -> SetDone:
    """`Device/set`: update the label, destroy."""
    account = turn.own(arguments.account_id).id
    return apply(turn, arguments, lambda: _state(turn, account), update=_update, destroy=_destroy)


def _update(turn: Turn, account: str, id_: str, raw: msgspec.Raw) -> None:
    device = _required(turn, account, id_)
    text = parse(raw, DeviceUpdate).label
    try:
        label = unb64u(text or "")
    except NotCanonical:
        raise invalid("label") from None
    if text == "":
        raise invalid("label")  # nothing is said as null
    if len(label) > limits.MAX_DEVICE_LABEL:
        raise Refusal("tooLarge", members={"limit": limits.MAX_DEVICE_LABEL})
    turn.tx.put(replace(device, label=label))
    turn.note(account, "Device", _state(turn, account))


def _destroy(turn: Turn, account: str, id_: str) -> None:
    devices.end_trusted(turn, _required(turn, account, id_))
    turn.note(account, "Device", _state(turn, account))
    log(turn, "end device", account=account, target=id_)


def _required(turn: Turn, account: str, id_: str) -> Device:
    found = devices.find(turn, account, id_)
    if found is None:
        raise Refusal("notFound")
    return found


def _state(turn: Turn, account: str) -> str:
    said = [(device.id, device.expires, device.label) for device in devices.alive(turn, account)]
    return hashlib.sha256(encode(said)).hexdigest()[:16]


def _seen(turn: Turn, device: Device) -> types.Device:
    return types.Device(
        id=device.id,
        current=device.id == turn.caller.device,
        created_at=date_text(device.created),
        last_seen=date_text(device.seen or device.created)[:_DAY],
        expires_at=date_text(device.expires),
        label=b64u(device.label) if device.label else None,
    )
