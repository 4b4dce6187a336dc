"""Taking notices from the queue, and what became of them: the half of the queue that whoever sends them asks.

Law: between taking and settling stands no transaction; a lease that ends means that nobody knows.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, assert_never

import msgspec
from msgspec.structs import replace

from messaging.relay import queueing
from messaging.relay.accesslog import log
from messaging.relay.moments import DAY, HOUR, SECOND
from messaging.relay.noticekeys import CannotRead, digest, unseal
from messaging.relay.noticesettings import ID, address
from messaging.relay.noticesettings import setting as setting_of
from messaging.relay.records import Device, Hook, Notice, Setting, Subscription
from messaging.relay.turn import Turn
from messaging.wire import limits

Result = Literal["done", "again", "gone", "unknown"]
_LIFETIME: Final = {"email": DAY, "test": HOUR, "code": HOUR, "push": 3 * DAY, "verify": HOUR, "webhook": 5 * DAY}
_FIRST_GAP: Final = {"push": 30, "verify": 30, "webhook": 30}  # seconds; of mail five minutes
_LONGEST_GAP: Final = 4 * HOUR


class Target(msgspec.Struct, frozen=True):
    """Where a push or webhook goes, as it is sealed at rest. `p256dh` and `auth` raw, empty for webhooks."""

    url: str
    secret: bytes = b""
    p256dh: bytes = b""
    auth: bytes = b""


@dataclass(frozen=True, repr=False)
class Letter:
    """A mail to send. `code` is empty where it is a notice; `mark` is the same in every attempt."""

    row: Notice
    address: str
    language: str
    code: str
    mark: str

    def __repr__(self) -> str:
        return "Letter(...)"


@dataclass(frozen=True, repr=False)
class Parcel:
    """A body to post: JSON, and where. `mark` is the same in every attempt."""

    row: Notice
    target: Target
    body: bytes
    mark: str

    def __repr__(self) -> str:
        return "Parcel(...)"


Job: TypeAlias = Letter | Parcel


@dataclass(frozen=True)
class Take:
    """Those that are due."""

    most: int = 50


@dataclass(frozen=True)
class Settle:
    """What became of one. `jitter` from 0 to 1; `wait` in seconds, what the other side asked for."""

    row: Notice
    result: Result
    jitter: float = 0.5
    wait: int = 0


TellAsking: TypeAlias = Take | Settle


def answer(turn: Turn, asking: TellAsking) -> list[Job] | None:
    """The jobs, or nothing."""
    match asking:
        case Take():
            return take(turn, asking.most)
        case Settle():
            settle(turn, asking)
            return None
        case _:
            assert_never(asking)


def take(turn: Turn, most: int) -> list[Job]:
    """The jobs of rows that are due, taken for as long as a lease; at most so many."""
    due = sorted(turn.tx.due(Notice, turn.stamp), key=lambda row: row.expires)[:most]
    return [job for row in due if (job := _take(turn, row)) is not None]


def settle(turn: Turn, said: Settle) -> None:
    """Done, to be tried again, gone for good, or nobody knows."""
    row = turn.tx.one(Notice, said.row.account, said.row.way, said.row.id)
    if row is None or row.taken != said.row.taken:
        return  # somebody else's by now
    match said.result:
        case "done":
            _done(turn, row, said.row)
        case "again":
            _again(turn, row, said)
        case "gone":
            _gone(turn, row)
        case "unknown":
            _drop(turn, row)


def _take(turn: Turn, row: Notice) -> Job | None:
    if row.taken and row.way in ("email", "test", "code"):
        _drop(turn, row)  # an attempt whose end nobody knows: not twice
        return None
    taken = replace(
        row, tries=row.tries + 1, taken=turn.stamp, expires=turn.stamp + limits.NOTICE_LEASE_SECONDS * SECOND
    )  # fmt: skip
    job = _letter(turn, taken) if row.way in ("email", "test", "code") else _parcel(turn, taken)
    if job is None:
        _drop(turn, row)
        return None
    turn.tx.put(taken)
    return job


def _letter(turn: Turn, row: Notice) -> Letter | None:
    held = setting_of(turn, row.account)
    to, code = address(turn, held), ""
    if row.way == "email" and (held.state != "confirmed" or held.when == "off"):
        return None
    if row.way == "email" and queueing.was_back(turn, row.account, row.since):
        return None
    try:
        code = unseal(turn, row.body, "code", row.account).decode() if row.way == "code" else ""
    except CannotRead:
        return None
    return Letter(row, to, held.language, code, _mark(turn, row)) if to else None


def _parcel(turn: Turn, row: Notice) -> Parcel | None:
    if row.way == "webhook":
        hook = turn.tx.one(Hook, row.account, row.id)
        if hook is None or hook.state == "off":
            return None
        return _opened(turn, row, hook.sealed, change(row))
    one = turn.tx.one(Subscription, row.account, row.id)
    if one is None:
        return None
    device = turn.tx.one(Device, one.account, one.device)
    if device is None or device.ended or device.expires < turn.stamp or one.expires < turn.stamp:
        _unsubscribe(turn, row)  # RFC 8620, 7.2: it ends with the log-in that made it
        return None
    if row.way == "verify":
        said = {"@type": "PushVerification", "pushSubscriptionId": one.id, "verificationCode": one.code}
        return _opened(turn, row, one.sealed, msgspec.json.encode(said))
    return _opened(turn, row, one.sealed, change(row))


def change(row: Notice) -> bytes:
    """The StateChange of a row (RFC 8620, 7.1)."""
    return msgspec.json.encode({"@type": "StateChange", "changed": queueing.states_of(row)})


def _opened(turn: Turn, row: Notice, sealed: bytes, body: bytes) -> Parcel | None:
    try:
        target = msgspec.msgpack.decode(unseal(turn, sealed, "target", row.account, row.id), type=Target)
    except CannotRead:
        return None
    return Parcel(row, target, body, _mark(turn, row))


def _mark(turn: Turn, row: Notice) -> str:
    return digest(turn, "mark", row.account, row.way, row.id, str(row.since), str(row.merges)).hex()[:32]


def _done(turn: Turn, row: Notice, sent: Notice) -> None:
    if row.merges != sent.merges:  # something changed meanwhile: that is another notice
        turn.tx.put(replace(row, taken=0, tries=0, since=turn.stamp, expires=turn.stamp))
    else:
        _drop(turn, row)
    if row.way == "email":
        turn.tx.put(replace(setting_of(turn, row.account), told=turn.stamp))
    if row.way == "webhook" and (hook := turn.tx.one(Hook, row.account, row.id)) is not None and hook.failing:
        turn.tx.put(replace(hook, state="working", failing=0))


def _again(turn: Turn, row: Notice, said: Settle) -> None:
    if row.way == "webhook":
        _hook_failed(turn, row)
    elif turn.stamp - row.since > _LIFETIME[row.way]:
        _drop(turn, row)
        return
    if turn.tx.one(Notice, row.account, row.way, row.id) is None:
        return
    gap = min(_FIRST_GAP.get(row.way, 300) * SECOND * 2 ** min(row.tries - 1, 12), _LONGEST_GAP)
    wait = max(int(gap * (0.75 + 0.5 * said.jitter)), said.wait * SECOND)
    turn.tx.put(replace(row, taken=0, expires=turn.stamp + min(wait, DAY)))


def _hook_failed(turn: Turn, row: Notice) -> None:
    hook = turn.tx.one(Hook, row.account, row.id)
    if hook is None:
        _drop(turn, row)
        return
    since = hook.failing or turn.stamp
    over = turn.stamp - since > _LIFETIME["webhook"]
    turn.tx.put(replace(hook, failing=since, state="off" if over else "failing"))
    if over:
        _drop(turn, row)
        queueing.mark(turn, row.account)
        log(turn, "webhook", account=row.account, target=row.id, outcome="off", actor="relay")


def _gone(turn: Turn, row: Notice) -> None:
    match row.way:
        case "email" | "test" | "code":
            held = turn.tx.one(Setting, row.account, ID)
            if held is not None and held.state == "confirmed":
                number = turn.change(Setting, row.account)
                turn.tx.put(replace(held, state="unconfirmed", changed=number))
                queueing.mark(turn, row.account)
            _drop(turn, row)
        case "webhook":
            hook = turn.tx.one(Hook, row.account, row.id)
            if hook is not None:
                turn.tx.put(replace(hook, state="off", failing=hook.failing or turn.stamp))
            _drop(turn, row)
            queueing.mark(turn, row.account)
        case _:
            _unsubscribe(turn, row)


def _unsubscribe(turn: Turn, row: Notice) -> None:
    _drop(turn, row)
    turn.tx.drop(Notice, row.account, "verify" if row.way == "push" else "push", row.id)
    turn.tx.drop(Subscription, row.account, row.id)
    queueing.mark(turn, row.account)


def _drop(turn: Turn, row: Notice) -> None:
    turn.tx.drop(Notice, row.account, row.way, row.id)
