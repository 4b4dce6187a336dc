"""A migration that is killed at each of its flushes: what was there is there still, and the next one goes through."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from messaging.relay.records import Device, Refresh
from messaging.store.schema import METADATA
from messaging.store.sql import SqliteStore
from tests.live import faults
from tests.messaging.test_factors_migration import _schema
from tests.relays import ROOT

pytestmark = pytest.mark.live
MOST = 60  # flushes of one migration


@pytest.fixture(autouse=True)
def _traced() -> None:
    if reason := faults.missing():
        pytest.skip(reason)


def _killed(path: Path, flush: int) -> bool:
    """Whether there was such a flush to kill it at."""
    code = f"from pathlib import Path; from messaging.store.migrate import migrate; migrate(Path({str(path)!r}))"
    return faults.run([sys.executable, "-c", code], faults.FLUSHES, f"signal=SIGKILL:when={flush}", cwd=ROOT) != 0


def _old(path: Path) -> None:
    _schema(path, "0002")
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("INSERT INTO devices VALUES ('a', 'd', 1, 2, 0)")
        raw.execute("INSERT INTO refreshes VALUES (x'01', 'a', 'd', 2, 1)")
    raw.close()


def _tables(path: Path) -> set[str]:
    with sqlite3.connect(path) as raw:
        found = {row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    raw.close()
    return found


@pytest.mark.parametrize("old", [False, True])
def test_a_migration_that_was_killed_is_nothing_or_all_and_is_gone_on_with(old: bool, tmp_path: Path) -> None:
    whole = set(METADATA.tables) | {"alembic_version"}
    kills = 0
    for flush in range(1, MOST):
        path = tmp_path / f"{flush}.db"
        if old:
            _old(path)
        before = _tables(path) if old else set()
        if not _killed(path, flush):
            break
        kills += 1
        assert _tables(path) in (before, whole)
        store = SqliteStore(path)
        kept = store.read(lambda tx: (tx.where(Device, account="a"), tx.one(Refresh, b"\x01")))
        store.close()
        assert _tables(path) == whole
        assert kept == (([Device("a", "d", 1, 2)], Refresh(b"\x01", "a", "d", 2, used=1)) if old else ([], None))
    assert 0 < kills < MOST - 1


def test_the_command_goes_on_with_what_was_killed(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_text('[relay]\ndata = "relay"\n')
    (tmp_path / "relay").mkdir()
    path = tmp_path / "relay" / "relay.db"
    _old(path)
    assert _killed(path, 2)
    words = [sys.executable, "-m", "pli", "db", "migrate", "--config", str(tmp_path / "relay.toml")]
    done = [subprocess.run(words, cwd=ROOT, capture_output=True, check=False).returncode for _ in range(2)]
    assert done == [0, 0]
    assert set(METADATA.tables) < _tables(path)
