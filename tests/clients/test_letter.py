"""Letters and parts: encoding undoes decoding, noise is refused with the one error."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.content.agenda import Attendee, Invitation, Moment, Person
from clients.content.document import Author, Code, Patient
from clients.content.file import FilePart
from clients.content.ins import TEST
from clients.content.kinds import part_from_json
from clients.content.letter import (
    Letter,
    LetterRecipient,
    LogSeen,
    Mail,
    NotALetter,
    Sender,
    from_bytes,
    letter_hash,
    to_bytes,
)
from clients.content.part import Part
from clients.content.receipt import Receipt
from clients.content.record import RecordDocument
from clients.content.unknown import UnknownPart
from crypto.attachment import Attachment
from crypto.encoding import b64u, base32

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
FILE = Attachment(("b" + "0" * 64,), bytes(16), bytes(32), "a.pdf", bytes(32), 3, "application/pdf")
PARTS: list[Part] = [
    FilePart(FILE),
    Receipt(b64u(bytes(16)), "read", NOW),
    Invitation("REQUEST", "u", 0, NOW, Person("a@b.fr"), (Attendee("c@d.fr"),), Moment(date(2026, 5, 1))),
    RecordDocument(
        FILE, "cda-r2", "Titre", Code("11502-2", "CR", "2.16"), Author("Dr X"), NOW, "1.2^3",
        Patient("279035121518989", TEST, "DURAND", "Camille", "1979-03-28", "F"), ("N",), FILE, "1.2^2",
    ),
    RecordDocument(FILE, "pdf", "", Code("", "", ""), Author(""), date(2026, 1, 2), ""),
]  # fmt: skip

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
ids = st.binary(min_size=16, max_size=16).map(b64u)
accounts = st.binary(min_size=16, max_size=16).map(lambda raw: "a" + base32(raw))
hashes = st.binary(min_size=32, max_size=32)
mails = st.builds(
    Mail, st.just("a@b.fr"), st.just("c@d.fr"), st.none() | st.just("<1@x>"), st.none() | st.just("<0@x>"),
    st.lists(st.just("<r@x>"), max_size=50).map(tuple),
)  # fmt: skip
letters = st.builds(
    Letter,
    message=ids,
    thread=ids,
    sent=st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0)),
    sender=st.builds(Sender, accounts, st.just("k" + "a" * 26), words, words),
    recipients=st.dictionaries(accounts, hashes, min_size=1, max_size=4).map(
        lambda found: tuple(LetterRecipient(account, found[account]) for account in sorted(found))
    ),
    counter=st.integers(1, 2**53 - 1),
    previous=st.none() | hashes,
    subject=words,
    text=words,
    html=st.none() | words,
    parts=st.lists(st.sampled_from(PARTS), max_size=4).map(tuple),
    in_reply_to=st.none() | ids,
    mail=st.none() | mails,
    checkpoint=st.none() | st.builds(LogSeen, st.integers(1, 2**53 - 1), hashes, st.binary(min_size=64, max_size=64)),
)


@given(letters)
def test_decoding_undoes_encoding(written: Letter) -> None:
    raw = to_bytes(written)

    assert from_bytes(raw) == written
    assert to_bytes(from_bytes(raw)) == raw


@given(st.binary(max_size=200))
def test_noise_is_refused_with_the_one_error(noise: bytes) -> None:
    with pytest.raises(NotALetter):
        from_bytes(noise)


@given(letters, st.data())
def test_a_flipped_byte_is_refused_or_gives_another_letter(written: Letter, data: st.DataObject) -> None:
    raw = bytearray(to_bytes(written))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))

    with suppress(NotALetter):
        assert to_bytes(from_bytes(bytes(raw))) == bytes(raw)


@given(st.recursive(st.none() | st.integers() | words, lambda inner: st.lists(inner) | st.dictionaries(words, inner)))
def test_json_that_is_no_part_is_refused_and_never_crashes(raw: object) -> None:
    with pytest.raises(ValueError, match="not a part"):
        part_from_json(raw)  # type: ignore[arg-type]  # any JSON


SAMPLE = Letter(
    b64u(bytes(16)), b64u(bytes(16)), NOW, Sender("a" + "a" * 26, "k" + "a" * 26, "x", "x"),
    (LetterRecipient("a" + "a" * 26, bytes(32)),), 1, None, "s", "t",
)  # fmt: skip


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("v", 2), ("v", True), ("checkpoint", {}), ("checkpoint", {"root": "A" * 43, "size": 0}),
        ("checkpoint", {"root": "A" * 42, "size": 1}), ("checkpoint", {"root": "A" * 43, "size": 1, "x": 1}),
        ("counter", 0), ("counter", "1"), ("subject", "x" * 256), ("text", None),
        ("text", "é" * (1 << 19) + "x"), ("html", 1), ("message", "short"), ("thread", "A" * 21 + "B"), ("parts", {}),
        ("parts", [1]), ("previous", "AA"), ("recipients", []), ("sent", "2026-03-04 10:00:00Z"), ("inReplyTo", ""),
        ("sent", "2026-02-30T10:00:00Z"), ("mail", {}), ("parts", [{"kind": "file"}] * 65),
        ("mail", {"from": "a", "inReplyTo": None, "messageId": "<a\r\nBcc: b@x>", "references": [], "to": "b"}),
        ("mail", {"from": "a", "inReplyTo": None, "messageId": None, "references": ["<r>"] * 51, "to": "b"}),
    ],
)  # fmt: skip
def test_a_member_outside_the_specification_is_refused(member: str, value: object) -> None:
    raw = json.loads(to_bytes(SAMPLE)) | {member: value}

    with pytest.raises(NotALetter, match="unknownMembers"):
        from_bytes(json.dumps(raw, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def test_recipients_out_of_order_are_refused() -> None:
    two = (LetterRecipient("a" + "b" * 25 + "a", bytes(32)), LetterRecipient("a" + "a" * 26, bytes(32)))

    with pytest.raises(NotALetter):
        to_bytes(replace(SAMPLE, recipients=two))


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.kind)
def test_a_part_with_another_member_is_kept_as_it_came(part: Part) -> None:
    raw = part.to_json() | {"other": 1}

    found = part_from_json(raw)

    assert isinstance(found, UnknownPart)
    assert found.to_json() == raw


def test_an_unknown_kind_is_kept_through_a_letter() -> None:
    written = replace(SAMPLE, parts=(UnknownPart({"kind": "poem", "verses": ["a"]}),))

    assert from_bytes(to_bytes(written)) == written


def test_the_hash_is_of_the_bytes() -> None:
    assert letter_hash(b"x").hex().startswith("2d711642")
