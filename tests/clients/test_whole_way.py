"""Letters over a real relay: enrolled, activated, sent, read, answered."""

import asyncio
import os
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime

import pyotp
import pytest

from clients.content.file import FilePart
from clients.content.letter import Mail
from clients.sdk import Arrived, Client, Draft, Mailbox, Prepared, Refusal, Trust, Unreadable, managed_account
from clients.session.answering import answer
from crypto.errors import OlderBox
from crypto.keybox import DeviceKey
from tests.clients.conftest import BRIDGE, DOMAIN, PASSWORD, PATIENT, STATION, People

MAIL = Mail(
    "dr.martin@cabinet.mssante.example", f"{PATIENT}@patient.pli.example", "<1@cabinet>", None, ("<0@cabinet>",)
)


async def test_a_patient_answers_a_professional_with_a_file_that_arrives_byte_for_byte(people: People) -> None:
    file = os.urandom(5_000_000)
    await people.doctor.send(
        Draft("Résultats", "Bonjour", html="<p onclick=x>Bonjour</p>", mail=MAIL), [people.patient.account]
    )
    (asked,) = (await people.letters.news(None)).items
    assert isinstance(asked, Arrived)
    sealed = await people.letters.attach("analyse.pdf", "application/pdf", file)
    draft = answer(asked.letter, people.letters.address, "Merci", parts=(FilePart(sealed),))
    await people.letters.send(draft, [asked.letter.sender.account])

    _, got = (await people.doctor.news(None)).items

    assert isinstance(got, Arrived)
    (attachment,) = got.letter.attachments()
    assert await people.doctor.download(attachment) == file
    assert (got.letter.text, got.letter.subject, got.box) == ("Merci", "Re: Résultats", "in")
    assert got.letter.mail == Mail(MAIL.to, MAIL.from_, None, "<1@cabinet>", ("<0@cabinet>", "<1@cabinet>"))
    assert asked.letter.html == "<p>Bonjour</p>"


async def test_a_prepared_letter_survives_a_journal_and_is_delivered_once(people: People) -> None:
    prepared = await people.doctor.prepare(Draft("Une fois", "x"), [people.patient.account])
    again = Prepared.from_bytes(prepared.to_bytes())

    first = await people.doctor.submit(prepared)
    second = await people.doctor.submit(again)

    assert (first.existed, second.existed) == (False, True)
    assert first.id == second.id
    assert len((await people.letters.news(None)).items) == 1


async def test_a_prepared_letter_holds_nothing_readable(people: People) -> None:
    prepared = await people.doctor.prepare(Draft("canari bleu", "canari rouge"), [people.patient.account])

    assert b"canari" not in prepared.to_bytes()


async def test_letters_of_a_thread_are_counted_also_by_a_mailbox_that_was_opened_later(people: People) -> None:
    first = await people.doctor.prepare(Draft("Suite", "1"), [people.patient.account])
    await people.doctor.submit(first)
    assert first.letter is not None
    later = await people.bridge.mailbox(people.doctor.account, people.doctor_key, name="Dr", address="dr@x.example")

    await later.send(Draft("Suite", "2", thread=first.letter.thread), [people.patient.account])

    items = (await people.letters.news(None)).items
    assert [(i.letter.counter, i.missing) for i in items if isinstance(i, Arrived)] == [(1, False), (2, False)]


async def test_a_gap_in_a_thread_is_shown_and_not_refused(people: People) -> None:
    await people.doctor.send(Draft("Trou", "3", counter=3, previous=bytes(32)), [people.patient.account])

    (item,) = (await people.letters.news(None)).items

    assert isinstance(item, Arrived)
    assert item.missing


async def test_news_goes_on_from_its_state_and_reads_many_pages_oldest_first(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clients.sdk.syncing.PAGE", 2)
    for number in range(5):
        await people.doctor.send(Draft(str(number), "x"), [people.patient.account])
    subjects, state, more = [], None, True
    while more:
        news = await people.letters.news(state)
        subjects += [item.letter.subject for item in news.items if isinstance(item, Arrived)]
        state, more = news.state, news.more
    await people.doctor.send(Draft("5", "x"), [people.patient.account])

    (last,) = (await people.letters.news(state)).items

    assert subjects == ["0", "1", "2", "3", "4"]
    assert isinstance(last, Arrived)
    assert last.letter.subject == "5"


async def test_watching_says_at_once_that_a_letter_came(people: People) -> None:
    async with aclosing(people.patient.watch()) as hints:
        assert await anext(hints) == {}
        state = (await people.letters.news(None)).state
        await people.doctor.send(Draft("Vite", "x"), [people.patient.account])
        changed = await asyncio.wait_for(_first_change(hints), 10)

    assert people.patient.account in changed
    assert len((await people.letters.news(state)).items) == 1


async def _first_change(hints: object) -> dict[str, object]:
    async for hint in hints:  # type: ignore[attr-defined]  # an async generator
        if hint:
            return dict(hint)
    raise AssertionError


async def test_a_stranger_is_not_written_to_without_the_relay_knowing_them(people: People) -> None:
    with pytest.raises(Refusal, match="recipientNotFound"):
        await people.doctor.prepare(Draft("x", "x"), ["a" + "a" * 26])


async def test_a_closed_exchange_refuses_the_patient_and_an_open_one_does_not(people: People) -> None:
    await people.doctor.send(Draft("Fin", "x"), [people.patient.account])
    await people.bridge.close_contact(people.doctor.account, people.patient.account)
    with pytest.raises(Refusal, match="recipientRefuses"):
        await people.letters.send(Draft("x", "x"), [people.doctor.account])
    await people.bridge.open_contact(people.doctor.account, people.patient.account)

    sent = await people.letters.send(Draft("x", "x"), [people.doctor.account])

    assert not sent.existed


async def test_a_bridge_resolves_a_patients_address_and_looks_the_key_up(people: People) -> None:
    address = f"{PATIENT}@patient.pli.example"

    trust = Trust(stations=frozenset({STATION.public().raw}))
    async with await Client.with_key(people.origin, "gateway", BRIDGE, trust=trust) as bridge:
        found = await bridge.resolve(people.doctor.account, [address, "nobody@patient.pli.example"])
    keys = await people.bridge.look_up(people.doctor.account, [people.patient.account])

    assert {name: item.account for name, item in found.items()} == {address: people.patient.account}
    assert keys[people.patient.account].account == people.patient.account


async def test_a_person_logs_in_with_password_and_code_and_is_refused_with_another(people: People) -> None:
    with pytest.raises(Refusal, match="wrongCredentials"):
        await Client.with_password(people.origin, PATIENT, "faux", None)
    with pytest.raises(Refusal, match="mfaRequired"):
        await Client.with_password(people.origin, PATIENT, PASSWORD, None)
    code = pyotp.TOTP(people.totp_secret)

    async with await Client.with_password(people.origin, PATIENT, PASSWORD, lambda: code.at(_next_step())) as client:
        assert client.account == people.patient.account


def _next_step() -> int:
    """One step ahead is accepted: the present step was used by the activation."""
    import time

    return int(time.time()) + 30


async def test_pins_are_kept_in_the_key_box(people: People) -> None:
    await people.doctor.send(Draft("x", "x"), [people.patient.account])
    before = people.doctor.box_version
    await people.doctor.keep_pins()

    later = await people.bridge.mailbox(
        people.doctor.account, people.doctor_key, name="Dr", address="dr@x.example", minimum_version=before + 1
    )

    assert later.box_version == before + 1


async def test_a_letter_over_64_kib_travels_as_a_blob(people: People) -> None:
    text = "é" * 100_000
    await people.doctor.send(Draft("Long", text), [people.patient.account])

    (item,) = (await people.letters.news(None)).items

    assert isinstance(item, Arrived)
    assert item.letter.text == text


async def test_an_expired_token_is_renewed_without_a_word(people: People) -> None:
    people.bridge._connection._session._token = "x" * 43

    await people.doctor.send(Draft("x", "x"), [people.patient.account])

    assert len((await people.letters.news(None)).items) == 1


async def test_a_letter_that_cannot_be_opened_does_not_hide_the_others(people: People) -> None:
    prepared = await people.doctor.prepare(Draft("x", "x"), [people.patient.account])
    spoiled = bytearray(prepared.sealed)
    spoiled[-40] ^= 1
    await people.doctor.submit(replace(prepared, sealed=bytes(spoiled)))
    await people.doctor.send(Draft("bon", "x"), [people.patient.account])

    bad, good = (await people.letters.news(None)).items

    assert isinstance(bad, Unreadable)
    assert bad.reason == "cannotOpen"
    assert isinstance(good, Arrived)


async def test_news_of_one_box_leave_out_the_other(people: People) -> None:
    state = (await people.doctor.news(None)).state
    await people.doctor.send(Draft("Bonjour", "x"), [people.patient.account])
    (asked,) = (await people.letters.news(None)).items
    assert isinstance(asked, Arrived)
    await people.letters.send(answer(asked.letter, people.letters.address, "Merci"), [people.doctor.account])

    news = await people.doctor.news(state, "in")
    everything = await people.doctor.news(None, "out")

    assert [item.letter.text for item in news.items if isinstance(item, Arrived)] == ["Merci"]
    assert [item.box for item in everything.items] == ["out"]
    assert (await people.doctor.news(news.state)).items == ()


async def test_a_letter_sealed_to_older_keys_is_refused_and_the_next_is_sealed_to_those_looked_up_anew(
    people: People,
) -> None:
    prepared = await people.doctor.prepare(Draft("x", "x"), [people.patient.account])
    stale = replace(prepared, to=tuple((account, "k" + "a" * 26) for account, _ in prepared.to))
    with pytest.raises(Refusal, match="recipientKeyStale"):
        await people.doctor.submit(stale)

    assert people.patient.account not in people.doctor._directory._chains
    assert (await people.doctor.send(Draft("x", "x"), [people.patient.account])).existed is False


async def test_an_older_key_box_than_the_one_that_was_seen_is_refused(people: People) -> None:
    seen = people.doctor.box_version + 1

    with pytest.raises(OlderBox):
        await people.bridge.mailbox(
            people.doctor.account, people.doctor_key, name="Dr", address="dr@x.example", minimum_version=seen
        )


async def test_news_from_a_state_leave_out_all_that_was_there(people: People) -> None:
    await people.doctor.send(Draft("Avant", "x"), [people.patient.account])
    state = await people.letters.state()
    await people.doctor.send(Draft("Après", "x"), [people.patient.account])

    items = (await people.letters.news(state)).items

    assert [item.letter.subject for item in items if isinstance(item, Arrived)] == ["Après"]


async def test_one_contact_is_seen_as_it_is(people: People) -> None:
    doctor, patient = people.doctor.account, people.patient.account
    await people.doctor.send(Draft("Bonjour", "x"), [patient])

    before = await people.bridge.contact(doctor, patient)
    await people.bridge.close_contact(doctor, patient)
    after = await people.bridge.contact(doctor, patient)

    assert (before is not None and before.may_write, after is not None and after.may_write) == (True, False)
    assert await people.bridge.contact(doctor, doctor) is None


async def test_a_file_is_forwarded_without_a_new_upload(people: People) -> None:
    file = os.urandom(300_000)
    sealed = await people.doctor.attach("analyse.pdf", "application/pdf", file)
    await people.doctor.send(Draft("Résultats", "x", parts=(FilePart(sealed),)), [people.patient.account])
    (got,) = (await people.letters.news(None)).items
    assert isinstance(got, Arrived)
    (attachment,) = got.letter.attachments()
    other = await another_doctor(people)
    await other.send(Draft("Bonjour", "x"), [people.patient.account])

    forwarded = Draft("Tr: Résultats", "x", parts=(FilePart(attachment),))
    await people.letters.send(forwarded, [other.account])

    (read,) = (await other.news(None, "in")).items
    assert isinstance(read, Arrived)
    assert read.letter.attachments() == (attachment,)
    assert await other.download(attachment) == file


async def test_a_file_that_the_sender_cannot_fetch_is_not_forwarded(people: People) -> None:
    sealed = await people.doctor.attach("analyse.pdf", "application/pdf", b"x" * 1000)
    await people.doctor.send(Draft("Bonjour", "x"), [people.patient.account])

    with pytest.raises(Refusal, match="blobNotFound"):
        await people.letters.send(Draft("Tr", "x", parts=(FilePart(sealed),)), [people.doctor.account])


async def another_doctor(people: People) -> Mailbox:
    key, address = DeviceKey.generate(), f"dr.autre@{DOMAIN}"
    person = managed_account("professional", [address], key, datetime.now(UTC), by=BRIDGE)
    await people.bridge.enrol([person])
    await people.bridge.reload()
    return await people.bridge.mailbox(person.account, key, name="Dr Autre", address=address)


async def test_letters_carry_the_newest_checkpoint_that_their_sender_verified(people: People) -> None:
    await people.doctor.send(Draft("x", "x"), [people.patient.account])

    (got,) = (await people.letters.news(None)).items

    assert isinstance(got, Arrived)
    assert got.letter.checkpoint == people.doctor._log.seen
    assert not got.forked


async def test_the_newest_checkpoint_goes_into_the_key_box_with_the_pins(people: People) -> None:
    await people.doctor.send(Draft("x", "x"), [people.patient.account])
    await people.doctor.keep_pins()

    reopened = await people.bridge.mailbox(people.doctor.account, people.doctor_key, name="Dr", address="dr@x.example")

    assert reopened.opened.content.last_checkpoint == people.doctor._log.newest


async def test_a_letter_takes_its_small_files_along(people: People) -> None:
    file = people.doctor.enclose("a.bin", "application/octet-stream", b"canari" * 100)
    draft = Draft("Avec", "x", parts=(FilePart(file.file),))
    prepared = await people.doctor.prepare(draft, [people.patient.account], [file])
    again = Prepared.from_bytes(prepared.to_bytes())
    assert b"canari" not in prepared.to_bytes()
    assert again.chunks == file.chunks

    done = [await people.doctor.submit(each) for each in (again, again, prepared)]
    assert [each.existed for each in done] == [False, True, True]
    (got,) = [item for item in (await people.letters.news(None)).items if isinstance(item, Arrived)]
    assert await people.letters.download(got.letter.attachments()[0]) == b"canari" * 100


async def test_a_letter_whose_file_stayed_behind_is_refused_and_leaves_nothing(people: People) -> None:
    file = people.doctor.enclose("a.bin", "application/octet-stream", b"x")
    draft = Draft("Sans", "x", parts=(FilePart(file.file),))
    prepared = await people.doctor.prepare(draft, [people.patient.account])
    with pytest.raises(Refusal) as refused:
        await people.doctor.submit(prepared)
    other = replace(prepared, chunks=people.doctor.enclose("a.bin", "text/plain", b"x").chunks)
    with pytest.raises(Refusal) as again:
        await people.doctor.submit(other)
    assert (refused.value.name, again.value.name) == ("blobNotFound", "blobNotFound")
    assert (await people.letters.news(None)).items == ()
