"""Several gateways on one PostgreSQL: no letter twice, none lost, one order in a conversation, one carrier a domain."""

import asyncio
import os
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from bridges.mail.workers import Workers
from bridges.mssante import keylog, leases, outbox
from bridges.mssante.database import Away, Database, Unusable
from bridges.mssante.journal import Conversation, Place
from bridges.mssante.submissions import Submissions
from bridges.mssante.whitelist_keeper import WhitelistKeeper
from clients.sdk import Draft, LogMemory, Prepared
from crypto.keys import random_id
from messaging.wire.errors import Refusal
from tests.bridges.authority import Authority, Issued
from tests.bridges.conftest import start
from tests.bridges.fakes import PATIENT, FakeMailbox, FakeRelay, account
from tests.bridges.mails import mail
from tests.bridges.transcript import Peer
from tests.live.search import shapes
from tests.postgres import Cluster

THREAD = random_id()
DOMAIN = "cabinet.mssante.example"


@pytest.fixture
def url(cluster: Cluster, request: pytest.FixtureRequest) -> str:
    name = f"gateway{abs(hash(request.node.name)) % 10**9}"
    cluster.create(name)
    return cluster.url(name)


@pytest.fixture
async def pair(url: str, tmp_path: Path) -> AsyncIterator[tuple[Database, Database]]:
    made = Database(tmp_path / "one", url=url), Database(tmp_path / "two", url=url)
    await asyncio.gather(*(each.start() for each in made))  # at once: only one of them makes the tables
    yield made
    await asyncio.gather(*(each.close() for each in made))


def _post(submissions: Submissions, mailbox: FakeMailbox, letter: str, text: str) -> "asyncio.Future[None]":
    conversation = Conversation(mailbox.account, THREAD, account(PATIENT))

    async def prepare(place: Place) -> Prepared:
        await asyncio.sleep(0)  # the other gateway gets between: sealing takes time
        draft = Draft("s", text, None, (), THREAD, letter, counter=place.counter, previous=place.previous)
        return await mailbox.prepare(draft, [account(PATIENT)])

    return asyncio.ensure_future(submissions.post(letter, conversation, mailbox, prepare))


async def test_letters_of_one_conversation_have_one_order_whoever_took_them(pair: tuple[Database, Database]) -> None:
    mailbox = FakeMailbox(FakeRelay())
    letters, both = [random_id() for _ in range(8)], [Submissions(database) for database in pair]
    await asyncio.gather(*(_post(both[n % 2], mailbox, letter, f"{n}") for n, letter in enumerate(letters)))
    assert sorted(each.counter for each in mailbox.relay.letters()) == list(range(1, 9))
    assert len({each.previous for each in mailbox.relay.letters()}) == 8


async def test_the_same_mail_at_both_is_one_letter(pair: tuple[Database, Database]) -> None:
    mailbox, letter = FakeMailbox(FakeRelay()), random_id()
    await asyncio.gather(*(_post(Submissions(each), mailbox, letter, "text") for each in pair))
    (found,) = mailbox.relay.letters()
    assert found.counter == 1


async def _queue(database: Database, number: int) -> None:
    mark = outbox.Mark("patient", f"{number}", "thread")
    await database.run(lambda c: outbox.put(c, "account", f"item-{number}", DOMAIN, b"sealed", 1.0, 9e9, mark))


async def _hold(database: Database, now: float) -> list[str]:
    return await database.run(partial(outbox.hold_domains, domains=[DOMAIN], now=now))


async def test_a_letter_that_both_read_becomes_one_mail(pair: tuple[Database, Database]) -> None:
    await asyncio.gather(*(_queue(each, 1) for each in pair))
    assert await pair[0].run(outbox.waiting) == 1


async def test_a_domain_has_one_carrier_until_its_lease_ends(pair: tuple[Database, Database]) -> None:
    one, two = pair
    assert await _hold(one, 100.0) == [DOMAIN]
    assert await _hold(two, 100.0) == []
    assert await _hold(one, 150.0) == [DOMAIN]  # renewed
    assert await _hold(two, 100.0 + leases.SECONDS + 1) == []
    assert await _hold(two, 151.0 + leases.SECONDS) == [DOMAIN]
    assert await _hold(one, 152.0 + leases.SECONDS) == []


async def test_who_ends_in_order_leaves_its_domains_at_once(pair: tuple[Database, Database]) -> None:
    one, two = pair
    await _hold(one, 100.0)
    await one.run(leases.let_go)
    assert await _hold(two, 100.0) == [DOMAIN]


async def test_a_domain_with_nothing_left_is_whoevers_asks_next(pair: tuple[Database, Database]) -> None:
    one, two = pair
    await _hold(one, 100.0)
    await two.run(partial(outbox.leave_domain, domain=DOMAIN))  # not its own
    assert await _hold(two, 100.0) == []
    await one.run(partial(outbox.leave_domain, domain=DOMAIN))
    assert await _hold(two, 100.0) == [DOMAIN]


async def test_both_never_take_the_same_mail(pair: tuple[Database, Database]) -> None:
    for number in range(20):
        await _queue(pair[0], number)
    taken = await asyncio.gather(
        *(pair[n % 2].run(lambda c: outbox.take_due(c, DOMAIN, 10.0, 900.0)) for n in range(30))
    )
    items = [due.item for due in taken if due is not None]
    assert len(items) == len(set(items)) == 20


async def test_a_restart_takes_back_its_own_mails_and_nobody_elses(url: str, tmp_path: Path) -> None:
    one, two = Database(tmp_path / "one", url=url), Database(tmp_path / "two", url=url)
    await one.start()
    await _queue(one, 1)
    await _hold(one, 10.0)
    assert await one.run(lambda c: outbox.take_due(c, DOMAIN, 10.0, 900.0)) is not None
    await one.close()  # as if killed: its lease stands
    await two.start()
    await two.run(partial(outbox.release_leases, now=11.0))
    assert await two.run(lambda c: outbox.take_due(c, DOMAIN, 12.0, 900.0)) is None
    again = Database(tmp_path / "one", url=url)
    await again.run(partial(outbox.release_leases, now=13.0))
    assert await again.run(lambda c: outbox.take_due(c, DOMAIN, 14.0, 900.0)) is not None
    await again.close()
    await two.close()


async def test_what_one_distrusts_the_other_does_not_forget_for_it(pair: tuple[Database, Database]) -> None:
    one, two = pair
    await keylog.Remembering(one, LogMemory(forks=frozenset({(7, bytes(32))}))).keep()
    await keylog.Remembering(two, LogMemory()).keep()
    assert (await one.run(keylog.load)).distrust == "logForked"
    assert (await two.run(keylog.load)).distrust is None


async def test_a_database_that_is_away_is_said_and_comes_back(cluster: Cluster, url: str, tmp_path: Path) -> None:
    database = Database(tmp_path / "one", url=url)
    await database.start()
    await _queue(database, 1)
    cluster.halt("immediate")
    try:
        with pytest.raises(Away):
            await database.run(outbox.waiting)
    finally:
        cluster.run_again()
    assert await database.run(outbox.waiting) == 1
    await database.close()


async def test_a_database_that_may_forget_is_refused(cluster: Cluster, url: str, tmp_path: Path) -> None:
    cluster.say(f'ALTER DATABASE "{url.split("@/")[1].split("?", maxsplit=1)[0]}" SET synchronous_commit = off')
    database = Database(tmp_path / "one", url=url)
    with pytest.raises(Unusable, match="durably"):
        await database.start()
    await database.close()


async def test_nothing_readable_is_in_the_shared_database(
    cluster: Cluster, url: str, tmp_path: Path, authority: Authority, operator: Issued, workers: Workers,
    whitelist: WhitelistKeeper,
) -> None:  # fmt: skip
    database = Database(tmp_path / "one", url=url)
    await database.start()
    words = [f"Canari{part}{os.urandom(6).hex()}" for part in ("Texte", "Sujet", "Fichier", "Sortie")]
    async for gateway in start(tmp_path, authority, operator, workers, database, whitelist):
        gateway.relay.faults["before submit"] = [Refusal("serverUnavailable")] * 2  # it stays in the journal
        made = mail(words[0], words[1])
        made.add_attachment(words[2].encode() * 50, maintype="text", subtype="plain", filename=f"{words[2]}.txt")
        peer = await Peer.secured(gateway, gateway.client)
        await peer.hands_over(made.as_bytes(), "451 4.3.0")
        peer.close()
    outbound = outbox.Outbound("a@x.example", "b@x.example", words[3].encode(), "l", "t", "p", words[3])
    sealed = outbox.seal(bytes(32), "account", "item", outbound)
    await database.run(lambda c: outbox.put(c, "account", "item", DOMAIN, sealed, 1.0, 2.0))
    await database.run(lambda c: outbox.put(c, "account", f"control-{THREAD}", DOMAIN, b"x", 1.0, 2.0))
    await database.close()
    cluster.say("CHECKPOINT")
    held = await asyncio.to_thread(_written, cluster.folder)
    assert f"control-{THREAD}".encode() in held  # what is readable there is found
    assert [(word, how) for word in words for how, shape in shapes(word) if shape in held] == []


def _written(folder: Path) -> bytes:
    """Every file of the server that is not all zeros, in one piece: tables, indexes, log of changes."""
    return b"".join(path.read_bytes().rstrip(b"\0") for path in folder.rglob("*") if path.is_file())


def test_what_is_no_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="address"):
        Database(tmp_path / "one", url="gateway.db")
