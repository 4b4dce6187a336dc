"""An account's life over a real relay: password, recovery, rotation, suspicion, carers, devices."""

import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
import pyotp
import pytest

from clients.sdk import Arrived, Client, Distrusted, Draft, Mailbox, Person, Refusal, activate, letter_account, recover
from clients.sdk.activation import new_totp_secret
from clients.sdk.setting import set_one
from clients.sdk.tickets import TicketBox
from clients.session.states import open_state, seal_state, state_name
from crypto.code import new_code
from crypto.encoding import b64u, unb64u, utc
from crypto.errors import BadStatement, CannotOpen, OlderBox
from crypto.keybox import BoxContent, LastCheckpoint, LetterKey, RecoveryKey, new_box, open_box
from crypto.keybox import replace as replace_box
from crypto.keys import KeyPairs, account_id
from crypto.transparency.statement import Announcement, make_statement
from messaging.wire import codec
from messaging.wire.methods import Get, Set
from messaging.wire.types import BoxAnswer
from tests.clients.conftest import PASSWORD, PATIENT, STATION, People, enrolled_patient
from tests.clients.hostile import Hostile
from tests.clients.logs import WITNESS

NEW = "un autre mot de passe tranquille"


@pytest.fixture
async def log_in(people: People) -> AsyncIterator[Callable[[str, str], Awaitable[Client]]]:
    """A further device of the patient: with a password and the secret of its one-time codes."""
    async with contextlib.AsyncExitStack() as stack:

        async def enter(password: str, secret: str) -> Client:
            code = pyotp.TOTP(secret)
            client = Client.with_password(people.origin, PATIENT, password, lambda: code.at(int(time.time()) + 30))
            return await stack.enter_async_context(await client)

        yield enter


LogIn = Callable[[str, str], Awaitable[Client]]


async def letters_of(client: Client) -> Mailbox:
    key = client.password_key
    assert key is not None
    return await client.mailbox(client.account, key, name="Camille", address=f"{PATIENT}@patient.pli.example")


async def test_a_new_password_opens_the_account_and_the_old_one_does_not(people: People, log_in: LogIn) -> None:
    await (await people.patient.person()).change_password(NEW)

    client = await log_in(NEW, people.totp_secret)

    assert (await letters_of(client)).account == people.patient.account
    with pytest.raises(Refusal, match="wrongCredentials"):
        await Client.with_password(people.origin, PATIENT, PASSWORD, None)


async def test_a_client_goes_on_after_it_changed_its_own_password(people: People) -> None:
    person = await people.patient.person()
    await person.change_password(NEW)
    await person.change_password(PASSWORD, end_others=False)

    again = await people.patient.person()

    assert again.opened.version == person.opened.version == 4
    assert [slot.type for slot in again.opened.slots].count("password") == 1


async def test_with_the_recovery_code_a_person_who_lost_the_password_gets_back_in_and_reads_the_archive(
    people: People,
) -> None:
    await people.doctor.send(Draft("Avant", "x"), [people.patient.account])
    following, secret = new_code(), new_totp_secret()

    async with await recover(people.origin, PATIENT, people.recovery, NEW, secret, following) as client:
        items = (await (await letters_of(client)).news(None)).items

    assert [item.letter.subject for item in items if isinstance(item, Arrived)] == ["Avant"]


async def test_a_recovery_code_is_good_once_and_the_next_one_after_it(people: People) -> None:
    following = new_code()
    await (await recover(people.origin, PATIENT, people.recovery, NEW, new_totp_secret(), following)).close()

    with pytest.raises(Refusal, match="wrongCredentials"):
        await recover(people.origin, PATIENT, people.recovery, NEW, new_totp_secret(), new_code())
    again = await recover(people.origin, PATIENT, following, PASSWORD, new_totp_secret(), new_code())

    assert again.account == people.patient.account
    await again.close()


async def test_recovery_ends_every_other_device(people: People) -> None:
    await (await recover(people.origin, PATIENT, people.recovery, NEW, new_totp_secret(), new_code())).close()

    with pytest.raises(Refusal):
        await people.patient.contacts(people.patient.account)


async def test_somebody_elses_code_recovers_nothing(people: People) -> None:
    with pytest.raises(Refusal, match="wrongCredentials"):
        await recover(people.origin, PATIENT, new_code(), NEW, new_totp_secret(), new_code())


async def test_a_new_recovery_code_takes_the_place_of_the_one_before(people: People) -> None:
    following = new_code()
    person = await people.patient.person()
    await person.new_recovery_code(following)

    with pytest.raises(Refusal, match="wrongCredentials"):
        await recover(people.origin, PATIENT, people.recovery, NEW, new_totp_secret(), new_code())
    raw = await people.patient._connection.key_box(person.account)
    assert open_box(raw, person.account, RecoveryKey(following)).version == person.opened.version
    with pytest.raises(CannotOpen):
        open_box(raw, person.account, RecoveryKey(people.recovery))


async def test_after_a_suspicion_keys_are_new_and_said_so_and_the_old_box_key_opens_nothing(people: People) -> None:
    person = await people.patient.person()
    before = person.opened

    await person.suspected_compromise(new_code(), NEW)

    raw = await people.patient._connection.key_box(person.account)
    chains = await people.bridge._directory.chains(people.doctor.account, [person.account], fresh=True)
    newest = chains[person.account][-1]
    assert (newest.statement.suspected, newest.statement.box) == (True, before.version + 1)
    assert newest.keys == person.opened.content.keys.public() != before.content.keys.public()
    with pytest.raises(CannotOpen):
        open_box(raw, person.account, before.box_key)


async def test_after_a_suspicion_letters_go_on_both_ways(people: People) -> None:
    await people.doctor.send(Draft("Avant", "x"), [people.patient.account])
    await (await people.patient.person()).suspected_compromise(new_code(), NEW)
    mailbox = await letters_of(people.patient)

    await people.doctor.send(Draft("Après", "x"), [people.patient.account])
    await mailbox.send(Draft("Réponse", "x"), [people.doctor.account])

    assert [i.letter.subject for i in (await mailbox.news(None, "in")).items if isinstance(i, Arrived)] == [
        "Avant",
        "Après",
    ]
    (answer,) = (await people.doctor.news(None, "in")).items
    assert isinstance(answer, Arrived)


async def test_sealed_states_move_under_the_new_box_key(people: People) -> None:
    person = await people.patient.person()
    connection, before = people.patient._connection, person.opened.box_key
    sealed = b64u(seal_state(before, "read", 1, b'{"letters":[]}'))
    update = {state_name(before, "read"): msgspec.Raw(codec.encode({"version": 1, "sealed": sealed}))}
    await set_one(connection, "SealedState/set", Set(account_id=person.account, update=update))

    await person.suspected_compromise(new_code(), NEW)

    after = person.opened.box_key
    (kept,) = (await connection.call("SealedState/get", Get(account_id=person.account))).list_
    assert kept.id == state_name(after, "read")
    assert open_state(after, "read", kept.version, unb64u(kept.sealed)) == b'{"letters":[]}'


async def test_keys_of_this_year_are_not_replaced_and_older_ones_are(people: People) -> None:
    person = await people.patient.person()
    before = person.opened.content.keys

    assert not await person.rotate_if_due()
    assert await person.rotate_if_due(datetime.now(UTC) + timedelta(days=366))

    content = person.opened.content
    assert (content.previous[-1].keys, content.keys == before) == (before, False)
    assert (await people.patient.person()).opened.content.keys == content.keys


async def test_a_log_in_replaces_keys_that_are_older_than_a_year(people: People, log_in: LogIn) -> None:
    person = await people.patient.person()
    box = person._box
    aged = replace(box.opened.content, created=utc(datetime.now(UTC) - timedelta(days=400)))
    raw, key = replace_box(box.opened, aged)
    await box.put(raw, key)

    mailbox = await letters_of(await log_in(PASSWORD, people.totp_secret))

    assert mailbox.opened.content.previous[-1].keys == aged.keys
    await people.doctor.send(Draft("Neuf", "x"), [people.patient.account])
    assert len((await mailbox.news(None)).items) == 1


async def adopted(people: People) -> tuple[Person, str]:
    """The patient, and the account of a child that they adopted."""
    made = await enrolled_patient(people.station, "enfant")
    person = await people.patient.person()
    child = await person.adopt("enfant", made.code, new_code())
    await people.patient.reload()
    return person, child


async def held_letters(people: People, person: Person, child: str) -> Mailbox:
    opened = await person.open_held(child)
    return await people.patient.mailbox_of(opened, name="Enfant", address="enfant@patient.pli.example")


async def test_a_carer_adopts_a_child_and_reads_and_answers_its_letters(people: People) -> None:
    person, child = await adopted(people)
    await people.doctor.send(Draft("Vaccins", "x"), [child])
    mailbox = await held_letters(people, person, child)

    (asked,) = (await mailbox.news(None)).items
    assert isinstance(asked, Arrived)
    await mailbox.send(Draft("Merci", "x", thread=asked.letter.thread), [people.doctor.account])

    (got,) = (await people.doctor.news(None, "in")).items
    assert isinstance(got, Arrived)
    assert got.letter.sender.account == child
    assert child in people.patient.accounts


async def test_a_stranger_opens_no_child_that_is_not_theirs(people: People) -> None:
    _, child = await adopted(people)
    made = await enrolled_patient(people.station, "180035121518989")
    secret = new_totp_secret()
    async with await activate(people.origin, "180035121518989", made.code, PASSWORD, secret) as stranger:
        person = await stranger.person()

        with pytest.raises(Refusal):
            await person.open_held(child)


async def test_a_letter_with_two_codes_needs_both(people: People) -> None:
    address, now = "deux@patient.pli.example", datetime.now(UTC)
    made = letter_account("patient", "deux", [address], now, by=STATION, two_codes=True)
    await people.station.enrol([made.person])
    assert made.second is not None

    with pytest.raises(Refusal, match="wrongCredentials"):
        await activate(people.origin, "deux", made.code, PASSWORD, new_totp_secret())
    client = await activate(people.origin, "deux", made.code, PASSWORD, new_totp_secret(), second=made.second)

    assert client.account == made.person.account
    await client.close()


async def second_patient(people: People, stack: contextlib.AsyncExitStack) -> Client:
    made = await enrolled_patient(people.station, "180035121518989")
    client = await activate(people.origin, "180035121518989", made.code, PASSWORD, new_totp_secret())
    return await stack.enter_async_context(client)


async def test_a_delegate_opens_the_account_until_the_delegation_ends(people: People) -> None:
    async with contextlib.AsyncExitStack() as stack:
        carer = await second_patient(people, stack)
        person, helping = await people.patient.person(), await carer.person()
        await person.delegate(carer.account)
        opened = await helping.open_held(person.account)
        assert opened.content.keys == person.opened.content.keys
        assert [(d.delegate, ok) for d, ok in await person.delegations()] == [(carer.account, True)]

        await person.end_delegation(carer.account, new_code())

        assert await person.delegations() == []
        with pytest.raises(Refusal):
            await helping.open_held(person.account)
        raw = await people.patient._connection.key_box(person.account)
        with pytest.raises(CannotOpen):
            open_box(raw, person.account, opened.box_key)


async def test_new_keys_make_the_slots_of_delegates_anew(people: People) -> None:
    async with contextlib.AsyncExitStack() as stack:
        carer = await second_patient(people, stack)
        person = await people.patient.person()
        await person.delegate(carer.account)

        await person.rotate_if_due(datetime.now(UTC) + timedelta(days=366))
        first = await (await carer.person()).open_held(person.account)
        await person.suspected_compromise(new_code(), NEW)
        second = await (await carer.person()).open_held(person.account)

    assert first.box_key != second.box_key
    assert second.content.keys == person.opened.content.keys


async def test_whoever_gave_up_gets_no_slot_again_whatever_is_made_anew(people: People) -> None:
    async with contextlib.AsyncExitStack() as stack:
        carer = await second_patient(people, stack)
        person, helping = await people.patient.person(), await carer.person()
        await person.delegate(carer.account)
        ((found, _),) = await helping.delegations()
        await set_one(carer._connection, "Delegation/set", Set(account_id=carer.account, destroy=[found.id]))

        with pytest.raises(Refusal, match="invalidProperties") as refused:
            await person.rotate_if_due(datetime.now(UTC) + timedelta(days=366))
        await person.suspected_compromise(new_code(), NEW)

    assert refused.value.members == {"delegates": [carer.account]}
    assert [slot.type for slot in person.opened.slots if slot.type == "delegate"] == []
    assert await person.rotate_if_due(datetime.now(UTC) + timedelta(days=800))


async def test_access_ends_first_and_all_else_is_done_though_new_keys_are_not_shown(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        carer = await second_patient(people, stack)
        person = await people.patient.person()
        await person.delegate(carer.account)
        name = state_name(person.opened.box_key, "read")
        sealed = b64u(seal_state(person.opened.box_key, "read", 1, b"x"))
        update = {name: msgspec.Raw(codec.encode({"version": 1, "sealed": sealed}))}
        connection = people.patient._connection
        await set_one(connection, "SealedState/set", Set(account_id=person.account, update=update))

        async def unshown(*_: object) -> None:
            raise Distrusted(person.account, "ownKeyChanged")

        monkeypatch.setattr("clients.sdk.changing.own_line", unshown)
        with pytest.raises(Distrusted):
            await person.end_delegation(carer.account, new_code())

        assert await person.delegations() == []
        assert person._box.opening() == set()
        (kept,) = (await connection.call("SealedState/get", Get(account_id=person.account))).list_
        assert kept.id == state_name(person.opened.box_key, "read") != name


async def test_a_delegate_whose_keys_are_not_proven_keeps_no_other_one_in(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        carer = await second_patient(people, stack)
        person = await people.patient.person()
        await person.delegate(carer.account)

        async def unproven(*_: object) -> None:
            raise Distrusted("a" * 27, "notInLog")

        monkeypatch.setattr(person._box, "slots_for", unproven)
        with pytest.raises(Distrusted):
            await person.end_delegation(carer.account, new_code())
        monkeypatch.undo()

        assert await person.delegations() == []
        await person.end_delegation(carer.account, new_code())
        assert person._box.opening() == set()


async def test_a_fork_that_is_found_while_a_delegates_keys_are_looked_up_seals_nothing_to_them(people: People) -> None:
    async with contextlib.AsyncExitStack() as stack:
        carer = await second_patient(people, stack)
        person = await people.patient.person()
        directory = person._box.directory
        looked = directory.chains

        async def chains(*given: Any, **more: Any) -> Any:
            directory.log.memory.saw_forks([(9, bytes(32))])
            return await looked(*given, **more)

        directory.chains = chains  # type: ignore[method-assign]  # the same look-up, by which something is found
        with pytest.raises(Distrusted, match="logForked"):
            await person.delegate(carer.account)

    assert person._box.opening() == set()


async def test_after_a_suspicion_the_password_is_another_one_and_so_are_the_codes_that_were_asked_for(
    people: People, log_in: LogIn
) -> None:
    person, secret = await people.patient.person(), new_totp_secret()
    for same in (PASSWORD, None):
        with pytest.raises(ValueError, match="password"):
            await person.suspected_compromise(new_code(), same)

    await person.suspected_compromise(new_code(), NEW, secret)

    with pytest.raises(Refusal, match="wrongCredentials"):
        await log_in(PASSWORD, secret)
    with pytest.raises(Refusal, match="wrongCode"):
        await log_in(NEW, people.totp_secret)
    client = await log_in(NEW, secret)
    assert (await client.person()).opened.content.keys == person.opened.content.keys


async def test_a_held_account_has_no_password_to_change(people: People) -> None:
    person, child = await adopted(people)
    held = await people.patient.person_of(await person.open_held(child))

    with pytest.raises(ValueError, match="password"):
        await held.suspected_compromise(new_code(), NEW)
    await held.suspected_compromise(new_code(), None)

    assert (await person.open_held(child)).content.keys == held.opened.content.keys


async def test_the_first_box_of_an_account_says_which_log_it_knows(people: People) -> None:
    person, child = await adopted(people)

    for opened in (person.opened, await person.open_held(child)):
        known = opened.content.last_checkpoint
        assert known is not None
        assert (known.policy, known.size > 0) == (people.relay.service.house.policy.hash, True)


async def test_a_held_box_that_says_another_policy_stops_its_own_account_alone(people: People) -> None:
    person, child = await adopted(people)
    held = await people.patient.person_of(await person.open_held(child))
    odd = LastCheckpoint(bytes([1] * 32), bytes([2] * 32), 1)
    await held._box.put(*replace_box(held.opened, replace(held.opened.content, last_checkpoint=odd)))

    with pytest.raises(Distrusted, match="policyChanged") as refused:
        await held_letters(people, person, child)

    assert (refused.value.account, refused.value.of_everybody) == (child, False)
    assert people.patient.log_memory.distrust is None
    await people.doctor.send(Draft("x", "x"), [person.account])
    (asked,) = (await (await letters_of(people.patient)).news(None)).items
    assert isinstance(asked, Arrived)
    await (await letters_of(people.patient)).send(
        Draft("Re", "x", thread=asked.letter.thread), [people.doctor.account]
    )  # fmt: skip


async def test_an_older_box_than_the_newest_keys_say_recovers_nothing(people: People) -> None:
    old = b64u(await people.patient._connection.key_box(people.patient.account))
    await (await people.patient.person()).rotate_if_due(datetime.now(UTC) + timedelta(days=366))
    relay = Hostile(people.origin)
    relay.doors["/auth/box"] = lambda said: {**said, "box": old}

    with pytest.raises(OlderBox):
        await recover(
            people.origin, PATIENT, people.recovery, NEW, new_totp_secret(), new_code(), http=cast(Any, relay)
        )
    await relay.close()

    assert "/auth/recover" not in relay.asked


async def test_behind_a_log_that_its_witnesses_did_not_sign_nobody_activates(people: People) -> None:
    made, relay = await enrolled_patient(people.station, "nouveau"), Hostile(people.origin)
    policy = people.relay.service.house.policy.text.replace(b"quorum none\n", b"")
    relay.pages["/log/policy"] = policy + f"witness w {WITNESS.keys[0].vkey}\nquorum w\n".encode()

    with pytest.raises(Distrusted, match="badCheckpoint"):
        await activate(people.origin, "nouveau", made.code, PASSWORD, new_totp_secret(), http=cast(Any, relay))
    await relay.close()

    assert "/auth/activate" not in relay.asked


def test_a_first_statement_that_nobody_vouches_for_is_not_followed() -> None:
    pairs, account, code, now = KeyPairs.generate(), account_id(), new_code(), datetime.now(UTC)
    box, key = new_box(account, BoxContent.first(pairs, now), [LetterKey(code)])
    opened = open_box(box, account, key, 1)
    alone = make_statement(account, pairs.public(), pairs.signing, now, box=1)
    vouched = make_statement(account, pairs.public(), pairs.signing, now, box=1, by=STATION)

    def ticket(announced: Announcement) -> TicketBox:
        voucher = None if announced.voucher is None else b64u(announced.voucher)
        return TicketBox(
            "t",
            opened,
            BoxAnswer(account, 1, b64u(box), b64u(announced.statement), b64u(announced.signature), voucher),
        )

    assert ticket(vouched).first_statement().by == STATION.public()
    with pytest.raises(BadStatement):
        ticket(alone).first_statement()


async def test_a_device_has_a_name_that_only_its_owner_reads_and_is_ended(people: People, log_in: LogIn) -> None:
    person = await people.patient.person()
    other = await log_in(PASSWORD, people.totp_secret)
    current, further = sorted(await person.devices(), key=lambda each: not each.device.current)
    await person.name_device(further.device.id, "Tablette")

    named = {each.device.id: each.name for each in await person.devices()}
    await person.end_device(further.device.id)

    assert named == {current.device.id: None, further.device.id: "Tablette"}
    assert [each.device.id for each in await person.devices()] == [current.device.id]
    other._password = None
    with pytest.raises(Refusal):
        await other.person()
