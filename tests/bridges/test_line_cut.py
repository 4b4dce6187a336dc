"""The line breaks while a mail is handed over, at many bytes: nothing is taken by half, and what comes again is one
letter. tests/live/test_line_cut.py does it to a real Postfix, both ways."""

from collections.abc import Callable

import pytest

from tests.bridges.conftest import Running
from tests.bridges.fakes import DOCTOR, PATIENT
from tests.bridges.mails import mail
from tests.bridges.transcript import Peer

END = b"\r\n.\r\n"


def _raw() -> bytes:
    made = mail("Une phrase. " * 400)
    made.add_attachment(b"%PDF-1.4 canari" * 500, maintype="application", subtype="pdf", filename="note.pdf")
    return made.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").rstrip(b"\r\n")


RAW = _raw()
HEAD = RAW.index(b"\r\n\r\n")
# How many bytes of the mail and its end arrive before the line breaks.
PLACES = {
    "nothing": 0, "in a field": HEAD // 2, "after the head": HEAD + 4, "in the text": HEAD + 900,
    "in a file": len(RAW) - 800, "after the last byte": len(RAW), "before the dot": len(RAW) + 2,
    "after the dot": len(RAW) + 3, "in the last line end": len(RAW) + 4,
}  # fmt: skip
WAYS: dict[str, Callable[[Peer], None]] = {"reset": Peer.breaks, "closed": Peer.close}


async def _cut(running: Running, sent: int, way: str) -> None:
    peer = await Peer.secured(running, running.client)
    await peer.asks(f"MAIL FROM:<{DOCTOR}>", "250 2.1.0")
    await peer.asks(f"RCPT TO:<{PATIENT}>", "250 2.1.5")
    await peer.asks("DATA", "354 ")
    await peer.says((RAW + END)[:sent])
    WAYS[way](peer)


@pytest.mark.parametrize("place", PLACES)
async def test_a_mail_cut_before_its_end_is_no_letter_and_handed_over_again_is_one(
    place: str, running: Running
) -> None:
    for way in WAYS:
        await _cut(running, PLACES[place], way)
    peer = await Peer.secured(running, running.client)
    assert running.relay.letters() == []
    await peer.hands_over(RAW, "250 2.0.0")
    peer.close()
    (letter,) = running.relay.letters()
    assert (letter.counter, letter.previous, len(letter.parts)) == (1, None, 1)
    assert letter.text.count("Une phrase.") == 400


async def test_a_mail_whose_250_nobody_hears_is_one_letter_however_often_it_comes(running: Running) -> None:
    for way in (*WAYS, *WAYS):
        await _cut(running, len(RAW + END), way)
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(RAW, "250 2.0.0")
    peer.close()
    assert [letter.counter for letter in running.relay.letters()] == [1]


async def test_a_line_cut_while_the_relay_takes_the_letter_leaves_the_next_mail_its_place(running: Running) -> None:
    await _cut(running, len(RAW + END), "reset")
    second = mail("La suite")
    second.replace_header("Message-ID", "<suite@cabinet.mssante.example>")
    second["References"] = "<one@cabinet.mssante.example>"
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(RAW, "250 2.0.0")
    await peer.hands_over(second.as_bytes(), "250 2.0.0")
    peer.close()
    assert [letter.counter for letter in running.relay.letters()] == [1, 2]
