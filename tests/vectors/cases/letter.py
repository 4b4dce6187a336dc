"""letter.json: letters as a reader's relay shows them, good ones and one for each check that must fail."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from crypto.encoding import Json, b64u, canonical, utc
from crypto.envelope.sealing import _seal
from crypto.keys import KeyPairs, SealingPublic, SigningSeed
from crypto.transparency.statement import Statement, make_statement, read_statement
from tests.vectors.material import Case, drawn, flipped, pairs, sealing, signing, source

ABOUT = "What a reader checks before showing a letter (docs/spec/content.md, what a reader checks)"

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
STATION = signing("station")
Members: TypeAlias = dict[str, Any]
MAIL: Members = {
    "from": "dr@cabinet.example", "inReplyTo": None, "messageId": "<one@cabinet.example>", "references": [],
    "to": "anne@patient.example",
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """An account and its line of keys, as the directory lists it."""

    account: str
    keys: tuple[KeyPairs, ...] = ()
    wires: tuple[Mapping[str, Json], ...] = ()
    statements: tuple[Statement, ...] = ()

    def then(self, new: KeyPairs, at: datetime) -> "Person":
        """The same with the next keys, announced by those before."""
        previous, signer = (self.statements[-1], self.keys[-1].signing) if self.keys else (None, new.signing)
        made = make_statement(
            self.account, new.public(), signer, at, box=len(self.keys) + 1, previous=previous,
            by=STATION if previous is None else None,
        )  # fmt: skip
        wire: dict[str, Json] = {
            "id": new.public().key_id, "account": self.account, "sealingKey": b64u(new.public().sealing.raw),
            "signingKey": b64u(new.public().signing.raw), "statement": b64u(made.statement),
            "signature": b64u(made.signature), "createdAt": utc(at), "revokedAt": None, "index": len(self.keys),
            "voucher": None if made.voucher is None else b64u(made.voucher), "inclusion": None,
        }  # fmt: skip
        said = read_statement(made.statement)
        return Person(self.account, (*self.keys, new), (*self.wires, wire), (*self.statements, said))

    def named(self) -> Json:
        """As a letter's `recipients` has it."""
        return {"account": self.account, "statement": b64u(self.statements[-1].hash)}


def _person(letter: str, name: str) -> Person:
    return Person("a" + letter * 25 + "a").then(pairs(name), NOW - timedelta(days=30))


ANNE, MARTIN, EVE = _person("b", "anne"), _person("m", "martin"), _person("e", "eve")
RENEWED = MARTIN.then(pairs("martin, new"), NOW - timedelta(hours=2))
THREAD, LETTER = b64u(drawn("thread", 16)), b64u(drawn("letter", 16))
OTHER_THREAD, OTHER_LETTER = b64u(drawn("other thread", 16)), b64u(drawn("other letter", 16))


@dataclass(frozen=True)
class Shown:
    """A letter of the doctor's to Anne, and all that the relay says beside it. Each attack changes one thing."""

    said: Members = field(default_factory=dict)
    raw: bytes | None = None
    signer: SigningSeed = field(default_factory=lambda: MARTIN.keys[0].signing)
    sealed_to: tuple[SealingPublic, ...] = (ANNE.keys[0].public().sealing, MARTIN.keys[0].public().sealing)
    sender: Person = MARTIN
    reader: Person = ANNE
    label: Members = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=dict)
    flip: int | None = None

    def letter(self) -> Members:
        """The members inside the seal."""
        sender: Json = {
            "account": MARTIN.account, "address": "dr@cabinet.example", "key": MARTIN.keys[0].public().key_id,
            "name": "Dr Claire MARTIN",
        }  # fmt: skip
        whole: Members = {
            "checkpoint": None, "counter": 1, "html": None, "inReplyTo": None, "mail": None, "message": LETTER,
            "parts": [], "previous": None, "recipients": [ANNE.named(), MARTIN.named()], "sender": sender,
            "sent": utc(NOW), "subject": "Résultats", "text": "Bonjour.", "thread": THREAD, "v": 1,
        }  # fmt: skip
        return whole | self.said

    def case(self, name: str) -> dict[str, Json]:
        """All but what should come of it."""
        text = canonical(self.letter()) if self.raw is None else self.raw
        sealed = _seal(text, self.signer, self.sealed_to, source(f"letter {name}"))
        sealed = sealed if self.flip is None else flipped(sealed, self.flip)
        label: dict[str, Json] = {
            "clientId": self.letter()["message"], "from": self.letter()["sender"]["account"],
            "box": "out" if self.letter()["sender"]["account"] == self.reader.account else "in",
            "receivedAt": utc(NOW + timedelta(minutes=1)),
        }  # fmt: skip
        return {
            "name": name, "op": "read", "sealed": sealed.hex(),
            "seeds": [keys.sealing.raw.hex() for keys in reversed(self.reader.keys)],
            "account": self.reader.account, "own": list(self.reader.wires), "keys": list(self.sender.wires),
            "pins": dict(self.pins), "message": label | self.label,
        }  # fmt: skip


def cases() -> Iterator[Case]:
    """Every case."""
    for name, shown in _good().items():
        said = shown.letter()
        expect: Json = {member: said[member] for member in ("message", "thread", "counter", "text")}
        yield shown.case(name) | {"expect": expect, "stale": name in _STALE}
    for name, shown, item, reason in _bad():
        yield shown.case(name) | {"refusal": item, "reason": reason}


_STALE = frozenset({"sealed to a key that was replaced 26 hours before"})


def _renewed(hours: int) -> Person:
    return ANNE.then(pairs("anne, new"), NOW - timedelta(hours=hours))


def _good() -> dict[str, Shown]:
    return {
        "an honest letter": Shown(),
        "the sender's own copy": Shown(reader=MARTIN),
        "a letter that was a mail": Shown(said={"mail": MAIL}),
        "a mail whose author asks to be told that it was read": Shown(said={"mail": MAIL | {"receiptWanted": True}}),
        "a sender whose older key is pinned": Shown(pins={MARTIN.account: b64u(MARTIN.statements[0].hash)}),
        "a reader who has newer keys by now": Shown(reader=_renewed(0)),
        "sealed to a key that was replaced 24 hours before": Shown(reader=_renewed(24)),
        "sealed to a key that was replaced 26 hours before": Shown(reader=_renewed(26)),
        "a letter from just before its sender's new keys": Shown(
            sender=RENEWED, label={"receivedAt": utc(NOW - timedelta(hours=1, minutes=30))}
        ),
        "a letter of a sender who has newer keys": Shown(
            sender=RENEWED, signer=RENEWED.keys[1].signing, said={"sender": _sender(key=RENEWED.keys[1])}
        ),
    }


_Bad: TypeAlias = Iterator[tuple[str, Shown, str, str]]


def _bad() -> _Bad:
    yield from _not_opened()
    yield from _not_a_letter()
    yield from _other_readers()
    yield from _mislabelled()
    yield from _other_writers()
    yield from _other_keys()


def _not_opened() -> _Bad:
    good = Shown()
    yield "one bit changed", replace(good, flip=-9), "envelope/11", "cannotOpen"
    yield "sealed to somebody else", replace(good, sealed_to=good.sealed_to[1:] * 2), "envelope/5", "cannotOpen"


def _not_a_letter() -> _Bad:
    good = Shown()
    text = canonical(good.letter())
    more: Sequence[tuple[str, Members]] = (
        ("a member that no page names", {"folder": "inbox"}),
        ("a thread that is no id", {"thread": "../" + THREAD[3:]}),
        ("a counter of nothing", {"counter": 0}),
        ("another format", {"v": 2}),
        ("a mail that asks and does not", {"mail": MAIL | {"receiptWanted": False}}),
        ("a mail that asks in a word", {"mail": MAIL | {"receiptWanted": "true"}}),
        ("a mail that asks for nothing", {"mail": MAIL | {"receiptWanted": None}}),
        ("a mail with a member that no page names", {"mail": MAIL | {"receiptTo": "dr@cabinet.example"}}),
        ("a reader who is named twice", {"recipients": [ANNE.named(), ANNE.named()]}),
        ("readers in another order", {"recipients": [MARTIN.named(), ANNE.named()]}),
    )
    yield "white space at the end", replace(good, raw=text + b"\n"), "content/1", "notCanonical"
    yield "the text twice", replace(good, raw=text[:-1] + b',"v":1}'), "content/1", "notCanonical"
    for name, said in more:
        yield name, replace(good, said=said), "content/1", "unknownMembers"


def _other_readers() -> _Bad:
    alone = Shown(said={"recipients": [MARTIN.named()]})
    hidden = (*Shown().sealed_to, sealing("hidden").public())
    yield "a letter that does not name its reader", alone, "content/2", "notForYou"
    yield "a hidden recipient beside those who are named", Shown(sealed_to=hidden), "content/3", "hiddenRecipient"
    named: list[Json] = [ANNE.named(), EVE.named(), MARTIN.named()]
    yield "more who are named than can open it", Shown(said={"recipients": named}), "content/3", "hiddenRecipient"


def _mislabelled() -> _Bad:
    moved: Members = {"message": OTHER_LETTER, "thread": OTHER_THREAD}
    yield (
        "the letter of another thread in the place of this one", Shown(said=moved, label={"clientId": LETTER}),
        "content/4", "mislabelled",
    )  # fmt: skip
    yield "a letter under another number", Shown(label={"clientId": OTHER_LETTER}), "content/4", "mislabelled"
    yield "a letter as if somebody else had sent it", Shown(label={"from": EVE.account}), "content/4", "mislabelled"
    yield "a letter as if the reader had sent it", Shown(label={"box": "out"}), "content/4", "mislabelled"
    yield "one's own letter as if it had come", Shown(reader=MARTIN, label={"box": "in"}), "content/4", "mislabelled"


def _other_writers() -> _Bad:
    forged = Shown(signer=EVE.keys[0].signing)
    item, reason = "content/5", "unknownSenderKey"
    yield "a signature by a key that the directory does not hold", forged, item, reason
    moved = replace(forged, said={"thread": OTHER_THREAD}, signer=ANNE.keys[0].signing)
    yield "a letter that a reader sealed anew into another thread", moved, item, reason
    yield "another key's name beside the signature", Shown(said={"sender": _sender(key=EVE.keys[0])}), item, reason
    early = utc(NOW - timedelta(days=31))
    yield "a letter from before its sender's key", Shown(label={"receivedAt": early}), item, reason
    yield "a key that was replaced two hours before", Shown(sender=RENEWED), item, reason
    usurped = Person(MARTIN.account).then(pairs("relay"), NOW - timedelta(days=40))
    pins = {MARTIN.account: b64u(usurped.statements[0].hash)}
    yield "a line that does not hold the pin", Shown(pins=pins), item, "senderKeyChanged"


def _other_keys() -> _Bad:
    strange: list[Json] = [{"account": ANNE.account, "statement": b64u(drawn("statement", 32))}, MARTIN.named()]
    shown = Shown(said={"recipients": strange})
    yield "sealed to keys that the reader never announced", shown, "content/6", "sealedToOtherKey"


def _sender(key: KeyPairs) -> Json:
    sender: Members = Shown().letter()["sender"]
    return sender | {"key": key.public().key_id}
