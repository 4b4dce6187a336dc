"""A patient's letter becomes one mail, whatever is lost; what cannot leave is told."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from structlog.typing import EventDict

from bridges.mail.translate import outgoing as translate
from bridges.mssante import boxes, outbox
from bridges.mssante.database import Database
from clients.content.file import FilePart
from clients.sdk import Arrived, Unreadable
from crypto.attachment import Attachment
from crypto.keys import blob_id, random_id
from messaging.wire.errors import Refusal
from tests.bridges.fakes import PATIENT, SENT, account
from tests.bridges.test_outgoing import Desk, answer, desk, port_of

__all__ = ["desk", "port_of"]  # fixtures


async def lose_the_cursor(desk: Desk) -> None:
    desk.relay.faults["news"] = [Refusal("cannotCalculateChanges")]
    await desk.collect()


async def test_one_letter_under_two_relay_ids_is_one_mail(desk: Desk) -> None:
    letter = answer()
    desk.arrives(letter)
    desk.mailbox.items.append(Arrived("m" + "q" * 26, letter, SENT, "in"))
    await desk.collect()
    assert await desk.waiting() == 1


async def test_rows_that_were_purged_are_no_mail_again(desk: Desk) -> None:
    for _ in range(5):
        desk.arrives(answer())
    await desk.collect()
    await desk.send()
    assert await desk.database.run(lambda c: outbox.purge(c, desk.clock[0] + 1)) == 5
    await lose_the_cursor(desk)
    assert await desk.waiting() == 0


async def test_what_came_while_the_cursor_was_lost_is_mailed_from_every_page(desk: Desk) -> None:
    desk.arrives(answer())
    await desk.collect()
    for _ in range(4):
        desk.arrives(answer())
    await lose_the_cursor(desk)
    assert await desk.waiting() == 5


async def test_a_lost_database_mails_nothing_from_before_its_new_start(desk: Desk) -> None:
    for _ in range(5):
        desk.arrives(answer())
    desk.clock[0] += 60
    await desk.outgoing.begin([desk.mailbox])
    await desk.collect()
    await lose_the_cursor(desk)
    assert await desk.waiting() == 0
    later = answer()
    desk.mailbox.items.append(Arrived("m" + "q" * 26, later, SENT.replace(hour=23), "in"))
    await desk.collect()
    assert await desk.waiting() == 1


async def test_a_database_that_knows_the_mailbox_goes_on_where_it_was(desk: Desk) -> None:
    desk.arrives(answer())
    await desk.collect()
    desk.arrives(answer())
    await desk.outgoing.begin([desk.mailbox])
    await desk.collect()
    assert await desk.waiting() == 2


async def test_a_letter_that_cannot_be_mail_is_told_in_its_thread(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> bytes:
        raise TypeError("a writer that breaks")

    monkeypatch.setattr(translate, "to_mail", fails)
    letter = answer()
    desk.arrives(letter)
    await desk.collect()
    (notice,) = desk.relay.letters()
    assert (notice.thread, notice.in_reply_to) == (letter.thread, letter.message)
    assert "n'a pas pu être transmis" in notice.text
    assert "could not be sent on" in notice.text


async def test_a_letter_with_another_address_is_told_to_the_account_that_signed(desk: Desk) -> None:
    letter = answer(who="somebody else")
    desk.arrives(letter)
    await desk.collect()
    (notice,) = desk.relay.letters()
    assert account("somebody else") in [to.account for to in notice.recipients]


async def test_a_file_that_is_gone_is_told(desk: Desk) -> None:
    gone = Attachment((blob_id(b"x"),), b"g" * 16, bytes(32), "x", bytes(32), 1, "image/png")
    desk.relay.faults["download"] = [Refusal("notFound")]
    desk.arrives(answer(parts=(FilePart(gone),)))
    await desk.collect()
    assert len(desk.relay.letters()) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, 1),
        ({"thread": None}, 1),
        ({"proven": False}, 0),
        ({"reason": "replayed"}, 0),
    ],
)
async def test_what_cannot_be_read_is_told_to_whoever_signed_it_and_to_nobody_else(
    desk: Desk, logs: list[EventDict], change: dict[str, Any], told: int
) -> None:
    item = Unreadable("m" + "b" * 26, "unknownMembers", SENT, account(PATIENT), "in", True, random_id(), random_id())
    desk.mailbox.items.append(replace(item, **change))
    await desk.collect()
    assert len(desk.relay.letters()) == told
    assert [entry["event"] for entry in logs].count("outgoing.skipped") == 1


async def test_a_notice_that_cannot_be_told_now_is_told_with_the_next_reading(desk: Desk) -> None:
    desk.relay.faults["before submit"] = [Refusal("serverUnavailable")]
    desk.arrives(answer(who="somebody else"))
    await desk.collect()
    assert len(desk.relay.letters()) == 0
    await desk.collect()
    assert len(desk.relay.letters()) == 1


async def test_the_highest_version_of_a_key_box_is_kept(database: Database) -> None:
    assert await database.run(lambda c: boxes.version(c, "a")) == 1
    for seen in (3, 2):
        await database.run(partial(boxes.saw, account="a", seen=seen))
    assert await database.run(lambda c: (boxes.version(c, "a"), boxes.version(c, "b"))) == (3, 1)
