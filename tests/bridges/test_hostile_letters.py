"""A hostile integrator writes letters as JSON, every text of them chosen to start a header, a part or a line of SMTP.
What leaves is a mail whose head is the fields that a gateway sets, or no mail."""

import re
from email import message_from_bytes
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.mail.parse import parse
from bridges.mail.parsed import ParsedMail
from bridges.mail.translate.outgoing import Envelope, NoMail, to_mail
from clients.content.letter import NotALetter, from_bytes, to_bytes
from crypto.encoding import Json, canonical
from crypto.errors import NotCanonical
from tests.bridges.fakes import DOCTOR, HOSTNAME, PATIENT
from tests.bridges.test_outgoing import answer
from tests.clients.test_agenda import REQUEST
from tests.clients.test_record import COPY, DOCUMENT, FILE

ENVELOPE = Envelope(PATIENT, DOCTOR, "Dr Claire MARTIN", HOSTNAME, "Pli")
# docs/spec/content.md and MSSanté: nothing else stands in the head of a mail, or of one of its parts.
HEAD = {
    "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version", "content-type",
    "content-transfer-encoding", "x-mss-nil", "x-mss-codecda", "x-mss-ins",
}  # fmt: skip
PART = {"content-type", "content-transfer-encoding", "content-disposition"}
PIECES = (
    "\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x85", "\u2028", "\r\nX-Evil: yes\r\n", "\nBcc: x@y.example\n",
    "\r\n\r\nbody", "\r\n.\r\nMAIL FROM:<>\r\n", "=?utf-8?q?=0d=0aX-Evil:_yes?=", "=?utf-8?b?DQpYLUV2aWw6IHllcw0K?=",
    "--=_", '"', "\\", "<", ">", ";", ",", ":", "@", " ", "é", "\u202e", "\U0001f9ec", "a" * 80, "=", "%0d%0a", "*0*=",
    "X-Evil: yes",
)  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)


def _texts(value: Json, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where texts stand in a JSON value."""
    if isinstance(value, str):
        return [path]
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in inside for found in _texts(item, (*path, key))]


def _put(value: Any, path: tuple[Any, ...], text: str) -> Any:
    if not path:
        return text
    key, *rest = path
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[key] = _put(value[key], tuple(rest), text)
    return copied


def _raw() -> Any:
    from clients.content.agenda import reply
    from clients.content.file import FilePart
    from crypto.encoding import parse_canonical
    from tests.vectors.cases.imip import NOW

    parts = (FilePart(FILE), FilePart(COPY), DOCUMENT, REQUEST, reply(REQUEST, PATIENT, "ACCEPTED", NOW))
    return parse_canonical(to_bytes(answer(parts=parts)))


WHOLE = _raw() | {"html": "<p>a</p>"}
PLACES = _texts(WHOLE)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(PLACES), hostile), min_size=1, max_size=8))
def test_no_text_of_a_letter_gets_out_of_its_place(put: list[tuple[tuple[Any, ...], str]]) -> None:
    made = WHOLE
    for path, text in put:
        made = _put(made, path, text)
    try:
        letter = from_bytes(canonical(made))
        raw = to_mail(letter, lambda _: b"a\r\nb\rc\nd\x00", ENVELOPE)
    except (NotALetter, NotCanonical, NoMail, ValueError):
        return
    _check(raw)


def test_each_place_of_a_letter_alone() -> None:
    sent = 0
    for path in PLACES:
        for piece in ("a=?utf-8?q?=0d=0aX-Evil:_yes?=", "a\r\nX-Evil: yes"):
            try:
                raw = to_mail(from_bytes(canonical(_put(WHOLE, path, piece))), lambda _: b"x", ENVELOPE)
            except (NotALetter, NotCanonical, NoMail, ValueError):
                continue
            sent += 1
            _check(raw)
    assert sent > 10  # most are refused before; some places hold any text


def _check(raw: bytes) -> None:
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\x00", raw)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    mail = message_from_bytes(raw)
    names = [name.lower() for name in mail.keys()]  # noqa: SIM118 - a name may come twice
    assert set(names) <= HEAD
    assert len(names) == len(set(names))
    assert mail["To"] == f"Dr Claire MARTIN <{DOCTOR}>"
    assert mail["From"].endswith(f"<{PATIENT}>")
    for part in list(mail.walk())[1:]:
        assert {name.lower() for name in part.keys()} <= PART  # noqa: SIM118 - as above
        assert not part.defects
    again = parse(raw)
    assert isinstance(again, ParsedMail)
    assert [each.address for each in again.from_] == [PATIENT]
    assert [each.address for each in again.to] == [DOCTOR]
