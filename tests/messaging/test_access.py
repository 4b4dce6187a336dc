"""Who may do what: every method, every door, every kind of asker. What is not yours looks like nothing at all."""

import re
from typing import Final

import pytest

from crypto.keys import account_id
from messaging.relay import devices
from messaging.relay.relay import Renew
from messaging.wire import names, scopes
from messaging.wire.described.door import Door
from messaging.wire.described.doors import DOORS
from messaging.wire.described.objects import SETTABLE
from messaging.wire.errors import Refusal
from tests.messaging.access.cells import DONE, STRANGERS, Row, came
from tests.messaging.access.of_doors import ANYONE, DOOR_ROWS, OPERATORS, SCOPED
from tests.messaging.access.of_methods import METHOD_ROWS, missing
from tests.messaging.access.people import ACTORS, GONE, TOKENS, settled
from tests.messaging.apps import BOTH
from tests.messaging.doors import Visitor
from tests.messaging.household import reading, refusal

ROWS: Final = METHOD_ROWS | DOOR_ROWS
CELLS: Final = [(what, actor) for what, row in ROWS.items() for actor in row.expected]
OF_ACCOUNT: Final = [what for what, row in METHOD_ROWS.items() if row.expected["other patient"] == "accountNotFound"]
EXAMPLES: Final = {
    "accountId": "a" + "2" * 26, "blobId": "b" + "0" * 64, "name": "PublicKey", "level": "0", "number": "000",
    "width": "3",
}  # fmt: skip


@pytest.mark.parametrize(("what", "actor"), CELLS)
def test_access(what: str, actor: str) -> None:
    house = settled().fresh()
    assert came(ROWS[what], house, house.askers[actor]) == ROWS[what].expected[actor]


@pytest.mark.parametrize("actor", TOKENS)
@pytest.mark.parametrize("what", ROWS)
def test_a_log_in_by_oauth_may_what_the_app_may_and_its_scopes_open(what: str, actor: str) -> None:
    house = settled().fresh()
    assert came(ROWS[what], house, house.askers[actor]) == _of_token(what, granted=actor == "grant token")


@pytest.mark.parametrize("actor", GONE)
def test_whose_log_in_is_over_has_no_way_in(actor: str) -> None:
    house = settled().fresh()
    asker = house.askers[actor]
    # What was still good just before: every door that looks at a token asks this first.
    with pytest.raises(Refusal, match="unauthorized"):
        reading(house.desk, lambda turn: devices.caller(turn, asker.token))
    assert refusal(house.desk, Renew(asker.refresh, cookie=False)) == "unauthorized"


# The table is whole -------------------------------------------------------------------------------------------


def test_every_method_has_a_row_for_each_of_its_ways() -> None:
    assert missing(SETTABLE) == set()


def test_every_door_has_a_row() -> None:
    assert {door.path for door in DOORS} == {key.partition(" ")[0] for key in DOOR_ROWS} | ANYONE | OPERATORS


def test_a_door_that_looks_at_tokens_says_what_each_actor_is_told() -> None:
    looked_at = {door.path for door in DOORS if door.who in ("bearer", "either", "cookie")}
    assert looked_at == {key.partition(" ")[0] for key in DOOR_ROWS}
    assert {door.path for door in DOORS if door.who == "operator"} == OPERATORS


def test_every_row_names_every_actor() -> None:
    assert {what for what, row in ROWS.items() if {*row.expected, *GONE} != {*ACTORS}} == set()


def test_most_of_the_table_is_refusals() -> None:
    said = [ROWS[what].expected[actor] for what, actor in CELLS]
    assert said.count(DONE) * 2 < len(said)


# What is not yours looks like what does not exist ---------------------------------------------------------------


@pytest.mark.parametrize("what", OF_ACCOUNT)
def test_to_strangers_the_account_looks_as_one_that_does_not_exist(what: str) -> None:
    row, unknown = METHOD_ROWS[what], account_id()
    for actor in STRANGERS:
        heard = [_heard(row, account, actor) for account in ("", unknown)]
        assert heard[0] == heard[1], actor


# At the doors themselves ----------------------------------------------------------------------------------------


async def test_without_a_good_token_a_bearer_door_is_shut(visitor: Visitor) -> None:
    ended = await visitor.log_in("station")
    await visitor.ask("POST", names.LOGOUT, token=ended)
    for door in [one for one in DOORS if one.who == "bearer"]:
        for token in ("", "AAAA", ended):
            heard = await visitor.ask(door.methods[0], _path(door), token=token)
            assert (heard.status, heard.json["type"].rpartition("/")[2]) == (401, "unauthorized"), door.path


async def test_at_a_door_for_anyone_a_token_changes_nothing(visitor: Visitor) -> None:
    tokens = ["AAAA", *[await visitor.log_in(kind) for kind in ("bridge", "station")]]
    for door in [one for one in DOORS if one.path in ANYONE]:
        heard = [await visitor.ask(door.methods[0], _path(door), token=token) for token in ("", *tokens)]
        assert len({(one.status, one.headers.get("content-type")) for one in heard}) == 1, door.path
        assert heard[0].status != 401, door.path


async def test_an_operators_door_is_not_there_for_other_machines(visitor: Visitor) -> None:
    token = await visitor.log_in("station")
    for door in [one for one in DOORS if one.path in OPERATORS]:
        for shown in ("", token):
            heard = await visitor.ask("GET", door.path, token=shown, X_Forwarded_For="203.0.113.9")
            assert heard.status == 404, door.path


def _of_token(what: str, *, granted: bool) -> str:
    of_app, name = ROWS[what].expected["app"], what.partition(" ")[0]
    is_open = scopes.allow(name, BOTH, granted=granted) if what in METHOD_ROWS else name in SCOPED
    return of_app if is_open or of_app == "unknownMethod" else "forbidden"


def _heard(row: Row, account: str, actor: str) -> str:
    house = settled().fresh(account)
    return came(row, house, house.askers[actor])


def _path(door: Door) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: EXAMPLES[match[1]], door.path)
