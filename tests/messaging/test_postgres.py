"""What is PostgreSQL's own: several writers, a server that goes away, freezes or is held up, and its schema."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from os import kill
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from messaging.relay.accesslog import log, verify
from messaging.relay.ports import Transaction
from messaging.relay.records import Account, Act, Body, Device, Gone, Login, Message, Refresh, Trust
from messaging.relay.turn import Caller, Turn
from messaging.store import news
from messaging.store.arrays import together
from messaging.store.link import UnsafePassword, Where
from messaging.store.migrate import NewerSchema
from messaging.store.news import CHANNEL
from messaging.store.postgres import NotDurable, PostgresStore, migrate
from messaging.store.schema import METADATA
from messaging.wire.errors import Refusal
from tests.messaging.desk import SECRETS, Desk
from tests.postgres import Cluster
from tests.relays import ROOT

ALICE = Account("aalice", "patient", "active", 1)
BUSY = "SELECT pg_advisory_xact_lock(1885104385)"  # what a batch of another relay holds


@pytest.fixture
def pair(database: Cluster) -> Iterator[tuple[PostgresStore, PostgresStore]]:
    """Two relays' stores on one database."""
    made = PostgresStore(database.where()), PostgresStore(database.where())
    yield made
    for store in made:
        store.close()


@pytest.fixture
def own() -> Iterator[Cluster]:
    """A server that a test may stop and freeze."""
    started = Cluster.start()
    yield started
    started.end()


def _message(account: str, created: int, client_id: str) -> Message:
    return Message(account, created, f"m{client_id}", client_id, "in", 1, 1, 0, "", "", "s", "", b"")


def test_two_relays_number_an_accounts_changes_without_gap_or_double(pair: tuple[PostgresStore, PostgresStore]) -> None:
    pair[0].write(lambda tx: tx.add(ALICE))

    def many(store: PostgresStore) -> list[int]:
        return [store.write(lambda tx: tx.next_change("aalice")) for _ in range(40)]

    with ThreadPoolExecutor(8) as threads:
        numbers = [n for found in threads.map(many, [*pair] * 4) for n in found]
    assert sorted(numbers) == list(range(1, 321))


def test_two_relays_write_one_access_log(pair: tuple[PostgresStore, PostgresStore]) -> None:
    desk = Desk(pair[0])

    def act(tx: Transaction) -> None:
        log(Turn(tx, desk.house, Caller(account="aalice"), desk.clock.now()), "login")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda store: [store.write(act) for _ in range(25)], [*pair] * 4))
    acts: list[Act] = pair[1].read(lambda tx: tx.acts(0, 1000))
    assert verify(acts, SECRETS.log) >= 200


def test_nothing_is_remembered_that_another_relay_may_have_changed(pair: tuple[PostgresStore, PostgresStore]) -> None:
    here, there = pair
    here.write(lambda tx: tx.add(ALICE, replace(ALICE, id="abob")))
    here.write(lambda tx: tx.one(Account, "aalice"))
    there.write(lambda tx: tx.put(replace(ALICE, state="closed")))
    assert here.write(lambda tx: tx.one(Account, "aalice")) == replace(ALICE, state="closed")
    assert here.read(lambda tx: tx.one(Account, "aalice")) == replace(ALICE, state="closed")


def test_a_reader_sees_one_moment_while_another_relay_writes(pair: tuple[PostgresStore, PostgresStore]) -> None:
    here, there = pair
    here.write(lambda tx: tx.add(ALICE))

    def twice(tx: Transaction) -> list[int]:
        first = tx.count(Login)
        there.write(lambda other: other.add(Login("n", "aalice")))
        return [first, tx.count(Login)]

    assert here.read(twice) == [0, 0]
    assert here.read(lambda tx: tx.count(Login)) == 1


def test_what_waits_to_be_written_is_read_as_if_it_were_there(database: Cluster) -> None:
    store = PostgresStore(database.where())

    def work(tx: Transaction) -> list[Any]:
        tx.add(_message("a", 1, "one"), _message("a", 2, "two"))
        seen: list[Any] = [[m.client_id for m in tx.where(Message, account="a", client_id="two", sender="s")]]
        tx.drop(Message, "a", 2)
        tx.add(Gone("a", "Message", 3, "mtwo"))
        seen += [tx.where(Message, account="a", client_id="two", sender="s"), tx.latest(Message, "a")]
        tx.put(replace(_message("a", 1, "one"), box="out"))
        seen += [len(tx.where(Message, account="a", box="in")), len(tx.where(Message, account="a", box="out"))]
        return [*seen, tx.count(Message, account="a"), [c.number for c in tx.changes(Message, "a", 0, 9)]]

    assert store.write(work) == [["two"], [], 3, 0, 1, 1, [1, 3]]
    assert store.read(lambda tx: [m.box for m in tx.where(Message, account="a")]) == ["out"]
    store.close()


def test_many_rows_of_one_work_are_all_there_after_it(database: Cluster) -> None:
    store = PostgresStore(database.where())

    def work(tx: Transaction) -> list[int]:
        numbers = [tx.add_body(b"x" * 60_000, 1) for _ in range(200)]
        tx.add(*(_message("a", n, f"c{n}") for n in range(1, 6_001)))
        tx.drop_copy(numbers[0])
        return numbers

    numbers = store.write(work)
    again = store.write(lambda tx: tx.add_body(b"y", 1))
    found = store.read(lambda tx: [tx.count(Message), tx.count(Body), len(set(numbers))])
    store.close()
    assert found == [6_000, 200, 200]
    assert again not in numbers[1:]


def test_a_name_that_no_text_can_be_is_found_nowhere(database: Cluster) -> None:
    store = PostgresStore(database.where())
    found = store.read(lambda tx: [tx.one(Login, "a\0"), tx.where(Login, account="\0"), tx.count(Login, account="\0")])
    store.close()
    assert found == [None, [], 0]


def test_other_relays_hear_what_changed_in_the_order_of_the_commits(pair: tuple[PostgresStore, PostgresStore]) -> None:
    here, there = pair
    desk, before = Desk(here), there.last_news()
    patient = desk.patient()
    desk.call(patient, ("SealedState/set", {"update": {}}))
    heard = there.news_after(before)
    assert [row.source for row in heard] == [here.source] * len(heard)
    assert [row.number for row in heard] == sorted({row.number for row in heard})
    assert any(row.news.logged for row in heard)


def test_news_is_swept_after_its_hour(database: Cluster) -> None:
    store = PostgresStore(database.where())
    link = store._writing.link
    store.write(lambda _: link.fetch(together((news.ADD,)), (1, "other", b"{}")))
    store.write(lambda tx: tx.add(ALICE))
    store._writing._swept -= 61
    store.write(lambda tx: tx.put(replace(ALICE, changed=2)))
    store.close()
    assert database.say("SELECT count(*) FROM news WHERE time = 1") == "0"


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_server_that_was_started_again_is_used_again(own: Cluster, how: str) -> None:
    store = PostgresStore(own.where())
    store.write(lambda tx: tx.add(ALICE))
    store.read(lambda tx: tx.one(Account, "aalice"))
    own.halt(how)
    own.run_again()
    assert store.read(lambda tx: tx.one(Account, "aalice")) == ALICE
    store.write(lambda tx: tx.put(replace(ALICE, changed=7)))
    assert store.read(lambda tx: tx.one(Account, "aalice")) == replace(ALICE, changed=7)
    store.close()


def test_while_the_server_is_away_everybody_is_told_to_come_back_and_then_served(own: Cluster) -> None:
    store = PostgresStore(own.where())
    store.write(lambda tx: tx.add(ALICE))
    own.halt()
    began = time.monotonic()
    refused = [_refusal(lambda: store.write(lambda tx: tx.drop(Account, "aalice"))) for _ in range(3)]
    refused += [_refusal(lambda: store.read(lambda tx: tx.one(Account, "aalice"))) for _ in range(3)]
    took = time.monotonic() - began
    own.run_again()
    _soon(lambda: store.read(lambda tx: tx.one(Account, "aalice")) == ALICE)
    store.write(lambda tx: tx.drop(Account, "aalice"))
    store.close()
    assert {(refusal.name, refusal.members["retryAfter"]) for refusal in refused} == {("serverUnavailable", 2)}
    assert took < 5


def test_a_server_that_dies_within_a_batch_keeps_nothing_of_it(own: Cluster) -> None:
    store = PostgresStore(own.where())

    def dies(tx: Transaction) -> None:
        tx.add(ALICE)
        own.halt("immediate")

    refusal = _refusal(lambda: store.write(dies))
    own.run_again()
    store.write(lambda tx: tx.add(Login("n", "aalice")))
    assert refusal.name == "serverUnavailable"
    assert store.read(lambda tx: [tx.count(Account), tx.count(Login)]) == [0, 1]
    store.close()


async def test_a_frozen_server_is_waited_for_by_nobody_without_end_and_by_a_loop_hardly(own: Cluster) -> None:
    store = PostgresStore(own.where())
    store.write(lambda tx: tx.add(ALICE))
    store.read(lambda tx: tx.one(Account, "aalice"))
    with _frozen(own):
        began = time.monotonic()
        on_loop = _refusal(lambda: store.read(lambda tx: tx.one(Account, "aalice")))
        stood_still = time.monotonic() - began
        change = asyncio.to_thread(_refusal, lambda: store.write(lambda tx: tx.drop(Account, "aalice")))
        look = asyncio.to_thread(_refusal, lambda: _unrested(store).read(lambda tx: tx.one(Account, "aalice")))
        written, read = await asyncio.gather(change, look)
        took = time.monotonic() - began
    await asyncio.to_thread(_soon, lambda: store.read(lambda tx: tx.one(Account, "aalice")) == ALICE)
    store.write(lambda tx: tx.put(replace(ALICE, changed=3)))
    await asyncio.to_thread(store.close)
    assert [one.name for one in (on_loop, written, read)] == ["serverUnavailable"] * 3
    assert stood_still < 1
    assert took < 12


def test_a_batch_waits_for_another_relays_but_not_for_ever(pair: tuple[PostgresStore, PostgresStore]) -> None:
    here, there = pair
    holding, go = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> None:
        tx.add(ALICE)
        holding.set()
        go.wait(20)

    with ThreadPoolExecutor(1) as thread:
        held = thread.submit(there.write, hold)
        holding.wait(10)
        refusal = _refusal(lambda: here.write(lambda tx: tx.add(Login("late", "a"))))
        go.set()
        outcome = held.exception(20)
    here.write(lambda tx: tx.add(Login("now", "a")))
    assert refusal.name == "serverUnavailable"
    # What idles within its transaction for longer than a statement may take loses it: a frozen relay holds nobody up.
    assert outcome is None or isinstance(outcome, Refusal)
    assert here.read(lambda tx: [login.name for login in tx.where(Login)]) == ["now"]


def test_a_frozen_relay_loses_its_batch(database: Cluster) -> None:
    store = PostgresStore(database.where())

    async def hold() -> str:
        connection = await database.where().connect()
        await connection.execute(f"BEGIN; {BUSY}")
        await asyncio.sleep(6)
        try:
            await connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - the test says which
            return type(error).__name__
        return "kept"

    with ThreadPoolExecutor(1) as thread:
        held = thread.submit(asyncio.run, hold())
        _soon(lambda: database.say("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "1")
        _soon(lambda: store.write(lambda tx: tx.add(Login("n", "a"))) is None)
        said = held.result(20)
    store.close()
    assert said != "kept"


@pytest.mark.parametrize("name", ["synchronous_commit"])
def test_a_server_that_may_lose_what_it_acknowledged_is_refused(database: Cluster, name: str) -> None:
    database.say(f"ALTER DATABASE postgres SET {name} = off")
    try:
        with pytest.raises(NotDurable, match=name):
            PostgresStore(database.where())
    finally:
        database.say(f"ALTER DATABASE postgres RESET {name}")


def test_migrations_make_exactly_the_schema(database: Cluster) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.ext.asyncio import create_async_engine

    PostgresStore(database.where()).close()

    async def difference() -> Any:
        engine = create_async_engine("postgresql+asyncpg://", async_creator=database.where().connect)
        async with engine.connect() as connection:
            own = ("news", "writer")
            found = await connection.run_sync(
                lambda c: compare_metadata(
                    MigrationContext.configure(c, opts={"include_name": lambda name, *_: name not in own}), METADATA
                )
            )
        await engine.dispose()
        return found

    assert asyncio.run(difference()) == []


def test_the_command_migrates_without_serving_and_says_what_kept_it(own: Cluster, tmp_path: Path) -> None:
    config = tmp_path / "relay.toml"
    config.write_text(f'[relay]\ndata = "d"\n[store]\ndatabase = "{own.url()}"\n')
    command = [sys.executable, "-m", "messaging.server", "db", "migrate", "--config", str(config)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    there = own.say("SELECT count(*) FROM alembic_version")
    own.halt()
    failed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    own.run_again()
    assert (done.stdout, there) == ("the database has this version's schema\n", "1")
    assert failed.returncode == 1
    assert failed.stderr.startswith("pli: ")
    assert "Traceback" not in failed.stderr


def test_relays_that_start_together_migrate_once(own: Cluster) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: migrate(own.where()), range(4)))
    assert own.say("SELECT count(*) FROM alembic_version") == "1"


def test_an_old_program_refuses_a_newer_schema(own: Cluster) -> None:
    migrate(own.where())
    own.say("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerSchema, match="9999"):
        PostgresStore(own.where())


def test_a_migration_that_is_broken_off_leaves_what_was_and_goes_through_the_next_time(own: Cluster) -> None:
    own.say("CREATE TABLE passkeys (x TEXT)")  # stands in the way of the third revision
    with pytest.raises(Exception, match="passkeys"):
        migrate(own.where())
    left = own.say("SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'")
    own.say("DROP TABLE passkeys")
    migrate(own.where())
    assert left == "passkeys"


def test_rows_of_an_older_schema_are_kept(own: Cluster) -> None:
    _migrate_to(own, "0002")
    own.say(r"INSERT INTO devices VALUES ('a', 'd', 1, 2, 0); INSERT INTO trusts VALUES ('\x02', 'a', 2)")
    own.say(r"INSERT INTO refreshes VALUES ('\x01', 'a', 'd', 2, 1)")
    store = PostgresStore(own.where())
    held = store.read(lambda tx: (tx.one(Device, "a", "d"), tx.one(Refresh, b"\x01"), tx.one(Trust, b"\x02")))
    store.close()
    assert held == (Device("a", "d", 1, 2), Refresh(b"\x01", "a", "d", 2, used=1), Trust(b"\x02", "a", 2))


def test_a_password_comes_from_a_file_that_is_its_owners_alone(own: Cluster, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("a secret\n")
    secret.chmod(0o600)
    assert Where("postgresql://", secret).password() == "a secret"
    assert "secret" not in repr(Where("postgresql://", secret))
    secret.chmod(0o640)
    with pytest.raises(UnsafePassword, match="chmod 600"):
        PostgresStore(Where(own.url(), secret))


def test_a_commit_wakes_who_listens_unless_something_faster_does(database: Cluster) -> None:
    store = PostgresStore(database.where())
    desk = Desk(store)

    async def heard() -> list[object]:
        said: list[object] = []
        connection = await database.where().connect()
        await connection.add_listener(CHANNEL, lambda *what: said.append(what[3]))
        for notifying in (False, True):
            store.notifying = notifying
            await asyncio.to_thread(desk.patient, f"p{notifying}".lower())
        async with asyncio.timeout(5):
            while not said:  # noqa: ASYNC110 - asyncpg calls back within its own reading
                await asyncio.sleep(0.01)
        await connection.close()
        return said

    said = asyncio.run(heard())
    store.close()
    assert said == [store.source]


def _migrate_to(own: Cluster, revision: str) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import create_async_engine

    import messaging.store.migrate as migrating

    def up(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(migrating._SCRIPTS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    async def run() -> None:
        engine = create_async_engine("postgresql+asyncpg://", async_creator=own.where().connect)
        async with engine.begin() as connection:
            await connection.run_sync(up)
        await engine.dispose()

    asyncio.run(run())


def _refusal(call: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        call()
    return caught.value


def _unrested(store: PostgresStore) -> PostgresStore:
    """As if nobody had found the server away just now."""
    store._rest_until = 0
    return store


def _soon(condition: Any, seconds: float = 15) -> None:
    """Asked again while it is refused: the server is coming back."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if condition():
                return
        except Refusal:
            pass
        time.sleep(0.05)
    raise TimeoutError


@contextmanager
def _frozen(own: Cluster) -> Iterator[None]:
    with ExitStack() as stack:
        for pid in own.pids():
            kill(pid, signal.SIGSTOP)
            stack.callback(kill, pid, signal.SIGCONT)
        yield
