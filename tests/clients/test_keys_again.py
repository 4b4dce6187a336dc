"""What was proven once is asked for again: other people's lines, one's own, the key box that another client wrote."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clients.sdk import Arrived, Client, Distrusted, Draft, Mailbox, Unreadable
from clients.sdk.arriving import Complete
from clients.sdk.directory import PROVEN_SECONDS
from clients.session.answering import answer
from crypto.code import new_code
from crypto.errors import OlderBox
from crypto.keys import account_id
from tests.clients.conftest import BRIDGE, DOCTOR, PATIENT, People
from tests.clients.hostile import Hostile, listed, real_log
from tests.clients.test_hostile_relay import usurper

ADDRESS = f"{PATIENT}@patient.pli.example"
NEW = "un autre mot de passe tranquille"
NOW = datetime(2026, 3, 4, tzinfo=UTC)


class Watched:
    """A doctor whose look-ups are written down, and whose clock is moved by hand."""

    def __init__(self, doctor: Mailbox, relay: Hostile) -> None:
        self.mailbox, self.relay = doctor, relay
        self.asked: list[list[str]] = []
        self.now = 0.0
        doctor._directory._clock = lambda: self.now
        doctor._directory._at = dict.fromkeys(doctor._directory._at, 0.0)
        relay.lies["PublicKey/lookup"] = self._note

    def _note(self, asked: dict[str, Any], _: dict[str, Any]) -> None:
        self.asked.append(sorted(asked["accounts"]))


@pytest.fixture
async def watched(people: People) -> AsyncIterator[Watched]:
    async with contextlib.AsyncExitStack() as stack:
        relay = Hostile(people.origin)
        stack.push_async_callback(relay.close)
        http: Any = relay
        client = await stack.enter_async_context(await Client.with_key(people.origin, "gateway", BRIDGE, http=http))
        doctor = await client.mailbox(people.doctor.account, people.doctor_key, name="Dr", address=DOCTOR)
        yield Watched(doctor, relay)


def behind(people: People, relay: Hostile) -> None:
    """The patient's log-in, seen through this relay from now on."""
    http: Any = relay
    people.patient._connection._transport._http = http


async def own_letters(people: People) -> Mailbox:
    key = people.patient.password_key
    assert key is not None
    return await people.patient.mailbox(people.patient.account, key, name="C", address=ADDRESS)


async def test_a_line_is_asked_for_again_after_an_hour_and_ones_own_with_it(people: People, watched: Watched) -> None:
    both = sorted([people.patient.account, people.doctor.account])
    await watched.mailbox.check([people.patient.account])
    watched.asked.clear()

    watched.now = PROVEN_SECONDS
    await watched.mailbox.check([people.patient.account])
    assert watched.asked == []
    watched.now = 2 * PROVEN_SECONDS + 1
    await watched.mailbox.check([people.patient.account])

    assert watched.asked == [both]


async def test_a_reader_asks_again_too_for_everybody_at_once(people: People, watched: Watched) -> None:
    await people.doctor.send(Draft("Bonjour", "x"), [people.patient.account])
    (asked,) = (await people.letters.news(None)).items
    assert isinstance(asked, Arrived)
    await people.letters.send(answer(asked.letter, ADDRESS, "Merci"), [people.doctor.account])
    await watched.mailbox.news(None, "in")
    watched.asked.clear()

    watched.now = PROVEN_SECONDS + 1
    await watched.mailbox.news(None, "in")

    assert watched.asked == [sorted([people.patient.account, people.doctor.account])]


async def test_after_an_hour_the_stolen_key_is_not_sealed_to_any_more(people: People, watched: Watched) -> None:
    before = await watched.mailbox.prepare(Draft("x", "x"), [people.patient.account])
    await (await people.patient.person()).suspected_compromise(new_code(), NEW)

    watched.now = PROVEN_SECONDS + 1
    after = await watched.mailbox.prepare(Draft("x", "x"), [people.patient.account])

    assert dict(before.to)[people.patient.account] != dict(after.to)[people.patient.account]


async def test_a_stranger_in_ones_own_line_is_found_by_a_mailbox_that_is_open(people: People, watched: Watched) -> None:
    log, own = await real_log(people.origin, people.relay.service.house.log), people.doctor.account
    watched.relay.shows(log, **{own: listed(log, usurper(own, BRIDGE))})

    watched.now = PROVEN_SECONDS + 1
    with pytest.raises(Distrusted, match="ownKeyChanged"):
        await watched.mailbox.check([people.patient.account])

    assert watched.relay.sealed == []


async def test_a_mailbox_takes_up_the_keys_that_another_device_made(people: People) -> None:
    now = [0.0]
    people.letters._directory._clock = lambda: now[0]
    people.letters._directory._at = dict.fromkeys(people.letters._directory._at, 0.0)
    person = await people.patient.person()
    await person.rotate_if_due(datetime.now(UTC) + timedelta(days=366))
    await people.doctor.send(Draft("Neuf", "x"), [people.patient.account])

    now[0] = PROVEN_SECONDS + 1
    (item,) = (await people.letters.news(None)).items

    assert isinstance(item, Arrived)
    assert people.letters.opened.content.keys == person.opened.content.keys


async def test_a_mailbox_whose_box_key_is_new_has_to_be_opened_again(people: People) -> None:
    letters = people.letters
    await (await people.patient.person()).suspected_compromise(new_code(), NEW)
    letters._directory.forget([letters.account])

    with pytest.raises(OlderBox):
        await letters.check([people.doctor.account])


async def test_while_ones_new_keys_are_not_published_the_mailbox_reads_and_does_not_seal(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.doctor.send(Draft("Avant", "x"), [people.patient.account])
    asker, account = people.doctor.account, people.patient.account
    before = (await people.bridge._directory.chains(asker, [account], fresh=True))[account]
    await (await people.patient.person()).rotate_if_due(datetime.now(UTC) + timedelta(days=366))
    relay = Hostile(people.origin)
    relay.shows(
        await real_log(people.origin, people.relay.service.house.log), **{account: [known.wire for known in before]}
    )
    behind(people, relay)
    monkeypatch.setattr("clients.sdk.ownline._PUBLISHED", ())

    letters = await own_letters(people)
    (item,) = (await letters.news(None)).items
    with pytest.raises(Distrusted, match="notInLog"):
        await letters.check([people.doctor.account])
    relay.lies.clear()
    await letters.check([people.doctor.account])
    await relay.close()

    assert isinstance(item, Arrived)


async def test_two_clients_keep_their_pins_in_one_box(people: People) -> None:
    first, second = people.letters, await own_letters(people)
    await people.doctor.send(Draft("Un", "x"), [people.patient.account])
    for letters in (first, second):
        await letters.news(None)
    other = account_id()
    second._memory.pin(other, "A" * 43)

    await first.keep_pins()
    await second.keep_pins()

    kept = (await own_letters(people)).opened.content.pins
    assert kept.keys() == {people.doctor.account, other}
    assert second.box_version == first.box_version + 1


async def test_a_letter_of_an_old_key_that_the_relay_backdates_is_of_when_it_appeared(people: People) -> None:
    await people.doctor.send(Draft("Bonjour", "x"), [people.patient.account])
    (asked,) = (await people.letters.news(None)).items
    assert isinstance(asked, Arrived)
    by_old = await people.letters.prepare(answer(asked.letter, ADDRESS, "ancien"), [people.doctor.account])
    since = (await people.doctor.news(None, "in")).state
    await people.letters.submit(by_old)
    await (await people.patient.person()).suspected_compromise(new_code(), NEW)
    people.doctor._complete.now(since, datetime.now(UTC) + timedelta(hours=2))
    people.doctor._directory.forget([people.patient.account])

    (late,) = (await people.doctor.news(since, "in")).items
    (first_reading,) = (await people.doctor.news(None, "in")).items

    assert isinstance(late, Unreadable)
    assert late.reason == "unknownSenderKey"
    assert isinstance(first_reading, Arrived)


def test_what_follows_a_state_came_after_it_was_reached() -> None:
    complete, later = Complete(), NOW + timedelta(hours=1)

    complete.reached(None, "first.50.s1", NOW, more=True)
    complete.reached("first.50.s1", "s1", later, more=False)
    assert (complete.after("first.50.s1"), complete.after("s1")) == (None, NOW)
    complete.reached("s1", "s2", later, more=True)
    assert complete.after("s2") == NOW
    complete.reached("s2", "s3", later, more=False)

    assert complete.after("s3") == later


def test_of_a_state_of_another_run_nothing_is_known_before_it_was_reached() -> None:
    complete = Complete()

    complete.reached("first.7.old", "old", NOW, more=False)
    complete.reached("other", "more", NOW, more=True)

    assert (complete.after("old"), complete.after("more"), complete.after(None)) == (None, None, None)
