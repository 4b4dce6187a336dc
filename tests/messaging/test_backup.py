"""Back-ups: whole or none, known to be whole, given only to an empty relay, and nobody who has gone comes back."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from messaging.relay.records import Account, Blob
from messaging.server import backups, manifest, restores
from messaging.server.backupcommands import app
from messaging.server.backups import Busy, LostBlob
from messaging.server.config import Config, load
from messaging.server.manifest import WrongBackup
from messaging.server.restores import NoSecrets
from messaging.server.tombstones import NAME as TOMBSTONES
from messaging.server.tombstones import Rows, append
from messaging.store.blobs import LocalBlobs
from messaging.store.copying import NotEmpty
from messaging.store.migrate import NewerSchema
from messaging.store.schema import METADATA
from messaging.store.sql import SqliteStore
from messaging.wire.life import CloseRequest
from tests.messaging.desk import SECRETS, Desk, Person, letter
from tests.messaging.household import Member, confirm, member
from tests.messaging.test_erasure_restore import SESSIONS
from tests.messaging.test_notices import Told
from tests.messaging.test_pushes import _subscribe as subscribe
from tests.postgres import Cluster

FILES = (b"one", b"two" * 1000, b"three" * 500_000)


def quiet(_what: str, _done: int, _total: int) -> None:
    """No bar."""


@dataclass
class World:
    """A relay's folder with people, a letter and files."""

    folder: Path
    desk: Desk
    stays: Member
    goes: Member
    doctor: Person
    blobs: list[str]

    @property
    def config(self) -> Config:
        return load(self.folder / "relay.toml")

    @property
    def target(self) -> Path:
        return self.folder / "backups"

    def empty(self, name: str, *kept: str) -> Config:
        """Settings of a relay with nothing but the secrets, and what else is `kept`."""
        data = self.folder / name
        (data).mkdir(mode=0o700)
        shutil.copytree(self.config.data / "secrets", data / "secrets")
        for one in kept:
            shutil.copy(self.config.data / one, data / one)
        path = self.folder / f"{name}.toml"
        path.write_text(f'[relay]\ndata = "{name}"\norigin = "http://relay.example"\n')
        return load(path)

    def make(self, **more: Any) -> Path:
        return backups.make(self.config, self.target, quiet, **more)


def _store(tmp_path: Path) -> SqliteStore:
    """Of a new relay with settings and secrets."""
    (tmp_path / "relay.toml").write_text('[relay]\ndata = "relay"\norigin = "http://relay.example"\n')
    secrets = tmp_path / "relay" / "secrets"
    secrets.mkdir(parents=True, mode=0o700)
    raw = (SECRETS.server, SECRETS.pepper, SECRETS.totp, SECRETS.log, SECRETS.key_log)
    for name, value in zip(("server", "pepper", "totp", "access-log", "log"), raw, strict=True):
        (secrets / name).write_bytes(value)
        (secrets / name).chmod(0o600)
    return SqliteStore(tmp_path / "relay" / "relay.db")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    desk = Desk(_store(tmp_path))
    stays, goes = member(desk, "stays"), member(desk, "goes")
    blobs = _files(tmp_path / "relay" / "blobs", desk, stays.account)
    doctor = desk.doctor()
    assert desk.send(doctor, letter(desk.patient("reads")))["id"]
    yield World(tmp_path, desk, stays, goes, doctor, blobs)
    desk.store.close()


def _files(folder: Path, desk: Desk, account: str) -> list[str]:
    kept, found = LocalBlobs(folder), []
    for data in FILES:
        arriving = kept.receive()
        arriving.write(data)
        found.append(arriving.keep())
        row = Blob(account, found[-1], len(data), 1, 0)
        desk.store.write(lambda tx, row=row: tx.add(row))  # type: ignore[misc]  # a bound default
    return found


def rows(path: Path) -> dict[str, list[Any]]:
    """All that a database holds."""
    with sqlite3.connect(path) as raw:
        found = {name: sorted(raw.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) for name in METADATA.tables}
    raw.close()
    return found


def sessions(path: Path) -> int:
    store = SqliteStore(path)
    try:
        return store.read(lambda tx: sum(tx.count(kind) for kind in SESSIONS))
    finally:
        store.close()


def test_what_is_restored_is_what_was_backed_up_without_its_sessions(world: World) -> None:
    folder = world.make()
    before = rows(folder / "relay.db")
    config = world.empty("again")

    done = restores.restore(config, world.target, quiet)

    after = rows(config.data / "relay.db")
    ended = {"devices", "accesses", "refreshes", "trusts", "tickets", "pairings"}
    assert before["devices"]
    assert {name: found for name, found in after.items() if name not in ended} == {
        name: found for name, found in before.items() if name not in ended
    }
    assert (sessions(config.data / "relay.db"), done.again, done.log) == (0, 0, "")
    assert [LocalBlobs(config.data / "blobs").read(blob, 0, 10**7) for blob in world.blobs] == list(FILES)
    assert not (config.data / "restoring").exists()
    assert oct((config.data / "relay.db").stat().st_mode & 0o777) == "0o600"


def test_what_was_still_to_be_told_is_not_told_by_a_restored_relay_and_later_letters_are(tmp_path: Path) -> None:
    told = Told(_store(tmp_path))
    subscribe(told.desk, told.member)
    told.desk.one(told.doctor, "Webhook/set", create={"h": {"url": "https://hook.example/"}})
    told.write()
    told.one("NotificationSettings/test", by="email")
    assert {row.way for row in told.rows()} == {"email", "test", "push", "webhook"}
    world = World(tmp_path, told.desk, told.member, told.member, told.doctor, [])
    world.make()
    config = world.empty("again")

    restores.restore(config, world.target, quiet)

    told.desk.store.close()
    told.desk.store = SqliteStore(config.data / "relay.db")
    assert told.rows() == []
    assert told.take(days=1) == []
    assert told.seen()["emailState"] == "confirmed"
    told.write()
    jobs = told.take(days=1)
    assert {job.row.way for job in jobs} == {"email", "webhook"}  # a browser subscribes again when it logs in again
    told.desk.store.close()


def test_a_second_back_up_copies_only_the_files_that_are_new(world: World) -> None:
    world.make()
    kept = {path.name: path.stat().st_ino for path in (world.target / "blobs").glob("??/??/b*")}
    arriving = LocalBlobs(world.config.data / "blobs", beside=True).receive()
    arriving.write(b"new")
    row = Blob(world.stays.account, arriving.keep(), 3, 1, 0)
    world.desk.store.write(lambda tx: tx.add(row))

    world.make()

    now = {path.name: path.stat().st_ino for path in (world.target / "blobs").glob("??/??/b*")}
    assert {name: now[name] for name in kept} == kept
    assert set(now) - set(kept) == {row.id}


def test_whoever_went_since_is_gone_after_a_restore(world: World) -> None:
    world.make()
    world.desk.ask(CloseRequest(account=world.goes.account), confirm(world.desk, world.goes).caller)
    append(world.config.data / TOMBSTONES, Rows(world.desk.store, world.desk.house, world.desk.clock).after(0))
    config = world.empty("again", TOMBSTONES)

    done = restores.restore(config, world.target, quiet)

    store = SqliteStore(config.data / "relay.db")
    states = store.read(lambda tx: [tx.one(Account, who.account).state for who in (world.goes, world.stays)])  # type: ignore[union-attr]
    store.close()
    assert (states, done.again) == (["closed", "active"], 1)


def test_the_folder_of_back_ups_has_the_newest_tombstones_for_a_machine_that_lost_them(world: World) -> None:
    first = world.make()
    first.rename(world.target / "20200101T000000000000Z")
    world.desk.ask(CloseRequest(account=world.goes.account), confirm(world.desk, world.goes).caller)
    append(world.config.data / TOMBSTONES, Rows(world.desk.store, world.desk.house, world.desk.clock).after(0))
    world.make()

    done = restores.restore(world.empty("again"), world.target / "20200101T000000000000Z", quiet)

    assert done.again == 1


def test_older_back_ups_are_removed_with_the_files_that_no_other_names(world: World) -> None:
    first = world.make()
    first.rename(world.target / "20200101T000000000000Z")
    world.desk.store.write(lambda tx: tx.drop(Blob, world.stays.account, world.blobs[0]))

    newest = world.make(keep=1)

    assert manifest.moments(world.target) == [newest]
    assert sorted(path.name for path in (world.target / "blobs").glob("??/??/b*")) == sorted(world.blobs[1:])


def test_two_back_ups_into_one_folder_do_not_run_at_once(world: World) -> None:
    world.target.mkdir()
    with backups._alone(world.target), pytest.raises(Busy):
        world.make()
    (world.target / "20200101T000000000000Z.part").mkdir()
    made = world.make()
    assert manifest.moments(world.target) == [made]
    assert not list(world.target.glob("*.part"))


def test_a_file_that_the_relay_lost_is_said_and_there_is_no_back_up(world: World) -> None:
    LocalBlobs(world.config.data / "blobs", beside=True).path(world.blobs[1]).unlink()

    with pytest.raises(LostBlob, match="1 files"):
        world.make()
    assert manifest.moments(world.target) == []


def test_a_file_that_is_damaged_at_the_relay_is_not_backed_up(world: World) -> None:
    LocalBlobs(world.config.data / "blobs", beside=True).path(world.blobs[1]).write_bytes(b"other")

    with pytest.raises(LostBlob, match="not whole"):
        world.make()


def _flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def _blob(world: World) -> Path:
    return backups.place(world.target / "blobs", world.blobs[2])


def _database_flipped(_: World, folder: Path) -> None:
    _flip(folder / "relay.db")


def _database_cut(_: World, folder: Path) -> None:
    os.truncate(folder / "relay.db", 8192)


def _blob_flipped(world: World, _: Path) -> None:
    _flip(_blob(world))


def _blob_missing(world: World, _: Path) -> None:
    _blob(world).unlink()


def _manifest_missing(_: World, folder: Path) -> None:
    (folder / manifest.NAME).unlink()


def _manifest_noise(_: World, folder: Path) -> None:
    (folder / manifest.NAME).write_bytes(b'{"format": 1, "more": 2}')


def _manifest_of_another_version(_: World, folder: Path) -> None:
    path = folder / manifest.NAME
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))


def _row_added(_: World, folder: Path) -> None:
    # Somebody who can write the back-up, and all of its hashes, but has no secret of the relay.
    with sqlite3.connect(folder / "relay.db") as raw:
        raw.execute("UPDATE accounts SET state = 'active'")
    raw.close()
    path = folder / manifest.NAME
    said = json.loads(path.read_text())
    path.write_text(json.dumps(said | {"sha256": manifest.digest(folder / "relay.db")}))


DAMAGE = [
    _database_flipped, _database_cut, _blob_flipped, _blob_missing, _manifest_missing, _manifest_noise,
    _manifest_of_another_version, _row_added,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_back_up_that_was_damaged_is_found_and_gives_nothing(world: World, damage: Any) -> None:
    damage(world, world.make())
    config = world.empty("again")

    with pytest.raises(WrongBackup):
        backups.verify(world.target, quiet, SECRETS.log)
    with pytest.raises(WrongBackup):
        restores.restore(config, world.target, quiet)
    assert not (config.data / "relay.db").exists()
    assert not (config.data / "blobs").exists()


def test_a_relay_that_has_a_database_is_not_restored_over(world: World) -> None:
    world.make()

    with pytest.raises(NotEmpty, match=r"relay\.db is there"):
        restores.restore(world.config, world.target, quiet)


def test_a_relay_that_has_files_is_not_restored_over(world: World) -> None:
    world.make()
    config = world.empty("again")
    shutil.copytree(world.config.data / "blobs", config.data / "blobs")

    with pytest.raises(NotEmpty, match="has files"):
        restores.restore(config, world.target, quiet)


def test_without_secrets_or_with_those_of_another_relay_nothing_is_restored(world: World) -> None:
    world.make()
    none, other = world.empty("none"), world.empty("other")
    shutil.rmtree(none.data / "secrets")
    (other.data / "secrets" / "access-log").write_bytes(bytes(32))

    with pytest.raises(NoSecrets, match="--secrets"):
        restores.restore(none, world.target, quiet)
    with pytest.raises(WrongBackup, match="other secrets"):
        restores.restore(other, world.target, quiet)


def test_secrets_are_in_the_back_up_only_when_asked_for_and_in_a_file_of_their_own(world: World) -> None:
    away = world.folder / "away"
    world.make()
    raw = [path.read_bytes() for path in world.target.rglob("*") if path.is_file()]
    assert not any(secret in data for data in raw for secret in (SECRETS.pepper, SECRETS.totp, SECRETS.key_log))

    backups.write_secrets(world.config.data / "secrets", away)
    config = world.empty("again")
    shutil.rmtree(config.data / "secrets")
    restores.restore(config, world.target, quiet, secrets_from=away)

    kept = {path.name: (path.read_bytes(), path.stat().st_mode & 0o777) for path in (config.data / "secrets").iterdir()}
    assert kept == {path.name: (path.read_bytes(), 0o600) for path in (world.config.data / "secrets").iterdir()}
    assert away.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        backups.write_secrets(world.config.data / "secrets", away)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"access-log": "!"}', '{"access-log": "AA", "../x": "AA"}'])
def test_a_file_that_has_no_secrets_is_said(world: World, text: str) -> None:
    world.make()
    config, given = world.empty("again"), world.folder / "given"
    shutil.rmtree(config.data / "secrets")
    given.write_text(text)
    given.chmod(0o600)

    with pytest.raises(NoSecrets, match="not what"):
        restores.restore(config, world.target, quiet, secrets_from=given)


@pytest.mark.parametrize("at", ["messaging.server.restores._give_blobs", "messaging.server.restores._name"])
def test_a_restore_that_was_broken_off_leaves_no_database_and_is_gone_on_with(
    world: World, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.make()
    config = world.empty("again")

    def broken(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(at, broken)
        with pytest.raises(KeyboardInterrupt):
            restores.restore(config, world.target, quiet)
    assert not (config.data / "relay.db").exists()

    restores.restore(config, world.target, quiet)
    assert sessions(config.data / "relay.db") == 0
    assert [LocalBlobs(config.data / "blobs").size(blob) for blob in world.blobs] == [len(data) for data in FILES]


def test_a_back_up_of_a_newer_program_is_refused(world: World) -> None:
    folder = world.make()
    with sqlite3.connect(folder / "relay.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    path = folder / manifest.NAME
    said = manifest.read(folder)
    changed = {"sha256": manifest.digest(folder / "relay.db"), "size": (folder / "relay.db").stat().st_size}
    import msgspec

    path.write_bytes(msgspec.json.encode(manifest.signed(msgspec.structs.replace(said, **changed), SECRETS.log)))

    with pytest.raises(NewerSchema, match="9999"):
        restores.restore(world.empty("again"), world.target, quiet)


def test_tombstones_of_another_relay_are_not_mixed(world: World) -> None:
    world.desk.ask(CloseRequest(account=world.goes.account), confirm(world.desk, world.goes).caller)
    append(world.config.data / TOMBSTONES, Rows(world.desk.store, world.desk.house, world.desk.clock).after(0))
    world.make()
    (world.config.data / TOMBSTONES).unlink()

    folder = world.folder / "relay" / TOMBSTONES
    shutil.copy(world.target / TOMBSTONES, folder)
    line = folder.read_bytes().replace(b"closed", b"opposed")
    folder.write_bytes(line)
    with pytest.raises(WrongBackup, match="another relay"):
        world.make()


# Commands -----------------------------------------------------------------------------------------------------


def _run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def test_the_commands_make_verify_and_restore(world: World) -> None:
    config, secrets = str(world.folder / "relay.toml"), str(world.folder / "secrets.json")
    made = _run("backup", str(world.target), "-c", config, "--secrets", secrets, "--json")
    whole = _run("backup", "verify", str(world.target), "-c", config, "--json")
    again = world.empty("again")
    shutil.rmtree(again.data / "secrets")
    words = ("restore", str(world.target), "-c", str(world.folder / "again.toml"))
    without = _run(*words)
    done = _run(*words, "--secrets", secrets, "--json")
    twice = _run(*words)

    assert [one.exit_code for one in (made, whole, without, done, twice)] == [0, 0, 8, 0, 8]
    assert json.loads(made.stdout)["files"] == json.loads(whole.stdout)["files"] == len(FILES)
    assert json.loads(done.stdout)["tombstones"] == 0
    assert (again.data / "relay.db").exists()


def test_the_commands_say_what_is_wrong_in_one_sentence(world: World) -> None:
    config = str(world.folder / "relay.toml")
    _flip(world.make() / "relay.db")
    (world.folder / "there").write_text("")
    said = [
        _run("backup", "verify", str(world.target)),
        _run("backup", "verify", str(world.folder / "nowhere")),
        _run("backup", str(world.target), "-c", config, "--secrets", str(world.folder / "there")),
        _run("backup", str(world.folder / "there" / "x"), "-c", config),
    ]
    assert [one.exit_code for one in said] == [6, 6, 8, 8]
    assert all(one.stderr.startswith("pli: ") and one.stderr.count("\n") == 1 for one in said)


# PostgreSQL ---------------------------------------------------------------------------------------------------


def test_a_copy_goes_into_postgresql_and_out_again_row_for_row(world: World, database: Cluster) -> None:
    from messaging.store import copying, postgres

    folder = world.make()
    where = database.where()
    postgres.migrate(where)

    copying.into_postgres(folder / "relay.db", where, lambda *_: None)
    copying.from_postgres(where, world.folder / "out.db", lambda *_: None)

    assert rows(world.folder / "out.db") == rows(folder / "relay.db")
    with pytest.raises(NotEmpty):
        copying.into_postgres(folder / "relay.db", where, lambda *_: None)
    with pytest.raises(NotEmpty):
        copying.check_empty(where)


def test_a_relay_moves_from_sqlite_to_postgresql_by_its_back_up_and_goes_on(world: World, database: Cluster) -> None:
    from messaging.store.postgres import PostgresStore

    world.make()
    config = world.empty("again")
    path = world.folder / "again.toml"
    path.write_text(f'{path.read_text()}[store]\ndatabase = "{database.url()}"\n')

    restores.restore(load(path), world.target, quiet)

    assert not (config.data / "relay.db").exists()
    desk, store = world.desk, PostgresStore(database.where())
    desk.store.close()
    desk.store = store
    assert store.read(lambda tx: sum(tx.count(kind) for kind in SESSIONS)) == 0
    assert desk.send(world.doctor, letter(desk.patient("new")))["id"]
