"""A restored database: nobody who was erased, closed or logged in before is back, however the restore was done."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from messaging.relay import tombstones
from messaging.relay.records import Access, Account, Archive, Device, Opposed, Refresh, Ticket, Tombstone, Trust
from messaging.relay.tombstones import WrongTombstones
from messaging.server.commands import app
from messaging.server.tombstones import NAME, Rows, append, read
from messaging.store.sql import SqliteStore
from messaging.wire.life import CloseRequest
from tests.messaging.desk import SECRETS, Desk, Person, person
from tests.messaging.household import Member, another_device, confirm, member, recovering
from tests.messaging.test_closing import sweep
from tests.messaging.test_opposition import asking
from tests.relays import relay_in_process

ORIGIN = "http://relay.example"
SESSIONS = (Device, Access, Refresh, Trust, Ticket)


@dataclass
class World:
    """A database, its copy of before, and the people: one opposed since, one closed, one erased, one is as before."""

    folder: Path
    desk: Desk
    opposed: Person
    closed: Member
    erased: Member
    stays: Member

    @property
    def path(self) -> Path:
        return self.folder / "relay.db"

    @property
    def copied(self) -> Path:
        return self.folder / NAME

    def rows(self) -> Rows:
        return Rows(self.desk.store, self.desk.house, self.desk.clock)

    def restore(self) -> None:
        """The database as the back-up has it."""
        self.desk.store.close()
        for left in self.folder.glob("relay.db-*"):
            left.unlink()
        shutil.copy(self.folder / "backup.db", self.path)

    def open(self) -> SqliteStore:
        self.desk.store = SqliteStore(self.path)
        return self.desk.store


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "relay"
    (folder / "secrets").mkdir(parents=True, mode=0o700)
    for name, raw in zip(("server", "pepper", "totp", "access-log", "log"), _raw(), strict=True):
        (folder / "secrets" / name).write_bytes(raw)
        (folder / "secrets" / name).chmod(0o600)
    desk = Desk(SqliteStore(folder / "relay.db"))
    opposed, others = desk.patient("opposed"), [member(desk, login) for login in ("closed", "erased", "stays")]
    another_device(desk, others[2])
    desk.store.close()
    shutil.copy(folder / "relay.db", folder / "backup.db")
    made = World(folder, desk, opposed, *others)
    made.open()
    desk.ask(asking(desk, opposed))
    desk.ask(CloseRequest(account=others[1].account), confirm(desk, others[1]).caller)
    desk.clock.move(days=3660)
    sweep(desk)
    desk.ask(CloseRequest(account=others[0].account), _confirmed_again(desk, others[0]).caller)
    append(made.copied, made.rows().after(0))
    yield made
    made.desk.store.close()


def _raw() -> tuple[bytes, ...]:
    return SECRETS.server, SECRETS.pepper, SECRETS.totp, SECRETS.log, SECRETS.key_log


def _confirmed_again(desk: Desk, who: Member) -> Member:
    return confirm(desk, another_device(desk, who))


def states(store: Any, world: World) -> list[str | None]:
    """Of the opposed, closed, erased and the one who stays; None: there is no such account."""
    people = (world.opposed, world.closed, world.erased, world.stays)
    found = store.read(lambda tx: [tx.one(Account, who.account) for who in people])
    return [None if one is None else one.state for one in found]


def sessions(store: Any) -> int:
    return store.read(lambda tx: sum(tx.count(kind) for kind in SESSIONS))  # type: ignore[no-any-return]  # a number


def test_without_the_tombstones_the_old_copy_would_have_everybody_back(world: World) -> None:
    assert states(world.desk.store, world) == [None, "closed", None, "active"]
    world.restore()

    assert states(world.open(), world) == ["invited", "active", "active", "active"]
    assert sessions(world.desk.store) > 0


async def test_a_relay_that_starts_on_an_older_database_makes_up_for_it_before_it_serves(world: World) -> None:
    world.restore()

    async with relay_in_process(world.folder.parent, world.desk.clock, origin=ORIGIN) as relay:
        store = relay.service.store
        assert states(store, world) == [None, "closed", None, "active"]
        assert sessions(store) == 0
        assert store.read(lambda tx: (tx.count(Opposed), tx.count(Archive))) == (1, 1)
    assert [row.kind for row in read(world.copied)] == ["opposed", "closed", "erased", "closed"]


async def test_a_relay_on_its_own_database_ends_no_session(world: World) -> None:
    another_device(world.desk, world.stays)
    before = sessions(world.desk.store)
    world.desk.store.close()

    async with relay_in_process(world.folder.parent, world.desk.clock, origin=ORIGIN) as relay:
        assert sessions(relay.service.store) == before > 0


async def test_a_relay_without_the_file_writes_it(world: World) -> None:
    whole = world.copied.read_bytes()
    world.copied.unlink()
    world.desk.store.close()

    async with relay_in_process(world.folder.parent, world.desk.clock, origin=ORIGIN):
        pass

    assert world.copied.read_bytes() == whole


async def test_a_relay_with_the_file_of_another_does_not_start(world: World) -> None:
    lines = world.copied.read_bytes().splitlines(keepends=True)
    world.copied.write_bytes(b"".join([lines[0], *lines[2:]]))
    world.desk.store.close()

    with pytest.raises(WrongTombstones):
        async with relay_in_process(world.folder.parent, world.desk.clock, origin=ORIGIN):
            pass


def test_the_command_does_the_same_and_again_does_nothing(world: World) -> None:
    config = world.folder.parent / "relay.toml"
    config.write_text(f'[relay]\ndata = "relay"\norigin = "{ORIGIN}"\n')
    world.desk.store.close()
    printed = CliRunner().invoke(app, ["operator", "tombstones", "-c", str(config)])
    elsewhere = world.folder.parent / "elsewhere"
    elsewhere.write_text(printed.output)
    world.copied.unlink()
    world.restore()

    words = ["operator", "erase-again", "--tombstones", str(elsewhere), "-c", str(config)]
    first, again = (CliRunner().invoke(app, words) for _ in range(2))

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "4 tombstones" in first.output
    assert "0 tombstones" in again.output
    assert states(world.open(), world) == [None, "closed", None, "active"]
    assert (sessions(world.desk.store), read(world.copied)) == (0, read(elsewhere))


@pytest.mark.parametrize("done", [1, 2, 3])
def test_a_restore_that_was_killed_half_way_is_gone_on_with(world: World, done: int) -> None:
    copied = read(world.copied)
    world.restore()
    world.open()
    world.rows().take(copied[:done])

    world.rows().take(copied)

    assert states(world.desk.store, world) == [None, "closed", None, "active"]
    assert world.rows().after(0) == copied


def test_what_fails_in_the_middle_of_an_erasure_leaves_nothing_of_it(world: World) -> None:
    from messaging.relay import erasure
    from messaging.relay.turn import Caller, Turn

    account = world.stays.account
    before = [len(world.desk.store.read(lambda tx, kind=kind: tx.where(kind))) for kind in (Account, Device, Tombstone)]  # type: ignore[misc]  # a bound default

    def killed(tx: Any) -> None:
        erasure.erase(Turn(tx, world.desk.house, Caller(), world.desk.clock.now()), account)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        world.desk.store.write(killed)

    after = [len(world.desk.store.read(lambda tx, kind=kind: tx.where(kind))) for kind in (Account, Device, Tombstone)]  # type: ignore[misc]  # as above
    assert after == before


def test_who_came_back_since_is_open_again_and_stays_so(world: World) -> None:
    desk = world.desk
    desk.ask(recovering(desk, world.closed))
    copied = world.rows().after(0)
    world.restore()
    world.open()

    world.rows().take(copied)
    desk.clock.move(days=4000)
    sweep(desk)

    assert states(desk.store, world)[1] == "active"


def test_who_opposed_is_not_enrolled_again_after_a_restore(world: World) -> None:
    copied = read(world.copied)
    world.restore()
    world.open()
    world.rows().take(copied)

    assert world.desk.enrol(world.opposed, person("patient", "opposed")) == ["refused", "refused"]


def test_what_was_closed_is_erased_ten_years_after_it_was_and_not_after_the_restore(world: World) -> None:
    (held,) = world.desk.store.read(lambda tx: tx.where(Archive))
    copied = read(world.copied)
    world.restore()
    world.open()
    world.desk.clock.move(days=400)
    world.rows().take(copied)

    assert world.desk.store.read(lambda tx: tx.where(Archive)) == [held]


def _cut(lines: list[bytes]) -> list[bytes]:
    return lines[1:]


def _changed(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b"opposed", b"erased"), *lines[1:]]


def _swapped(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], *lines[2:]]


def _other(lines: list[bytes]) -> list[bytes]:
    return [*lines, b"[]\n"]


def _noise(lines: list[bytes]) -> list[bytes]:
    return [*lines, b"\xff\xfe\n"]


@pytest.mark.parametrize("change", [_cut, _changed, _swapped, _other, _noise])
def test_a_copy_that_was_touched_changes_nothing(world: World, change: Any) -> None:
    lines = world.copied.read_bytes().splitlines(keepends=True)
    world.copied.write_bytes(b"".join(change(lines)))
    world.restore()
    world.open()

    with pytest.raises(WrongTombstones):
        world.rows().take(read(world.copied))
    assert states(world.desk.store, world) == ["invited", "active", "active", "active"]
    assert sessions(world.desk.store) > 0


def test_the_copy_of_another_relay_is_refused(world: World) -> None:
    copied = read(world.copied)

    with pytest.raises(WrongTombstones):
        tombstones.verify(copied, bytes(32))


def test_a_line_that_was_not_finished_is_written_anew(world: World) -> None:
    whole = world.copied.read_bytes()
    world.copied.write_bytes(whole[:-10])

    kept = read(world.copied)
    append(world.copied, world.rows().after(len(kept)))

    assert len(kept) == 3
    assert world.copied.read_bytes() == whole


def test_nothing_readable_of_a_person_is_in_the_copy(world: World) -> None:
    said = world.copied.read_bytes()

    assert not any(word in said for word in (b"opposed@", b"camille", b"closed@", world.opposed.login.encode() + b"@"))
    assert world.copied.stat().st_mode & 0o077 == 0
