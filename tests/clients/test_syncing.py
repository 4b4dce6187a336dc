"""Pages of a first reading, against a relay that changes or lies in between."""

from typing import Any

import pytest

from clients.sdk import syncing
from clients.sdk.connection import Connection
from crypto.encoding import utc
from messaging.wire.errors import Refusal
from messaging.wire.methods import Changed, Got, QueryDone
from messaging.wire.types import SealedMessage
from tests.clients.letters import NOW

ACCOUNT = "a" + "a" * 26


class Relay(Connection):
    """Letters by id, oldest first. `total`: what it claims."""

    def __init__(self, ids: list[str]) -> None:
        self.ids, self.destroyed, self.asked = ids, list[str](), 0
        self.claimed: int | None = None

    async def call(self, name: str, arguments: Any) -> Any:
        self.asked += 1
        return {"get": self._get, "query": self._query, "changes": self._changes}[name.partition("/")[2]](arguments)

    def destroy(self, id_: str) -> None:
        self.ids.remove(id_)
        self.destroyed.append(id_)

    def _get(self, arguments: Any) -> Got[SealedMessage]:
        found = [message(id_) for id_ in arguments.ids if id_ in self.ids]
        return Got(account_id=ACCOUNT, state=str(len(self.destroyed)), list_=found, not_found=[])

    def _query(self, arguments: Any) -> QueryDone:
        newest = self.ids[::-1]
        total = len(newest) if self.claimed is None else self.claimed
        start = arguments.position if arguments.position >= 0 else max(0, len(newest) + arguments.position)
        return QueryDone(
            account_id=ACCOUNT, query_state="", can_calculate_changes=False, position=start,
            ids=newest[start : start + arguments.limit], total=total,
        )  # fmt: skip

    def _changes(self, arguments: Any) -> Changed:
        gone = self.destroyed[int(arguments.since_state) :]
        return Changed(
            account_id=ACCOUNT, old_state=arguments.since_state, new_state=str(len(self.destroyed)),
            has_more_changes=False, created=[], updated=[], destroyed=gone,
        )  # fmt: skip


def message(id_: str) -> SealedMessage:
    return SealedMessage(
        id=id_, client_id=id_, box="out", received_at=utc(NOW), size=1, sealed=None, sealed_blob_id=None, blob_ids=[],
        from_=ACCOUNT, deliveries=[],
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syncing, "PAGE", 3)


@pytest.mark.parametrize("gone", [["m0"], ["m0", "m1", "m2"], ["m4"], ["m9"]])
async def test_what_is_destroyed_between_pages_hides_no_letter(gone: list[str]) -> None:
    relay = Relay([f"m{number}" for number in range(10)])
    first = await syncing.page(relay, ACCOUNT, None)
    for id_ in gone:
        relay.destroy(id_)

    read, state, more = list(first.messages), first.state, first.more
    while more:
        page = await syncing.page(relay, ACCOUNT, state)
        read, state, more = [*read, *page.messages], page.state, page.more

    assert {each.id for each in read} >= set(relay.ids)


async def test_what_comes_between_pages_hides_no_letter() -> None:
    relay = Relay([f"m{number}" for number in range(5)])
    first = await syncing.page(relay, ACCOUNT, None)
    relay.ids.append("m5")

    second = await syncing.page(relay, ACCOUNT, first.state)

    assert [each.id for each in (*first.messages, *second.messages)] == ["m0", "m1", "m2", "m3", "m4", "m5"]


async def test_own_letters_are_read_once_though_some_are_destroyed_meanwhile() -> None:
    relay = Relay([f"m{number}" for number in range(10)])
    read: list[str] = []

    async for messages in syncing.own_letters(relay, ACCOUNT):
        read += [each.id for each in messages]
        if len(read) == 3:
            for id_ in ("m0", "m1", "m2"):
                relay.destroy(id_)

    assert read == [f"m{number}" for number in range(10)]


async def test_a_relay_that_promises_letters_without_end_is_not_read_for_ever() -> None:
    relay = Relay(["m0"])
    relay.claimed = 10**15

    with pytest.raises(Refusal):
        await syncing.page(relay, ACCOUNT, None)
    relay.claimed = 1000
    pages = [messages async for messages in syncing.own_letters(relay, ACCOUNT)]

    assert relay.asked < 3000
    assert sum(map(len, pages)) == 1
