"""A database from before passkeys and pairings: who was logged in stays so, and nothing is confirmed or named."""

import sqlite3
from pathlib import Path

from messaging.relay.records import Device, Failure, Pairing, Refresh, Trust
from messaging.store.sql import SqliteStore


def _schema(path: Path, revision: str) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    import messaging.store.migrate as migrating

    alembic, engine = Config(), create_engine(f"sqlite:///{path}")
    alembic.set_main_option("script_location", str(migrating._SCRIPTS))
    with engine.begin() as connection:
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, revision)
    engine.dispose()


def test_devices_tokens_and_trust_are_kept_with_nothing_added(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    _schema(path, "0002")
    with sqlite3.connect(path) as raw:
        raw.execute("INSERT INTO devices VALUES ('a', 'd', 1, 2, 0)")
        raw.execute("INSERT INTO refreshes VALUES (x'01', 'a', 'd', 2, 1)")
        raw.execute("INSERT INTO trusts VALUES (x'02', 'a', 2)")
    raw.close()

    store = SqliteStore(path)
    held = store.read(lambda tx: (tx.one(Device, "a", "d"), tx.one(Refresh, b"\x01"), tx.one(Trust, b"\x02")))
    store.close()

    assert held == (Device("a", "d", 1, 2), Refresh(b"\x01", "a", "d", 2, used=1), Trust(b"\x02", "a", 2))


def test_who_was_waiting_need_not_and_a_pairing_that_waited_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    _schema(path, "0003")
    with sqlite3.connect(path) as raw:
        raw.execute("INSERT INTO failures VALUES ('a', 6, 9, 9)")
        raw.execute("INSERT INTO pairings VALUES (x'01', 'CODE', x'02', 9, '', '', x'', x'')")
    raw.close()

    store = SqliteStore(path)
    held = store.read(lambda tx: (tx.where(Failure), tx.one(Pairing, b"\x01")))
    store.close()

    assert held == ([], Pairing(b"\x01", "CODE", b"\x02", 9, network=""))
