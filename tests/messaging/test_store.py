"""One contract for every store, and what is SQLite's own: group commit, durability, schema."""

import sqlite3
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from messaging.relay.accesslog import verify
from messaging.relay.ports import Store, Transaction
from messaging.relay.records import KEYS, Account, Act, Blob, Box, Edge, Login, Message, Totp
from messaging.store import statements
from messaging.store.batches import ReaderWrote, Work
from messaging.store.migrate import NewerSchema
from messaging.store.schema import METADATA, TABLES
from messaging.store.sql import SqliteStore
from messaging.wire.errors import Refusal
from tests.messaging.desk import SECRETS, Desk, letter

ALICE = Account("aalice", "patient", "active", 1)


def _submit(store: SqliteStore, work: Any) -> "Future[Any]":
    done: Future[Any] = Future()

    def answer(item: Work) -> None:
        if item.error is not None:
            done.set_exception(item.error)
        else:
            done.set_result(item.outcome)

    store.submit(work, answer)
    return done


def test_every_record_has_a_table_with_its_columns_and_key() -> None:
    for kind, table in TABLES.items():
        assert tuple(column.name for column in table.columns) == kind.__struct_fields__  # type: ignore[attr-defined]
        assert {column.name for column in table.primary_key} == set(KEYS[kind])
    assert TABLES.keys() == KEYS.keys()


def test_what_is_put_is_read_back_and_replaced_and_dropped(store: Store) -> None:
    store.write(lambda tx: tx.add(Box("a", 1, b"\x00\xff")))
    store.write(lambda tx: tx.put(Box("a", 2, b"new")))
    assert store.read(lambda tx: tx.one(Box, "a")) == Box("a", 2, b"new")
    store.write(lambda tx: tx.drop(Box, "a"))
    assert store.read(lambda tx: tx.one(Box, "a")) is None


def test_a_key_that_exists_cannot_be_added(store: Store) -> None:
    store.write(lambda tx: tx.add(ALICE))
    with pytest.raises(Exception, match=r"exists|UNIQUE"):
        store.write(lambda tx: tx.add(ALICE))


def test_an_error_undoes_everything_of_its_work(store: Store) -> None:
    def fails(tx: Transaction) -> None:
        tx.add(ALICE)
        tx.next_change("aalice")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write(fails)
    assert store.read(lambda tx: tx.one(Account, "aalice")) is None


def test_change_numbers_follow_each_other(store: Store) -> None:
    store.write(lambda tx: tx.add(ALICE))
    assert [store.write(lambda tx: tx.next_change("aalice")) for _ in range(3)] == [1, 2, 3]


def test_a_time_step_is_used_once_and_never_goes_back(store: Store) -> None:
    store.write(lambda tx: tx.add(Totp("a", b"", 5)))
    used = [store.write(lambda tx, step=step: tx.use_step("a", step)) for step in (5, 6, 6, 4, 7)]  # type: ignore[misc]
    assert used == [False, True, False, False, True]


def test_expired_rows_go_but_blobs_that_letters_name_stay(store: Store) -> None:
    store.write(lambda tx: tx.add(Blob("a", "b1", 1, 0, 10), Blob("a", "b2", 1, 1, 10), Blob("a", "b3", 1, 0, 30)))
    assert store.write(lambda tx: tx.drop_expired(Blob, 20)) == 1
    assert [blob.id for blob in store.read(lambda tx: tx.where(Blob, account="a"))] == ["b2", "b3"]
    assert store.read(lambda tx: tx.unkept_bytes("a")) == 1


def test_a_body_lives_as_long_as_its_last_copy(store: Store) -> None:
    number = store.write(lambda tx: tx.add_body(b"sealed", 2))
    from messaging.relay.records import Body

    store.write(lambda tx: tx.drop_copy(number))
    assert store.read(lambda tx: tx.one(Body, number)) is not None
    store.write(lambda tx: tx.drop_copy(number))
    assert store.read(lambda tx: tx.one(Body, number)) is None


def test_a_body_is_read_in_the_work_that_adds_it(store: Store) -> None:
    from messaging.relay.records import Body

    def work(tx: Transaction) -> tuple[int, Body | None]:
        number = tx.add_body(b"sealed", 1)
        return number, tx.one(Body, number)

    number, body = store.write(work)
    assert body == Body(number, b"sealed", 1)


def test_rows_are_counted_and_found_by_value(store: Store) -> None:
    store.write(lambda tx: tx.add(Edge("a", "x", "patient", 1, 0, 1, 1, 1), Edge("a", "y", "patient", 0, 0, 1, 2, 2)))
    assert store.read(lambda tx: tx.count(Edge, account="a", may_write=1)) == 1
    assert [edge.id for edge in store.read(lambda tx: tx.where(Edge, account="a"))] == ["x", "y"]
    assert store.read(lambda tx: tx.latest(Edge, "a")) == 2


def test_the_access_log_shows_every_change_to_it(desk: Desk) -> None:
    doctor, patient = desk.doctor(), desk.patient()
    desk.send(doctor, letter(patient))
    acts: list[Act] = desk.store.read(lambda tx: tx.acts(0, 100))
    assert verify(acts, SECRETS.log) == len(acts)
    for broken in (acts[:1] + acts[2:], [acts[1], acts[0], *acts[2:]], [*acts[:-1], _edited(acts[-1])]):
        with pytest.raises(ValueError, match="broken"):
            verify(broken, SECRETS.log)


def _edited(act: Act) -> Act:
    return Act(act.number, act.time, act.account, act.device, act.action, act.target, "refused", act.mac)


@pytest.fixture
def sqlite(tmp_path: Path) -> Any:
    made = SqliteStore(tmp_path / "relay.db")
    yield made
    made.close()


def _together(store: SqliteStore, *works: Any) -> list["Future[Any]"]:
    """Several works in one batch: the writer is held by the first until all are waiting."""
    holding, go = threading.Event(), threading.Event()

    def hold(_: Transaction) -> None:
        holding.set()
        go.wait(10)

    first = _submit(store, hold)
    holding.wait(10)
    waiting = [_submit(store, work) for work in works]
    go.set()
    first.result(10)
    return waiting


def _add(name: str) -> Any:
    return lambda tx: tx.add(Login(name, "a"))


def test_a_refusal_among_others_costs_them_nothing(sqlite: SqliteStore) -> None:
    def refuses(_: Transaction) -> None:
        raise Refusal("notFound")

    one, refused, other = _together(sqlite, _add("one"), refuses, _add("other"))
    assert one.result(10) is None
    assert other.result(10) is None
    with pytest.raises(Refusal):
        refused.result(10)
    assert sqlite.read(lambda tx: tx.count(Login)) == 2


@pytest.mark.parametrize("error", [ZeroDivisionError(), Refusal("notFound")])
def test_an_error_after_a_write_undoes_its_own_work_alone(sqlite: SqliteStore, error: Exception) -> None:
    def fails(tx: Transaction) -> None:
        tx.add(Login("half", "a"))
        raise error

    one, failed, other = _together(sqlite, _add("one"), fails, _add("other"))
    one.result(10)
    other.result(10)
    with pytest.raises(type(error)):
        failed.result(10)
    assert [login.name for login in sqlite.read(lambda tx: tx.where(Login))] == ["one", "other"]


def test_all_that_wait_are_one_commit(sqlite: SqliteStore) -> None:
    before = _commits(sqlite)
    for done in _together(sqlite, *(_add(f"n{number}") for number in range(100))):
        done.result(10)
    assert _commits(sqlite) - before == 1


def _commits(store: SqliteStore) -> int:
    """SQLite's own count of changes by others, as a reader's connection sees it (PRAGMA data_version)."""
    counted: list[str] = []
    store._writer.set_trace_callback(counted.append)
    total = getattr(store, "_seen_commits", 0)
    previous = getattr(store, "_counted", None)
    if previous is not None:
        total += sum(text == "COMMIT" for text in previous)
    store._seen_commits, store._counted = total, counted  # type: ignore[attr-defined]  # a test's own marks
    return int(total)


def test_readers_do_not_wait_for_the_writer(sqlite: SqliteStore) -> None:
    holding, go = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> None:
        tx.add(Login("later", "a"))
        holding.set()
        go.wait(10)

    done = _submit(sqlite, hold)
    holding.wait(10)
    assert sqlite.read(lambda tx: tx.count(Login)) == 0
    go.set()
    done.result(10)
    assert sqlite.read(lambda tx: tx.count(Login)) == 1


def test_every_connection_is_durable(sqlite: SqliteStore) -> None:
    assert sqlite._writer.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert sqlite._writer.execute("PRAGMA synchronous").fetchone()[0] == 2


@pytest.mark.parametrize("names", [("account", "id"), ("account", "client_id", "sender")])
def test_a_letter_is_found_by_index_however_many_the_account_has(sqlite: SqliteStore, names: tuple[str, ...]) -> None:
    text = statements.SQLITE.where(Message, names, ())
    (plan,) = sqlite._writer.execute(f"EXPLAIN QUERY PLAN {text}", ("x",) * len(names)).fetchall()
    assert "USING INDEX messages_" in plan[3]


@pytest.mark.parametrize("total", [False, True])
def test_a_query_by_client_id_uses_its_index(sqlite: SqliteStore, total: bool) -> None:
    prepared = statements.SQLITE.query(("client_id",), total=total)
    plan = sqlite._writer.execute(f"EXPLAIN QUERY PLAN {prepared.text}", [1] * len(prepared.names)).fetchall()
    steps = [step[3] for step in plan]
    assert any("INDEX messages_client_id (account=? AND client_id=?)" in step for step in steps)
    assert any("PRIMARY KEY (account=? AND created=?)" in step for step in steps)


def test_what_a_transaction_remembers_follows_what_it_writes(store: Store) -> None:
    def work(tx: Transaction) -> list[Account | None]:
        seen = [tx.one(Account, "aalice")]
        tx.add(ALICE)
        seen.append(tx.one(Account, "aalice"))
        tx.next_change("aalice")
        seen.append(tx.one(Account, "aalice"))
        tx.drop(Account, "aalice")
        return [*seen, tx.one(Account, "aalice")]

    assert store.write(work) == [None, ALICE, replace(ALICE, changed=1), None]


def test_the_end_of_the_access_log_is_remembered_only_as_long_as_it_is_true(store: Store) -> None:
    def fails(tx: Transaction) -> None:
        tx.last_act()
        tx.add(Act(1, 1, "a", "", "login", "", "done", b"lost"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write(fails)
    assert store.write(lambda tx: tx.last_act()) is None


def test_migrations_make_exactly_the_schema(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import create_engine

    SqliteStore(tmp_path / "relay.db").close()
    engine = create_engine(f"sqlite:///{tmp_path / 'relay.db'}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_an_old_program_refuses_a_newer_schema(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "relay.db").close()
    with sqlite3.connect(tmp_path / "relay.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(NewerSchema, match="9999"):
        SqliteStore(tmp_path / "relay.db")


def test_the_database_is_the_owners_alone(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "relay.db").close()
    assert (tmp_path / "relay.db").stat().st_mode & 0o077 == 0


def test_a_work_that_only_reads_may_not_write(store: Store) -> None:
    with pytest.raises((ReaderWrote, sqlite3.OperationalError), match=r"wrote|readonly"):
        store.read(lambda tx: tx.add(Box("a", 1, b"x")))
    store.write(lambda tx: tx.add(Box("a", 1, b"y")))
    assert store.read(lambda tx: tx.one(Box, "a")) == Box("a", 1, b"y")
