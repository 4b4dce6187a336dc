"""The access log as its owner reads it: own rows, none missing, none moved; and the operator's walk over all of it."""

import itertools
import json
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from crypto.encoding import b64u
from crypto.keys import SigningSeed
from messaging.relay import operators
from messaging.relay.accesslog import verify as verify_all
from messaging.relay.ports import Store, Transaction
from messaging.relay.records import Act
from messaging.relay.turn import Caller, House, Turn
from messaging.server.commands import app
from messaging.server.config import load
from messaging.server.house import house
from messaging.store.sql import SqliteStore
from messaging.wire import names
from messaging.wire.accesslog import BEGINNING, BrokenLog, verify
from messaging.wire.errors import Refusal
from messaging.wire.types import AccessLogEntry
from tests.messaging.desk import START, Desk, letter
from tests.messaging.doors import Visitor
from tests.messaging.household import Member, adopting, confirm, delegate, member
from tests.messaging.test_closing import person_of


def entries(desk: Desk, who: Member, account: str = "", **given: Any) -> list[AccessLogEntry]:
    answer = desk.one(who.caller, "AccessLogEntry/get", accountId=account or who.account, **({"ids": None} | given))
    return [msgspec.convert(one, AccessLogEntry) for one in answer["list"]]


def test_every_act_in_and_for_the_account_is_there_with_who_it_was(desk: Desk) -> None:
    doctor, who = desk.doctor(), member(desk)
    desk.send(doctor, letter(person_of(who), doctor))
    desk.one(who.caller, "Contact/set", update={doctor.account: {"blocked": True}})

    found = entries(desk, who)

    assert [(one.action, one.actor) for one in found] == [
        ("enrol", "station"), ("login", "anyone"), ("activate", "anyone"), ("contact", "owner"),
    ]  # fmt: skip
    assert (found[0].by, found[3].by, found[3].object) == (desk.station.account, None, doctor.account)


def test_a_delegates_acts_are_told_as_theirs(desk: Desk) -> None:
    doctor, who, carer = desk.doctor(), member(desk), member(desk, "dominique")
    desk.send(doctor, letter(person_of(who), doctor))
    delegate(desk, confirm(desk, who), carer)

    desk.one(carer.caller, "Contact/set", accountId=who.account, update={doctor.account: {"blocked": True}})

    newest = entries(desk, who)[-1]
    assert (newest.action, newest.actor, newest.by, newest.device) == (
        "contact", "delegate", carer.account, carer.caller.device,
    )  # fmt: skip


def test_failed_log_ins_are_there(desk: Desk) -> None:
    who = member(desk)
    with pytest.raises(Refusal):
        desk.log_in(who.login, "password", who.recovery)

    newest = entries(desk, who)[-1]

    assert (newest.action, newest.actor, newest.outcome) == ("login", "anyone", "wrongCredentials")


def test_the_chain_verifies_from_the_beginning_and_from_what_was_seen(desk: Desk) -> None:
    who = member(desk)
    seen = verify(entries(desk, who))
    confirm(desk, who)

    more = entries(desk, who)

    assert verify(more)[0] == len(more)
    assert verify(more[seen[0] :], seen[1], seen[0]) == verify(more)
    assert more[0].previous == BEGINNING.hex()


def _dropped(rows: list[AccessLogEntry]) -> list[AccessLogEntry]:
    return rows[:1] + rows[2:]


def _swapped(rows: list[AccessLogEntry]) -> list[AccessLogEntry]:
    return [rows[1], rows[0], *rows[2:]]


def _headless(rows: list[AccessLogEntry]) -> list[AccessLogEntry]:
    return rows[1:]


def _twice(rows: list[AccessLogEntry]) -> list[AccessLogEntry]:
    return [rows[0], *rows]


@pytest.mark.parametrize("change", [_dropped, _swapped, _headless, _twice])
def test_a_row_that_is_missing_or_moved_is_noticed(desk: Desk, change: Any) -> None:
    rows = entries(desk, member(desk))

    with pytest.raises(BrokenLog):
        verify(change(rows))


@pytest.mark.parametrize(
    "changed",
    [
        {"at": "2020-01-01T00:00:00.000000Z"}, {"actor": "relay"}, {"by": None}, {"device": "d" + "a" * 26},
        {"action": "read"}, {"object": None}, {"outcome": "refused"}, {"seq": 2}, {"hash": "0" * 64},
        {"previous": "1" * 64},
    ],
    ids=lambda changed: next(iter(changed)),
)  # fmt: skip
def test_a_row_that_says_anything_else_is_noticed(desk: Desk, changed: dict[str, Any]) -> None:
    first, *rest = entries(desk, member(desk))

    with pytest.raises(BrokenLog):
        verify([msgspec.structs.replace(first, **changed), *rest])


def test_a_tail_that_was_cut_does_not_follow_what_was_seen(desk: Desk) -> None:
    who = member(desk)
    rows = entries(desk, who)
    number, digest = verify(rows)

    shorter = desk.one(who.caller, "AccessLogEntry/changes", sinceState=str(number))

    assert shorter["newState"] == str(number)
    with pytest.raises(BrokenLog):
        verify(rows[:1], digest, number)
    with pytest.raises(Refusal, match="cannotCalculateChanges"):
        desk.one(who.caller, "AccessLogEntry/changes", sinceState=str(number + 1))


@pytest.mark.parametrize("state", ["", "-1", "x", "1e3", "99999999999999999999"])
def test_a_state_that_was_never_given_is_refused(desk: Desk, state: str) -> None:
    with pytest.raises(Refusal, match="cannotCalculateChanges"):
        desk.one(member(desk).caller, "AccessLogEntry/changes", sinceState=state)


def test_changes_come_in_pages_and_are_created_alone(desk: Desk) -> None:
    who = member(desk)

    first = desk.one(who.caller, "AccessLogEntry/changes", sinceState="0", maxChanges=2)
    rest = desk.one(who.caller, "AccessLogEntry/changes", sinceState=first["newState"])

    assert (first["created"], first["hasMoreChanges"], first["newState"]) == (["e1", "e2"], True, "2")
    assert (rest["created"], rest["updated"], rest["destroyed"]) == (["e3"], [], [])


def test_a_query_is_newest_first_with_pages_and_dates(desk: Desk) -> None:
    who = member(desk)
    moment = desk.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    confirm(desk, who)

    everything = desk.one(who.caller, "AccessLogEntry/query", calculateTotal=True)
    page = desk.one(who.caller, "AccessLogEntry/query", position=1, limit=2)
    last = desk.one(who.caller, "AccessLogEntry/query", position=-1)
    before = desk.one(who.caller, "AccessLogEntry/query", filter={"before": moment})
    after = desk.one(who.caller, "AccessLogEntry/query", filter={"after": moment})

    assert (everything["ids"], everything["total"]) == (["e4", "e3", "e2", "e1"], 4)
    assert (page["ids"], last["ids"], before["ids"], after["ids"]) == (["e3", "e2"], ["e1"], ["e3", "e2", "e1"], ["e4"])


def test_single_rows_are_found_with_the_hash_before_them_and_odd_ids_are_not(desk: Desk) -> None:
    who = member(desk)
    rows = entries(desk, who)

    odd = ["e0", "e01", "e99", "x1", "e", "", "e1 ", "e-1", "é1"]
    answer = desk.one(who.caller, "AccessLogEntry/get", ids=["e3", "e1", *odd])

    assert [one["id"] for one in answer["list"]] == ["e3", "e1"]
    assert answer["list"][0]["previous"] == rows[1].hash
    assert answer["notFound"] == odd


def test_far_rows_are_found_one_by_one(desk: Desk) -> None:
    who = member(desk)
    for _ in range(20):
        confirm(desk, who)

    assert [one.seq for one in entries(desk, who, ids=["e1", "e20"])] == [1, 20]


def test_strangers_find_no_account_and_a_delegate_no_log_of_who_has_a_password(desk: Desk) -> None:
    who, carer, other = member(desk), member(desk, "dominique"), member(desk, "other")
    delegate(desk, confirm(desk, who), carer)

    said = []
    for someone, name in itertools.product((carer.caller, other.caller, desk.bridge), ("get", "query", "changes")):
        more = {"sinceState": "0"} if name == "changes" else {}
        with pytest.raises(Refusal) as caught:
            desk.one(someone, f"AccessLogEntry/{name}", accountId=who.account, **more)
        said.append(caught.value.name)

    assert said == ["accountNotSupportedByMethod"] * 3 + ["accountNotFound"] * 6


def test_a_carer_reads_the_log_of_a_child_that_cannot(desk: Desk) -> None:
    carer, child = member(desk), desk.patient("child")
    desk.ask(adopting(desk, child), confirm(desk, carer).caller)

    found = entries(desk, carer, child.account)

    assert [(one.action, one.actor) for one in found] == [("enrol", "station"), ("adopt", "delegate")]


def test_nothing_can_be_set_and_nobody_elses_act_is_shown(desk: Desk) -> None:
    who, other = member(desk), member(desk, "dominique")
    confirm(desk, other)

    ((name, answer),) = desk.call(who.caller, ("AccessLogEntry/set", {"destroy": ["e1"]}))

    assert (name, answer["type"]) == ("error", "unknownMethod")
    assert "confirm" not in {one.action for one in entries(desk, who)}


def test_rows_of_names_that_nobody_has_are_in_the_chain_of_all_and_in_no_owners(store: Store) -> None:
    desk = Desk(store)
    desk.patient()
    with pytest.raises(Refusal):
        desk.log_in("nobody", "password", desk.seeds["bridge"])

    acts = store.read(lambda tx: tx.acts(0, 1000))

    assert (acts[-1].seq, acts[-1].chain) == (0, b"")
    assert verify_all(acts, desk.house.secrets.log) == len(acts)


# The operator's walk ------------------------------------------------------------------------------------------


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A relay's settings over a database with some acts."""
    path = tmp_path / "relay.toml"
    path.write_text('[relay]\ndata = "data"\n')
    (tmp_path / "data").mkdir()
    settings = load(path)
    made, store = house(settings), SqliteStore(tmp_path / "data" / "relay.db")
    for number in range(5):
        store.write(partial(_add, made, f"s{number}"))
    store.close()
    return path


def _add(made: House, login: str, tx: Transaction) -> None:
    public = b64u(SigningSeed.generate().public().raw)
    operators.add(Turn(tx, made, Caller(), START), "station", login, public)


def _run(config: Path, *words: str) -> Any:
    return CliRunner().invoke(app, ["audit", *words, "-c", str(config)])


def _edit(config: Path, work: Any) -> None:
    store = SqliteStore(config.parent / "data" / "relay.db")
    store.write(work)
    store.close()


def test_the_walk_over_an_untouched_log_is_good_and_says_how_long_it_is(config: Path) -> None:
    head = json.loads(_run(config, "head").output)
    done = _run(config, "verify")

    assert (done.exit_code, head["number"]) == (0, 5)
    assert "5 rows" in done.output


def _renamed(tx: Any) -> None:
    tx.put(msgspec.structs.replace(tx.one(Act, 3), outcome="refused"))


def _actor_changed(tx: Any) -> None:
    tx.put(msgspec.structs.replace(tx.one(Act, 3), actor="owner"))


def _form_changed(tx: Any) -> None:
    tx.put(msgspec.structs.replace(tx.one(Act, 3), actor="", by="", seq=0, chain=b""))


def _deleted(tx: Any) -> None:
    tx.drop(Act, 3)


def _first_deleted(tx: Any) -> None:
    tx.drop(Act, 1)


def _inserted(tx: Any) -> None:
    tx.put(msgspec.structs.replace(tx.one(Act, 5), number=6))


def _reordered(tx: Any) -> None:
    second, third = tx.one(Act, 2), tx.one(Act, 3)
    tx.put(msgspec.structs.replace(second, number=3))
    tx.put(msgspec.structs.replace(third, number=2))


@pytest.mark.parametrize(
    "work", [_renamed, _actor_changed, _form_changed, _deleted, _first_deleted, _inserted, _reordered]
)
def test_what_was_done_to_the_log_is_found(config: Path, work: Any) -> None:
    _edit(config, work)

    done = _run(config, "verify")

    assert done.exit_code == 1
    assert "broken at row" in done.output


def test_a_tail_that_was_cut_is_found_by_the_head_that_was_kept(config: Path, tmp_path: Path) -> None:
    head = tmp_path / "head.json"
    head.write_text(_run(config, "head").output)
    whole = _run(config, "verify", "--head", str(head))

    _edit(config, lambda tx: [tx.drop(Act, number) for number in (5, 4)])

    assert (whole.exit_code, _run(config, "verify").exit_code) == (0, 0)
    cut = _run(config, "verify", "--head", str(head))
    assert cut.exit_code == 1
    assert "tail" in cut.output


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"number": "x", "mac": ""}'])
def test_a_head_that_is_none_is_said(config: Path, tmp_path: Path, text: str) -> None:
    head = tmp_path / "head.json"
    head.write_text(text)

    assert _run(config, "verify", "--head", str(head)).exit_code == 1


# Who looked addresses up -------------------------------------------------------------------------------------


async def test_a_bridge_that_looks_an_address_up_is_in_the_access_log(relay: Any, visitor: Visitor) -> None:
    token, _, _ = await visitor.doctor_and_patient()
    bridge = (await visitor.ask("GET", names.WELL_KNOWN, None, token)).json["primaryAccounts"][names.BRIDGE]
    using = (*names.EVERYONE, names.BRIDGE)

    answer = await visitor.call(token, "Address/resolve", using, accountId=bridge, addresses=["x@y.example"])

    last = relay.service.store.read(lambda tx: tx.last_act())
    assert (answer.status, last.action, last.target) == (200, "resolve", "1")
