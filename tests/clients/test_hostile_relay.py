"""What a relay can do, and what then happens: nothing is sealed, and the reason has its name."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, cast

import msgspec
import pytest

from clients.content.letter import LogSeen
from clients.sdk import ANY_STATION, Arrived, Client, Distrusted, Draft, LogMemory, Mailbox, Refusal, Trust, Unreadable
from clients.session.answering import answer
from crypto.code import new_code
from crypto.encoding import b64u, canonical, unb64u
from crypto.errors import CannotOpen, OlderBox, WeakKdf
from crypto.keybox import LastCheckpoint
from crypto.keys import KeyPairs, SigningSeed
from crypto.transparency.statement import holder, make_statement
from messaging.wire.types import SealedMessage
from tests.clients.conftest import BRIDGE, DOCTOR, PASSWORD, PATIENT, STATION, People, enrolled_patient
from tests.clients.hostile import Hostile, listed, real_log
from tests.clients.letters import Person, wire
from tests.clients.logs import SmallLog

ADDRESS = f"{PATIENT}@patient.pli.example"


@dataclass
class Attack:
    """A doctor's client behind a hostile relay; the patient and everybody else see the real one."""

    people: People
    relay: Hostile
    stack: contextlib.AsyncExitStack

    @property
    def patient(self) -> str:
        return self.people.patient.account

    async def client(self, trust: Trust | None = None) -> Client:
        opened = await Client.with_key(self.people.origin, "gateway", BRIDGE, trust=trust, http=cast(Any, self.relay))
        return await self.stack.enter_async_context(opened)

    async def doctor(self, trust: Trust | None = None) -> Mailbox:
        client, key = await self.client(trust), self.people.doctor_key
        return await client.mailbox(self.people.doctor.account, key, name="Dr", address=DOCTOR)

    async def log(self) -> SmallLog:
        """All that the real log holds, to go on from or to rewrite."""
        return await real_log(self.people.origin, self.people.relay.service.house.log)

    async def refuses_to_write(self, doctor: Mailbox, reason: str) -> None:
        """Neither a letter nor a file leaves."""
        with pytest.raises(Distrusted, match=reason):
            await doctor.check([self.patient])
        with pytest.raises(Distrusted, match=reason):
            await doctor.send(Draft("Résultats", "x"), [self.patient])
        assert self.relay.sealed == []


@pytest.fixture
async def attack(people: People) -> AsyncIterator[Attack]:
    async with contextlib.AsyncExitStack() as stack:
        relay = Hostile(people.origin)
        stack.push_async_callback(relay.close)
        yield Attack(people, relay, stack)


def usurper(account: str, by: SigningSeed, **more: Any) -> Person:
    """Keys of the relay's own for somebody's account."""
    pairs = KeyPairs.generate()
    announced = make_statement(account, pairs.public(), pairs.signing, datetime.now(UTC), box=1, by=by, **more)
    return Person(account, (pairs,), (wire(account, pairs, announced),))


async def test_behind_an_honest_relay_a_letter_leaves(attack: Attack) -> None:
    doctor = await attack.doctor()

    await doctor.send(Draft("Résultats", "x"), [attack.patient])

    assert attack.relay.sealed == ["SealedMessage/set"]


async def test_a_key_that_is_swapped_at_the_first_contact_is_not_in_the_log(attack: Attack) -> None:
    doctor = await attack.doctor()
    evil = usurper(attack.patient, SigningSeed.generate()).wires

    def swap(asked: dict[str, Any], said: dict[str, Any]) -> None:
        if attack.patient in asked["accounts"]:
            real = [key for key in said["list"] if key["account"] == attack.patient][-1]
            said["list"] = [msgspec.to_builtins(evil[0]) | {n: real[n] for n in ("index", "inclusion")}]

    attack.relay.lies["PublicKey/lookup"] = swap

    await attack.refuses_to_write(doctor, "notInLog")


async def test_a_line_that_is_swapped_later_is_another_one_though_it_stands_in_the_log(attack: Attack) -> None:
    doctor = await attack.doctor()
    await doctor.send(Draft("Bonjour", "x"), [attack.patient])
    attack.relay.sealed.clear()
    log = await attack.log()
    attack.relay.shows(log, **{attack.patient: listed(log, usurper(attack.patient, STATION))})
    doctor._directory.forget([attack.patient])

    await attack.refuses_to_write(doctor, "keyChanged")


async def test_a_key_that_the_old_one_did_not_announce_breaks_the_chain(attack: Attack) -> None:
    doctor = await attack.doctor()
    evil = usurper(attack.patient, STATION)

    def append(asked: dict[str, Any], said: dict[str, Any]) -> None:
        if attack.patient in asked["accounts"]:
            said["list"].append(msgspec.to_builtins(evil.wires[0]))

    attack.relay.lies["PublicKey/lookup"] = append

    await attack.refuses_to_write(doctor, "brokenChain")


async def test_a_log_that_one_client_alone_sees_is_shown_by_a_letter_and_stays_distrusted(attack: Attack) -> None:
    people = attack.people
    await people.doctor.send(Draft("Bonjour", "x"), [attack.patient])
    (asked,) = (await people.letters.news(None)).items
    assert isinstance(asked, Arrived)
    await people.letters.send(answer(asked.letter, people.letters.address, "Merci"), [people.doctor.account])
    split = await attack.log()
    split.entries.insert(0, entry_of(usurper(attack.patient, STATION)))
    attack.relay.shows(split)
    memory = LogMemory()
    doctor = await attack.doctor(Trust(memory=memory))

    items = (await doctor.news(None, "in")).items

    assert [item.forked for item in items if isinstance(item, Arrived)] == [True]
    await attack.refuses_to_write(doctor, "logForked")
    with pytest.raises(Distrusted, match="logForked"):
        await doctor.attach("a.txt", "text/plain", b"x")
    assert LogMemory.from_bytes(memory.to_bytes()).distrust == "logForked"


def entry_of(person: Person) -> bytes:
    """As a log holds it."""
    log = SmallLog()
    log.add(person)
    return log.entries[0]


async def test_a_fork_is_forgotten_when_somebody_who_was_told_accepts_it(attack: Attack) -> None:
    memory = LogMemory()
    client = await attack.client(Trust(memory=memory))
    doctor = await client.mailbox(attack.people.doctor.account, attack.people.doctor_key, name="Dr", address=DOCTOR)
    memory.saw_forks([(7, bytes(32))])
    await attack.refuses_to_write(doctor, "logForked")

    await client.accept_log(bytes(32))
    await doctor.send(Draft("Bonjour", "x"), [attack.patient])

    assert attack.relay.sealed == ["SealedMessage/set"]


async def test_a_log_that_is_rewritten_between_two_looks_is_forked(attack: Attack) -> None:
    doctor = await attack.doctor()
    rewritten = await attack.log()
    rewritten.entries.insert(0, entry_of(usurper(attack.patient, STATION)))
    attack.relay.shows(rewritten)

    await attack.refuses_to_write(doctor, "logForked")


async def test_an_older_checkpoint_than_the_one_that_was_seen_is_a_fork(attack: Attack) -> None:
    early = await attack.log()
    doctor = await attack.doctor()
    early.entries.pop()

    def old(_: dict[str, Any], said: dict[str, Any]) -> None:
        said["log"] = {"checkpoint": attack.relay.note(early), "consistency": None}

    attack.relay.lies["PublicKey/lookup"] = old

    await attack.refuses_to_write(doctor, "logForked")


async def test_a_log_that_is_remembered_from_the_last_run_is_not_forgotten(attack: Attack) -> None:
    memory = LogMemory()
    await attack.doctor(Trust(memory=memory))
    rewritten = await attack.log()
    rewritten.entries.insert(0, entry_of(usurper(attack.patient, STATION)))
    attack.relay.shows(rewritten)

    with pytest.raises(Distrusted, match="logForked"):
        await attack.doctor(Trust(memory=LogMemory.from_bytes(memory.to_bytes())))

    assert attack.relay.sealed == []


async def test_a_checkpoint_of_the_day_before_yesterday_is_stale_and_a_fresh_one_heals_it(attack: Attack) -> None:
    doctor, log = await attack.doctor(), await attack.log()

    def stale(_: dict[str, Any], said: dict[str, Any]) -> None:
        said["log"]["checkpoint"] = log.note(at=datetime.now(UTC) - timedelta(hours=25))

    attack.relay.lies["PublicKey/lookup"] = stale
    await attack.refuses_to_write(doctor, "staleCheckpoint")
    attack.relay.lies.clear()

    await doctor.send(Draft("Bonjour", "x"), [attack.patient])

    assert attack.relay.sealed == ["SealedMessage/set"]


async def test_letters_wait_while_the_log_is_stale_and_none_is_passed_over(attack: Attack) -> None:
    people = attack.people
    await people.doctor.send(Draft("Bonjour", "x"), [attack.patient])
    (asked,) = (await people.letters.news(None)).items
    assert isinstance(asked, Arrived)
    await people.letters.send(answer(asked.letter, people.letters.address, "Merci"), [people.doctor.account])
    doctor, log = await attack.doctor(), await attack.log()

    def stale(_: dict[str, Any], said: dict[str, Any]) -> None:
        said["log"]["checkpoint"] = log.note(at=datetime.now(UTC) - timedelta(hours=25))

    attack.relay.lies["PublicKey/lookup"] = stale
    with pytest.raises(Distrusted, match="staleCheckpoint"):
        await doctor.news(None, "in")
    attack.relay.lies.clear()

    items = (await doctor.news(None, "in")).items
    assert [item.letter.text for item in items if isinstance(item, Arrived)] == ["Merci"]


async def test_a_log_that_its_witnesses_did_not_sign_is_not_believed(attack: Attack) -> None:
    log = await attack.log()

    with pytest.raises(Distrusted, match="badCheckpoint"):
        await attack.doctor(Trust(policy=log.witnessed_policy()))

    assert attack.relay.sealed == []


async def test_another_policy_than_the_one_that_was_taken_stops_everything_until_it_is_accepted(attack: Attack) -> None:
    memory = LogMemory()
    await attack.doctor(Trust(memory=memory))
    attack.relay.pages["/log/policy"] = b"# everybody may sign\n" + (memory.policy or b"")
    client = await attack.client(Trust(memory=memory))
    doctor = client.mailbox(attack.people.doctor.account, attack.people.doctor_key, name="Dr", address=DOCTOR)

    await attack.refuses_to_write(await doctor, "policyChanged")

    with pytest.raises(Distrusted, match="policyChanged"):
        await client.accept_log(sha256(b"what somebody else was shown").digest())
    assert [memory.distrust] == ["policyChanged"]
    await client.accept_log(sha256(await client.offered_policy()).digest())
    assert [memory.distrust, memory.policy] == [None, attack.relay.pages["/log/policy"]]


async def test_another_log_under_another_policy_is_another_policy(attack: Attack) -> None:
    memory = LogMemory()
    await attack.doctor(Trust(memory=memory))
    other = replace(await attack.log(), signer=SmallLog().signer)
    attack.relay.shows(other)
    attack.relay.pages["/log/policy"] = other.witnessed_policy()

    with pytest.raises(Distrusted, match="policyChanged"):
        await attack.doctor(Trust(memory=memory))

    assert memory.distrust == "policyChanged"
    assert attack.relay.sealed == []


async def test_another_policy_than_the_key_box_remembers_is_another_policy(attack: Attack) -> None:
    doctor = await attack.doctor()
    await doctor.send(Draft("Bonjour", "x"), [attack.patient])
    await doctor.keep_pins()
    attack.relay.sealed.clear()
    attack.relay.pages["/log/policy"] = b"# another\n" + (doctor._log.memory.policy or b"")

    with pytest.raises(Distrusted, match="policyChanged"):
        await attack.doctor()

    assert attack.relay.sealed == []


async def test_a_withheld_letter_is_a_gap_that_is_shown(attack: Attack) -> None:
    people = attack.people
    first = await people.doctor.send(Draft("Un", "x"), [attack.patient])
    thread = (await people.letters.news(None)).items[0]
    assert isinstance(thread, Arrived)
    for text in ("2", "3"):
        draft = Draft("Suite", text, thread=thread.letter.thread)
        await people.letters.send(draft, [people.doctor.account])

    def withhold(_: dict[str, Any], said: dict[str, Any]) -> None:
        incoming = [message for message in said["list"] if message["clientId"] != first.client_id]
        said["list"] = [message for message in said["list"] if message not in incoming[:1]]

    attack.relay.lies["SealedMessage/get"] = withhold
    items = (await (await attack.doctor()).news(None, "in")).items

    assert [(item.letter.text, item.missing) for item in items if isinstance(item, Arrived)] == [("3", True)]


async def test_a_replayed_letter_is_one_letter_or_is_not_shown(attack: Attack) -> None:
    people = attack.people
    await people.doctor.send(Draft("Un", "x"), [attack.patient])
    (asked,) = (await people.letters.news(None)).items
    assert isinstance(asked, Arrived)
    await people.letters.send(answer(asked.letter, people.letters.address, "Merci"), [people.doctor.account])

    def again(_: dict[str, Any], said: dict[str, Any]) -> None:
        real = [message for message in said["list"] if message["box"] == "in"]
        said["list"] += [message | {"clientId": "A" * 22} for message in real]
        said["list"].sort(key=lambda message: message["clientId"] == "A" * 22)

    attack.relay.lies["SealedMessage/get"] = again
    items = (await (await attack.doctor()).news(None, "in")).items

    assert [item.reason for item in items if isinstance(item, Unreadable)] == ["mislabelled"]


def with_slot(box: str, type_: str, kdf: dict[str, Any]) -> str:
    opened: dict[str, Any] = msgspec.json.decode(unb64u(box))
    slot: Any = {"id": b64u(bytes(16)), "kdf": kdf, "since": 1, "type": type_, "wrapped": b64u(bytes(72))}
    opened["slots"] = sorted([*opened["slots"], slot], key=lambda one: str(one["id"]))
    return b64u(canonical(opened))


@pytest.mark.parametrize(
    ("type_", "kdf"),
    [
        ("device", {"name": "key"}),
        ("delegate", {"account": "a" + "a" * 26, "key": "k" + "a" * 26, "name": "sealed"}),
    ],
)
async def test_a_slot_that_the_relay_adds_to_the_box_is_not_opened_by(
    attack: Attack, type_: str, kdf: dict[str, Any]
) -> None:
    def add(_: dict[str, Any], said: dict[str, Any]) -> None:
        said["list"][0]["box"] = with_slot(said["list"][0]["box"], type_, kdf)

    attack.relay.lies["KeyBox/get"] = add

    with pytest.raises(CannotOpen) as refused:
        await attack.doctor()

    assert refused.value.item == "keybox/4"


async def test_a_delegation_that_the_owner_never_made_is_shown_as_such(attack: Attack) -> None:
    people, stranger = attack.people, "a" + "a" * 26
    relay = Hostile(people.origin)
    attack.stack.push_async_callback(relay.close)
    relay.lies["Delegation/get"] = lambda asked, said: {
        **said,
        "list": [
            {"id": "g" + "a" * 26, "account": asked["accountId"], "delegate": stranger, "since": "2026-01-01T00:00:00Z"}
        ],
    }
    people.patient._connection._transport._http = relay  # type: ignore[assignment]  # the same log-in, behind the liar
    person = await people.patient.person()

    ((found, opens),) = await person.delegations()

    assert (found.delegate, opens) == (stranger, False)


async def test_an_older_box_than_the_log_knows_of_is_refused_by_a_client_that_never_saw_the_account(
    attack: Attack,
) -> None:
    people = attack.people
    before = b64u(await people.patient._connection.key_box(attack.patient))
    person = await people.patient.person()
    await person.rotate_if_due(datetime.now(UTC) + timedelta(days=366))
    relay = Hostile(people.origin)
    attack.stack.push_async_callback(relay.close)

    def older(_: dict[str, Any], said: dict[str, Any]) -> None:
        said["list"][0] |= {"box": before, "version": person.opened.version - 1}

    relay.lies["KeyBox/get"] = older
    people.patient._connection._transport._http = relay  # type: ignore[assignment]  # as a new device of the patient

    with pytest.raises(OlderBox):
        await people.patient.person()


async def test_another_persons_account_for_an_address_is_not_theirs(attack: Attack) -> None:
    other = await enrolled_patient(attack.people.station, "180035121518989")
    client = await attack.client(Trust(stations=frozenset({STATION.public().raw})))

    def redirect(_: dict[str, Any], said: dict[str, Any]) -> None:
        said["list"][0]["account"] = other.person.account

    attack.relay.lies["Address/resolve"] = redirect

    with pytest.raises(Distrusted, match="notTheirs"):
        await client.resolve(attack.people.doctor.account, [ADDRESS])
    assert attack.relay.sealed == []


async def test_an_account_that_the_relay_enrolled_for_an_address_has_no_stations_word(attack: Attack) -> None:
    salt, log = bytes([5] * 32), await attack.log()
    account = "a" + "b" * 25 + "a"
    evil = usurper(account, SigningSeed.generate(), holders=[holder(salt, ADDRESS)])
    attack.relay.shows(log, **{account: listed(log, evil)})

    def resolve(_: dict[str, Any], said: dict[str, Any]) -> None:
        said["list"] = [{"address": ADDRESS, "account": account, "salt": b64u(salt), "state": "open"}]

    attack.relay.lies["Address/resolve"] = resolve
    careful = await attack.client(Trust(stations=frozenset({STATION.public().raw, BRIDGE.public().raw})))

    with pytest.raises(Distrusted, match="notTheirs"):
        await careful.resolve(attack.people.doctor.account, [ADDRESS])
    assert attack.relay.sealed == []


async def test_the_address_of_a_real_patient_is_proven(attack: Attack) -> None:
    careful = await attack.client(Trust(stations=frozenset({STATION.public().raw})))

    found = await careful.resolve(attack.people.doctor.account, [ADDRESS])

    assert found[ADDRESS].account == attack.patient


async def test_keys_of_ones_own_that_the_log_lacks_or_has_too_many_of_are_not_ones_own(attack: Attack) -> None:
    log, doctor = await attack.log(), attack.people.doctor.account
    attack.relay.shows(log, **{doctor: listed(log, usurper(doctor, BRIDGE))})

    with pytest.raises(Distrusted, match="ownKeyChanged"):
        await attack.doctor()

    assert attack.relay.sealed == []


async def test_a_patient_who_is_not_found_is_not_written_to(attack: Attack) -> None:
    doctor = await attack.doctor()

    def nobody(asked: dict[str, Any], said: dict[str, Any]) -> None:
        said |= {"list": [], "notFound": asked["accounts"]}

    attack.relay.lies["PublicKey/lookup"] = nobody

    with pytest.raises(Refusal, match="recipientNotFound"):
        await doctor.send(Draft("x", "x"), [attack.patient])
    assert attack.relay.sealed == []


async def test_letters_of_two_threads_that_change_places_are_both_refused(attack: Attack) -> None:
    people = attack.people
    for text in ("Un", "Deux"):
        await people.doctor.send(Draft("Sujet", text), [attack.patient])
    asked = [item for item in (await people.letters.news(None)).items if isinstance(item, Arrived)]
    for item in asked:
        await people.letters.send(answer(item.letter, people.letters.address, "Merci"), [people.doctor.account])

    def swap(_: dict[str, Any], said: dict[str, Any]) -> None:
        came = [message for message in said["list"] if message["box"] == "in"]
        for message, sealed in zip(came, [other["sealed"] for other in reversed(came)], strict=True):
            message["sealed"] = sealed

    attack.relay.lies["SealedMessage/get"] = swap
    items = (await (await attack.doctor()).news(None, "in")).items

    assert [item.reason for item in items if isinstance(item, Unreadable)] == ["mislabelled"] * 2
    assert len({item.letter.thread for item in asked}) == 2


def test_the_relay_has_no_word_for_a_thread_that_it_could_put_a_letter_into() -> None:
    assert [field.name for field in msgspec.structs.fields(SealedMessage) if "thread" in field.name] == []


async def test_a_delegate_whom_the_relay_made_up_gets_no_slot_when_all_is_made_anew(attack: Attack) -> None:
    people, stranger = attack.people, "a" + "a" * 26
    relay = Hostile(people.origin)
    attack.stack.push_async_callback(relay.close)
    made_up = {"id": "g" + "a" * 26, "delegate": stranger, "since": "2026-01-01T00:00:00Z"}
    relay.lies["Delegation/get"] = lambda asked, said: {**said, "list": [made_up | {"account": asked["accountId"]}]}
    people.patient._connection._transport._http = relay  # type: ignore[assignment]  # the same log-in, behind the liar
    person = await people.patient.person()

    await person.suspected_compromise(new_code(), "un autre mot de passe")

    assert [slot.type for slot in person.opened.slots if slot.type == "delegate"] == []
    assert not any(f"/{stranger}" in path for path in relay.asked)


async def test_a_device_that_the_relay_adds_is_shown_to_its_owner_and_has_no_name(attack: Attack) -> None:
    people = attack.people
    relay = Hostile(people.origin)
    attack.stack.push_async_callback(relay.close)
    strange = "d" + "z" * 25 + "q"

    def add(_: dict[str, Any], said: dict[str, Any]) -> None:
        said["list"].append(said["list"][0] | {"id": strange, "current": False, "label": None})

    relay.lies["Device/get"] = add
    people.patient._connection._transport._http = relay  # type: ignore[assignment]  # the same log-in, behind the liar
    person = await people.patient.person()

    shown = {each.device.id: (each.device.current, each.name) for each in await person.devices()}

    assert shown[strange] == (False, None)
    assert len(shown) == 2


async def test_a_password_slot_whose_cost_the_relay_lowers_is_refused_before_the_password_is_stretched(
    attack: Attack,
) -> None:
    people = attack.people
    relay = Hostile(people.origin)
    attack.stack.push_async_callback(relay.close)

    def cheap(said: dict[str, Any]) -> dict[str, Any]:
        return {**said, "kdf": {**said["kdf"], "memory": 1024, "passes": 1}}

    relay.doors["/auth/challenge"] = cheap

    with pytest.raises(WeakKdf):
        await Client.with_password(people.origin, PATIENT, PASSWORD, lambda: "000000", http=cast(Any, relay))

    assert [path for path in relay.asked if path == "/auth/login"] == []


async def test_a_replaced_key_that_one_client_is_shown_for_ever_is_told_to_the_person_whose_key_it_was(
    attack: Attack,
) -> None:
    people = attack.people
    await people.doctor.send(Draft("Avant", "x"), [attack.patient])
    asker = people.doctor.account
    before = (await people.bridge._directory.chains(asker, [attack.patient], fresh=True))[attack.patient]
    await (await people.patient.person()).suspected_compromise(new_code(), "un autre mot de passe")
    attack.relay.shows(await attack.log(), **{attack.patient: [known.wire for known in before]})
    stale = await (await attack.doctor()).prepare(Draft("Après", "secret"), [attack.patient])

    def deliver(_: dict[str, Any], said: dict[str, Any]) -> None:
        later = (datetime.now(UTC) + timedelta(hours=26)).isoformat().replace("+00:00", "Z")
        said["list"] = [
            message | {"sealed": b64u(stale.sealed), "clientId": stale.client_id, "receivedAt": later}
            for message in said["list"]
        ]

    relay = Hostile(people.origin)
    attack.stack.push_async_callback(relay.close)
    relay.lies["SealedMessage/get"] = deliver
    people.patient._connection._transport._http = relay  # type: ignore[assignment]  # the same log-in, behind the liar
    key = people.patient.password_key
    assert key is not None
    (item,) = (await (await people.patient.mailbox(attack.patient, key, name="C", address=ADDRESS)).news(None)).items

    assert isinstance(item, Arrived)
    assert (item.letter.subject, item.stale_key, item.forked) == ("Après", True, False)


async def test_a_checkpoint_that_a_patient_made_up_stops_nobody(attack: Attack) -> None:
    people, memory = attack.people, LogMemory()
    await people.doctor.send(Draft("Bonjour", "x"), [attack.patient])
    (asked,) = (await people.letters.news(None)).items
    assert isinstance(asked, Arrived)
    log = people.letters._log
    assert log._state is not None
    made_up = LastCheckpoint(bytes(32), bytes([6] * 32), 10**12)
    log._state = replace(log._state, newest=made_up, signature=bytes(64))
    reply = await people.letters.prepare(answer(asked.letter, ADDRESS, "Merci"), [people.doctor.account])
    await people.letters.submit(reply)
    doctor = await attack.doctor(Trust(memory=memory))

    (item,) = (await doctor.news(None, "in")).items
    await doctor.send(Draft("Suite", "x"), [attack.patient])

    assert isinstance(item, Arrived)
    assert item.letter.checkpoint == LogSeen(10**12, bytes([6] * 32), bytes(64))
    assert (item.unsigned, item.forked, memory.distrust) == (True, False, None)


async def test_another_policy_hides_no_fork_and_accepting_it_accepts_none(attack: Attack) -> None:
    memory = LogMemory()
    await attack.doctor(Trust(memory=memory))
    known = memory.checkpoint
    rewritten = await attack.log()
    rewritten.entries.insert(0, entry_of(usurper(attack.patient, STATION)))
    attack.relay.shows(rewritten)
    with pytest.raises(Distrusted, match="logForked"):
        await attack.doctor(Trust(memory=memory))
    attack.relay.pages["/log/policy"] = b"# a new witness\n" + (memory.policy or b"")
    again = LogMemory.from_bytes(memory.to_bytes())
    client = await attack.client(Trust(memory=again))
    with pytest.raises(Distrusted, match="logForked"):
        await client.look_up(attack.people.doctor.account, [attack.patient])

    with pytest.raises(Distrusted, match="logForked"):
        await client.accept_log(sha256(await client.offered_policy()).digest())

    assert (again.distrust, again.checkpoint, again.policy) == ("logForked", known, memory.policy)


async def test_the_other_tree_is_gone_on_from_once_exactly_it_was_accepted_and_no_third_one(attack: Attack) -> None:
    memory = LogMemory()
    client = await attack.client(Trust(memory=memory))
    rewritten, doctor = await attack.log(), attack.people.doctor.account
    await client.look_up(doctor, [attack.patient])
    rewritten.entries.insert(0, entry_of(usurper(attack.patient, STATION)))
    attack.relay.shows(rewritten)
    with pytest.raises(Distrusted, match="logForked"):
        await client.look_up(doctor, [attack.patient])
    assert memory.other_tree is not None

    await client.accept_log(memory.other_tree.root)

    assert (await client.look_up(doctor, [attack.patient])).keys() == {attack.patient}
    assert memory.distrust is None
    rewritten.entries.insert(0, entry_of(usurper(attack.patient, STATION)))
    with pytest.raises(Distrusted, match="logForked"):
        await client.look_up(doctor, [attack.patient])
    assert memory.distrust == "logForked"


async def test_a_fork_that_was_accepted_stays_at_its_letter_and_stops_nothing_again(attack: Attack) -> None:
    people, memory = attack.people, LogMemory()
    await people.doctor.send(Draft("Bonjour", "x"), [attack.patient])
    (asked,) = (await people.letters.news(None)).items
    assert isinstance(asked, Arrived)
    await people.letters.send(answer(asked.letter, people.letters.address, "Merci"), [people.doctor.account])
    split = await attack.log()
    split.entries.insert(0, entry_of(usurper(attack.patient, STATION)))
    attack.relay.shows(split)
    client = await attack.client(Trust(memory=memory))
    doctor = await client.mailbox(people.doctor.account, people.doctor_key, name="Dr", address=DOCTOR)
    await doctor.news(None, "in")
    ((_, root),) = memory.forks

    await client.accept_log(root)
    (item,) = (await doctor.news(None, "in")).items

    assert isinstance(item, Arrived)
    assert (item.forked, memory.distrust) == (True, None)


async def test_nobody_is_resolved_where_no_station_is_named(attack: Attack) -> None:
    client, anybody = await attack.client(), await attack.client(Trust(stations=ANY_STATION))

    with pytest.raises(ValueError, match="ANY_STATION"):
        await client.resolve(attack.people.doctor.account, [ADDRESS])

    assert (await anybody.resolve(attack.people.doctor.account, [ADDRESS]))[ADDRESS].account == attack.patient
