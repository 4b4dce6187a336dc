"""The rules of the key log: what enters it, what is shown of it, and what it refuses."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from crypto.encoding import b64u, unb64u
from crypto.keys import KeyPairs, PublicKeys, SigningSeed
from crypto.transparency.checkpoint import Checkpoint, LogSigner, WitnessSigner, parse_checkpoint_text, with_lines
from crypto.transparency.entry import encode_entry
from crypto.transparency.note import parse_note
from crypto.transparency.policy import Policy, parse_policy, verify_checkpoint
from crypto.transparency.proof import verify_consistency, verify_inclusion
from crypto.transparency.statement import Announcement, holder, make_statement, read_statement, verify_statement
from crypto.transparency.tree import leaf_hash
from messaging.relay import logtree
from messaging.relay.accounts import examine
from messaging.relay.keys import entry_of
from messaging.relay.logasking import AskHead, AskRoot, BeginLog, Publish, SignAgain
from messaging.relay.ports import Store
from messaging.relay.relay import Enrol
from messaging.relay.turn import Turn
from messaging.wire.errors import Refusal
from messaging.wire.types import EnrolPerson, EnrolRequest, NewKeys
from tests.messaging.desk import DOMAIN, LOG, SOLO, START, Desk, Person, first, letter, person

PASSWORD = SigningSeed(bytes(range(32)))
WITNESS = WitnessSigner.from_secret(bytes([9] * 32), "witness.example")
WITNESSED = parse_policy(
    "".join(f"log {key.vkey}\n" for key in LOG.keys).encode() + f"witness w {WITNESS.keys[0].vkey}\nquorum w\n".encode()
)


@pytest.fixture
def guarded(store: Store) -> Desk:
    """A desk whose log waits for a witness; nothing at all is published yet."""
    return Desk(store, policy=WITNESSED)


def cosigned(desk: Desk) -> bytes:
    """The newest checkpoint as the witness gives it back."""
    head = desk.ask(AskHead())
    said = verify_checkpoint(head.note, SOLO, None)
    return with_lines(head.note, WITNESS.cosign(said, desk.clock.now()))


def publish(desk: Desk) -> Any:
    return desk.ask(Publish(cosigned(desk)))


def announcement(key: dict[str, Any]) -> Announcement:
    voucher = key["voucher"]
    signature = unb64u(key["signature"], 64)
    return Announcement(unb64u(key["statement"]), signature, None if voucher is None else unb64u(voucher, 64))


def look(desk: Desk, who: Person, *, of: Person | None = None, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = desk.one(who, "PublicKey/lookup", accounts=[(of or who).account], **more)
    return answer


def check_shown(answer: dict[str, Any], policy: Policy, key: dict[str, Any]) -> None:
    """The key is in the log that the answer's checkpoint signs for."""
    signed = verify_checkpoint(answer["log"]["checkpoint"].encode(), policy, None)
    proof = [unb64u(one, 32) for one in key["inclusion"]]
    verify_inclusion(leaf_hash(encode_entry(announcement(key))), key["index"], signed.size, proof, signed.root)


def reasons(desk: Desk, *people: EnrolPerson) -> list[str]:
    answer = desk.ask(Enrol(examine(EnrolRequest(people=list(people)))), desk.station)
    return [one.reason if one.outcome == "refused" else one.outcome for one in answer.people]


def activate(desk: Desk, who: Person, **changed: Any) -> None:
    desk.ask(desk.activation(who, PASSWORD, **changed))


def test_a_looked_up_key_is_in_the_log_with_its_voucher(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    answer = look(desk, doctor, of=patient)
    (key,) = answer["list"]
    check_shown(answer, SOLO, key)
    said = verify_statement(announcement(key), None, account=patient.account, keys=patient.pairs.public())
    assert (key["index"], said.by) == (1, desk.seeds["station"].public())


def test_a_line_of_keys_is_shown_whole_and_only_the_newest_is_proven(desk: Desk) -> None:
    who = desk.patient()
    activate(desk, who)
    answer = look(desk, who, history=True)
    old, new = answer["list"]
    before = verify_statement(announcement(old), None, account=who.account)
    keys = PublicKeys.load(unb64u(new["signingKey"]), unb64u(new["sealingKey"]))
    assert verify_statement(announcement(new), before, keys=keys).box == 2
    check_shown(answer, SOLO, new)
    assert (old["inclusion"], new["voucher"], [key["revokedAt"] is None for key in (old, new)]) == (
        None, None, [False, True],
    )  # fmt: skip


def test_an_entry_that_was_never_parsed_again_is_the_canonical_one() -> None:
    vouched, _ = first(person("patient", "x"), PASSWORD, ["x@y.zz"])
    assert entry_of(vouched) == encode_entry(vouched)
    alone = Announcement(vouched.statement, vouched.signature, None)
    assert entry_of(alone) == encode_entry(alone)


def test_the_log_only_grows_and_says_so(desk: Desk) -> None:
    seen = [verify_checkpoint(desk.ask(AskHead()).note, SOLO, None)]
    who = desk.doctor()
    for number in range(9):
        desk.patient(f"p{number}")
        answer = look(desk, who, since=seen[-1].size)
        now = verify_checkpoint(answer["log"]["checkpoint"].encode(), SOLO, None)
        proof = [unb64u(one, 32) for one in answer["log"]["consistency"]]
        verify_consistency(seen[-1].size, now.size, proof, seen[-1].root, now.root)
        seen.append(now)
    assert [one.size for one in seen] == [0, *range(2, 11)]


@pytest.mark.parametrize(("since", "proof"), [(None, []), (0, []), (1, []), (2, None), (10**12, None)])
def test_a_proof_from_nothing_is_empty_and_one_from_the_future_is_none(desk: Desk, since: Any, proof: Any) -> None:
    assert look(desk, desk.doctor(), since=since)["log"]["consistency"] == proof


def test_sizes_are_proven_and_those_to_come_are_not(desk: Desk) -> None:
    who = desk.doctor()
    desk.enrol(*(person("patient", f"p{n}") for n in range(6)))
    answer = desk.one(who, "KeyLog/prove", sizes=[0, 3, 7, 8])
    now = verify_checkpoint(answer["checkpoint"].encode(), SOLO, None)
    proof = [unb64u(one, 32) for one in answer["proofs"]["3"]]
    verify_consistency(3, 7, proof, desk.ask(AskRoot(3)), now.root)
    assert (answer["proofs"]["0"], answer["proofs"]["7"], answer["proofs"]["8"]) == ([], [], None)


def test_too_many_sizes_are_refused_and_so_is_another_mailbox(desk: Desk) -> None:
    who, other = desk.doctor(), desk.patient()
    with pytest.raises(Refusal, match="requestTooLarge"):
        desk.one(who, "KeyLog/prove", sizes=list(range(101)))
    for name in ("KeyLog/prove", "PublicKey/lookup", "PublicKey/get"):
        more: dict[str, Any] = {"sizes": []} if name.startswith("KeyLog") else {"accounts": []}
        with pytest.raises(Refusal, match="accountNotFound"):
            desk.one(other, name, accountId=who.account, **({"ids": None} if name.endswith("get") else more))


def test_keys_are_not_shown_before_a_witness_has_cosigned_them(guarded: Desk) -> None:
    publish(guarded)
    patient = guarded.patient()
    assert look(guarded, patient)["notFound"] == [patient.account]
    publish(guarded)
    check_shown(answer := look(guarded, patient), WITNESSED, answer["list"][0])


def test_before_anything_is_published_nothing_is_looked_up(guarded: Desk) -> None:
    patient = guarded.patient()
    with pytest.raises(Refusal, match="serverUnavailable"):
        look(guarded, patient)
    with pytest.raises(Refusal, match="serverUnavailable"):
        guarded.one(patient, "KeyLog/prove", sizes=[])
    assert len(guarded.one(patient, "PublicKey/get", ids=None)["list"]) == 1


def test_the_older_key_is_shown_until_the_newest_is_published(guarded: Desk) -> None:
    who = guarded.patient()
    publish(guarded)
    activate(guarded, who)
    answer = look(guarded, who, history=True)
    (shown,) = answer["list"]
    check_shown(answer, WITNESSED, shown)
    assert (shown["id"], shown["revokedAt"]) == (who.key, None)
    assert len(guarded.one(who, "PublicKey/get", ids=None)["list"]) == 2


def test_a_letter_may_be_sealed_to_the_shown_key_and_to_the_newest_and_to_no_other(guarded: Desk) -> None:
    doctor, patient = guarded.doctor(), guarded.patient()
    publish(guarded)
    activate(guarded, patient)
    newest = guarded.one(patient, "PublicKey/get", ids=None)["list"][1]["id"]
    old = letter(patient)
    new = letter(patient) | {"to": [{"account": patient.account, "keyId": newest}]}
    assert ["id" in guarded.send(doctor, value) for value in (old, new)] == [True, True]
    publish(guarded)
    refused = guarded.send(doctor, letter(patient))
    assert (refused["type"], refused["recipients"]) == ("recipientKeyStale", {patient.account: newest})


def test_who_seals_to_a_made_up_key_is_told_of_the_one_that_is_shown(guarded: Desk) -> None:
    doctor, patient = guarded.doctor(), guarded.patient()
    publish(guarded)
    activate(guarded, patient)
    made_up = letter(patient) | {"to": [{"account": patient.account, "keyId": "k" + "a" * 26}]}
    assert guarded.send(doctor, made_up)["recipients"] == {patient.account: patient.key}


def _foreign(desk: Desk) -> bytes:
    other = LogSigner.from_secret(bytes([7] * 32), LOG.origin)
    return _with_witness(other.sign(Checkpoint(LOG.origin, 1, desk.ask(AskRoot(1))), START))


def _forked(_: Desk) -> bytes:
    return _with_witness(LOG.sign(Checkpoint(LOG.origin, 1, bytes(32)), START))


def _longer(desk: Desk) -> bytes:
    return _with_witness(LOG.sign(Checkpoint(LOG.origin, 2, desk.ask(AskRoot(1))), START))


def _with_witness(note: bytes) -> bytes:
    return with_lines(note, WITNESS.cosign(parse_checkpoint_text(parse_note(note).text), START))


@pytest.mark.parametrize(
    "make", [lambda desk: desk.ask(AskHead()).note, _foreign, _forked, _longer, lambda _: b"x", lambda _: b"\xff\n\n"]
)
def test_what_is_not_a_cosigned_checkpoint_of_this_log_publishes_nothing(
    guarded: Desk, make: Callable[[Desk], bytes]
) -> None:
    guarded.patient()
    head = guarded.ask(Publish(make(guarded)))
    assert (head.published, head.published_note) == (0, b"")


def test_an_older_checkpoint_does_not_replace_a_newer(guarded: Desk) -> None:
    older = cosigned(guarded)
    guarded.patient()
    assert publish(guarded).published == 1
    assert guarded.ask(Publish(older)).published == 1


def test_a_checkpoint_is_signed_anew_when_it_is_old_and_only_then(desk: Desk) -> None:
    before = desk.ask(AskHead())
    assert desk.ask(SignAgain(60_000_000)) == before
    desk.clock.move(minutes=2)
    after = desk.ask(SignAgain(60_000_000))
    assert (after.size, after.note != before.note, after.published_note) == (before.size, True, after.note)
    verify_checkpoint(after.note, SOLO, desk.clock.now())


def test_another_policy_unpublishes_what_its_readers_would_refuse(store: Store) -> None:
    desk = Desk(store)
    who = desk.patient()
    desk.house = replace(desk.house, policy=WITNESSED)
    assert desk.ask(BeginLog()).published_note == b""
    publish(desk)
    check_shown(answer := look(desk, who), WITNESSED, answer["list"][0])


def test_a_policy_that_asks_no_witness_any_more_publishes_what_waited(guarded: Desk) -> None:
    who = guarded.patient()
    guarded.house = replace(guarded.house, policy=SOLO)
    assert guarded.ask(BeginLog()).published == 1
    check_shown(answer := look(guarded, who), SOLO, answer["list"][0])
    assert guarded.ask(BeginLog()) == guarded.ask(AskHead())


def test_nothing_is_appended_before_the_log_is_known_to_be_whole(desk: Desk) -> None:
    invited = desk.patient()
    activation = desk.activation(invited, PASSWORD)
    desk.house.gate.open = False
    for asked, by in ((activation, None), (Enrol([]), desk.station), (SignAgain(0), None)):
        with pytest.raises(Refusal, match="serverUnavailable"):
            desk.ask(asked, by)
    desk.house.gate.open = True
    desk.ask(activation)


def test_an_address_resolves_with_the_salt_that_is_in_the_first_statement(desk: Desk) -> None:
    doctor = desk.doctor()
    address = f"Dr.Martin@{DOMAIN}"
    (found,) = desk.one(desk.bridge, "Address/resolve", addresses=[address])["list"]
    (key,) = look(desk, doctor)["list"]
    assert read_statement(unb64u(key["statement"])).holds(address, unb64u(found["salt"], 32))


# --- what does not enter ----------------------------------------------------------------------


def candidate(desk: Desk, **changed: Any) -> EnrolPerson:
    """An item for camille whose statement says something else."""
    who = changed.pop("who", None) or person("patient", "camille")
    value = desk.item(who, managed=False)
    said: dict[str, Any] = {"box": 1, "by": desk.seeds["station"], "holders": (), "now": START} | changed
    salts = [unb64u(salt, 32) for salt in value.salts]
    holders = said.pop("holders") or [holder(s, a) for s, a in zip(salts, value.addresses, strict=True)]
    made = make_statement(who.account, who.pairs.public(), who.pairs.signing, said.pop("now"), holders=holders, **said)
    return msgspec.structs.replace(
        value, statement=b64u(made.statement), signature=b64u(made.signature),
        voucher=None if made.voucher is None else b64u(made.voucher),
    )  # fmt: skip


def test_the_honest_candidate_enters(desk: Desk) -> None:
    assert reasons(desk, candidate(desk)) == ["created"]


@pytest.mark.parametrize(
    "said",
    [{"box": 2}, {"by": None}, {"by": SigningSeed(bytes(32))}, {"holders": [bytes(32)]},
     {"now": START + timedelta(minutes=31)}],
)  # fmt: skip
def test_a_first_statement_that_says_what_is_not_so_is_refused(desk: Desk, said: dict[str, Any]) -> None:
    assert reasons(desk, candidate(desk, **said)) == ["invalidKeys"]
    assert desk.ask(AskHead()).size == 0


def test_a_statement_of_a_clock_that_is_a_little_ahead_enters(desk: Desk) -> None:
    assert reasons(desk, candidate(desk, now=START + timedelta(minutes=29))) == ["created"]


@pytest.mark.parametrize("salts", [[], ["A" * 43] * 2, ["A" * 43], ["A" * 42 + "B"]])
def test_salts_that_do_not_fit_the_holders_are_refused(desk: Desk, salts: list[str]) -> None:
    value = msgspec.structs.replace(candidate(desk), salts=salts)
    assert reasons(desk, value) == ["invalidKeys"]


def test_salts_of_two_addresses_in_another_order_are_refused(desk: Desk) -> None:
    value = desk.item(person("patient", "x"), managed=False, addresses=("one@x.yy", "two@x.yy"))
    turned = msgspec.structs.replace(value, salts=value.salts[::-1])
    assert reasons(desk, turned, value) == ["invalidKeys", "created"]


def test_a_holder_more_than_there_are_addresses_is_refused(desk: Desk) -> None:
    value = candidate(desk)
    more = candidate(desk, holders=[holder(unb64u(value.salts[0]), value.addresses[0]), bytes(32)])
    assert reasons(desk, more) == ["invalidKeys"]


@pytest.mark.parametrize("voucher", [None, "A" * 86])
def test_a_voucher_that_is_missing_or_no_signature_is_refused(desk: Desk, voucher: str | None) -> None:
    assert reasons(desk, msgspec.structs.replace(candidate(desk), voucher=voucher)) == ["invalidKeys"]


def test_a_station_vouches_for_nobody_whom_another_enrols(desk: Desk) -> None:
    value = desk.item(person("professional", "dr"), managed=True)
    theirs = msgspec.structs.replace(value, managed=False, login="dr", letter_key=b64u(PASSWORD.public().raw))
    assert reasons(desk, theirs) == ["invalidKeys"]


def test_no_two_accounts_have_one_signing_key(desk: Desk) -> None:
    one = person("patient", "one")
    copied = KeyPairs(one.pairs.signing, KeyPairs.generate().sealing)
    other = Person(person("patient", "two").account, "patient", "two", copied)
    values = [desk.item(who, managed=False) for who in (one, other)]
    assert reasons(desk, *values) == ["created", "invalidKeys"]
    assert reasons(desk, values[1]) == ["invalidKeys"]


def new_keys(desk: Desk, who: Person, new: KeyPairs, **said: Any) -> NewKeys:
    before = read_statement(first(who, desk.seeds["station"], [f"{who.login}@{DOMAIN}"])[0].statement)
    values: dict[str, Any] = {"box": 2, "previous": before, "now": desk.clock.now()} | said
    made = make_statement(who.account, new.public(), who.pairs.signing, values.pop("now"), **values)
    return NewKeys(
        sealing_key=b64u(new.public().sealing.raw), signing_key=b64u(new.public().signing.raw),
        statement=b64u(made.statement), signature=b64u(made.signature),
    )  # fmt: skip


@pytest.mark.parametrize("said", [{"box": 3}, {"now": START + timedelta(minutes=40)}, {"previous": None}])
def test_an_activation_that_breaks_a_rule_of_the_log_is_refused(desk: Desk, said: dict[str, Any]) -> None:
    who = desk.patient()
    with pytest.raises(Refusal, match="invalidKeys"):
        activate(desk, who, new_keys=new_keys(desk, who, KeyPairs.generate(), **said))
    assert desk.ask(AskHead()).size == 1


def test_an_activation_with_the_keys_of_another_or_with_the_letters_own_is_refused(desk: Desk) -> None:
    who, other = desk.patient(), desk.patient("other")
    for taken in (KeyPairs(other.pairs.signing, KeyPairs.generate().sealing), who.pairs):
        with pytest.raises(Refusal, match="invalidKeys"):
            activate(desk, who, new_keys=new_keys(desk, who, taken))
    assert desk.ask(AskHead()).size == 2


def test_an_error_takes_its_entries_with_it_and_leaves_no_gap(desk: Desk) -> None:
    def fails(tx: Any) -> None:
        growth = logtree.Growth(Turn(tx, desk.house, desk.station, desk.clock.now()))
        growth.append(b"lost")
        growth.finish()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        desk.store.write(fails)
    doctor = desk.doctor()
    check_shown(answer := look(desk, doctor), SOLO, answer["list"][0])
    assert answer["list"][0]["index"] == 0
