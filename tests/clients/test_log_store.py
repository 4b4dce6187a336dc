"""What a witness knows survives every end of its process, and no end lets it sign two histories."""

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from clients.log.auditing import Audit, Rules
from clients.log.edge import Bundle
from clients.log.store import EVIDENCE_MOST, LogStore, Unusable
from crypto.transparency.audit import Line
from tests.clients.key_log import NOW, ORIGIN, KeyLog

ROOT = Path(__file__).parents[2]
# A witness that is ended at one point of its transaction: it reads entries and note from files, then dies by SIGKILL.
_DYING = """
import os, signal, sys
from pathlib import Path
from clients.log import store as stores
from clients.log.auditing import Audit, Rules
from clients.log.edge import Bundle
from crypto.transparency.checkpoint import parse_checkpoint_text
from crypto.transparency.note import parse_note
from crypto.transparency.tiles import decode_bundle
from datetime import datetime, UTC
folder, where = Path(sys.argv[1]), sys.argv[2]
die = lambda: os.kill(os.getpid(), signal.SIGKILL)
store = stores.LogStore(folder / "data", "pli.example/log")
audit = Audit(store, store.begin(), Rules(datetime(2026, 11, 23, 15, tzinfo=UTC)))
if where == "begun": die()
audit.take(Bundle(0, tuple(decode_bundle((folder / "entries").read_bytes()))))
if where == "audited": die()
note = (folder / "note").read_bytes()
head = audit.end(parse_checkpoint_text(parse_note(note).text), note)
store.commit(head)
print("answered", flush=True)
die()
"""


def _take(store: LogStore, log: KeyLog) -> None:
    audit = Audit(store, store.begin(), Rules(NOW))
    audit.take(Bundle(audit.edge.size, tuple(log.entries[audit.edge.size :])))
    store.commit(audit.end(log.checkpoint(), log.note()))


def _log(count: int) -> KeyLog:
    log = KeyLog()
    log.enrol(count)
    return log


@pytest.mark.parametrize(("where", "kept"), [("begun", 0), ("audited", 0), ("answered", 3)])
def test_a_killed_witness_has_the_whole_head_or_none_of_it(tmp_path: Path, where: str, kept: int) -> None:
    log = _log(3)
    (tmp_path / "entries").write_bytes(log.served("tile/entries/000.p/3") or b"")
    (tmp_path / "note").write_bytes(log.note())

    died = subprocess.run([sys.executable, "-c", _DYING, tmp_path, where], cwd=ROOT, capture_output=True, check=False)

    assert died.returncode == -signal.SIGKILL, died.stderr
    store = LogStore(tmp_path / "data", ORIGIN)
    assert (store.head().size, store.counts().accounts) == (kept, kept)
    assert (died.stdout == b"answered\n") == (kept == 3)
    store.close()


def test_a_killed_witness_goes_on_from_nothing_half_kept(tmp_path: Path) -> None:
    log = _log(3)
    (tmp_path / "entries").write_bytes(log.served("tile/entries/000.p/3") or b"")
    (tmp_path / "note").write_bytes(log.note())
    subprocess.run([sys.executable, "-c", _DYING, tmp_path, "audited"], cwd=ROOT, capture_output=True, check=False)

    store = LogStore(tmp_path / "data", ORIGIN)
    _take(store, log)

    assert store.head().edge.root == log.root()
    store.close()


def test_what_was_committed_is_found_again(tmp_path: Path) -> None:
    log = _log(300)
    first = LogStore(tmp_path, ORIGIN)
    _take(first, log)
    first.close()

    again = LogStore(tmp_path, ORIGIN)

    assert again.head().edge.root == log.root()
    assert again.head().note == log.note() or again.head().note.startswith(log.checkpoint().text)
    again.close()


def test_what_was_undone_is_gone(tmp_path: Path) -> None:
    store = LogStore(tmp_path, ORIGIN)
    store.begin()
    store.put(Line("a" * 27, 0, bytes(32), b"k" * 32, 1, "2026-11-23T15:00:00Z"))

    store.undo()

    assert store.newest("a" * 27) is None
    assert store.owner(b"k" * 32) is None
    store.close()


def test_a_key_stays_its_first_owners(tmp_path: Path) -> None:
    store = LogStore(tmp_path, ORIGIN)
    store.begin()
    for seq, signing in enumerate((b"k" * 32, b"l" * 32)):
        store.put(Line("a" * 27, seq, bytes(32), signing, seq + 1, "2026-11-23T15:00:00Z"))

    assert (store.owner(b"k" * 32), store.owner(b"l" * 32)) == ("a" * 27, "a" * 27)
    newest = store.newest("a" * 27)
    assert newest is not None
    assert (newest.seq, newest.box) == (1, 2)
    store.close()


def test_a_folder_of_another_log_is_refused(tmp_path: Path) -> None:
    LogStore(tmp_path, ORIGIN).close()

    with pytest.raises(Unusable, match="another log"):
        LogStore(tmp_path, "other.example/log")


def test_a_folder_is_one_processes_own(tmp_path: Path) -> None:
    store = LogStore(tmp_path, ORIGIN)

    with pytest.raises(Unusable, match="another process"):
        LogStore(tmp_path, ORIGIN)
    store.close()


def test_a_damaged_tree_is_noticed_and_nothing_is_signed(tmp_path: Path) -> None:
    store = LogStore(tmp_path, ORIGIN)
    _take(store, _log(3))
    store.close()
    with sqlite3.connect(tmp_path / "log.db") as connection:
        connection.execute("UPDATE head SET size = 2")
    connection.close()

    damaged = LogStore(tmp_path, ORIGIN)

    with pytest.raises(Unusable, match="damaged"):
        damaged.begin()
    damaged.close()


def test_noise_in_place_of_the_database_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_bytes(b"noise" * 1000)

    with pytest.raises(Unusable, match="cannot be read"):
        LogStore(tmp_path, ORIGIN)


def test_proof_is_kept_once_and_not_for_ever() -> None:
    store = LogStore(None, ORIGIN)
    for number in range(2 * EVIDENCE_MOST):
        store.accuse("root", b"note %d" % (number // 2))

    assert len(store.evidence()) == EVIDENCE_MOST
    assert store.evidence()[0] == ("root", b"note 0")
    store.close()


def test_the_folder_is_its_owners_alone(tmp_path: Path) -> None:
    LogStore(tmp_path / "data", ORIGIN).close()

    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
