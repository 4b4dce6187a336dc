"""Gives an empty relay a back-up: nobody who was erased, closed or logged out since is back, and nothing is sent again.

Laws: the database gets its name last, when everything else is on the disk; until then the relay finds none, and the
same command goes on with what was broken off. `log-head` and `tombstones` that are there are newer than any back-up:
the one is left as it is, the other is obeyed.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from crypto.encoding import unb64u
from crypto.errors import NotCanonical
from messaging.relay.records import Tombstone
from messaging.relay.tombstones import WrongTombstones
from messaging.server import backups, loghead, manifest, secrets, tombstones
from messaging.server.backups import Step
from messaging.server.config import Config
from messaging.server.house import house as make_house
from messaging.server.loghead import LogLost
from messaging.server.manifest import BLOBS, DATABASE, Manifest, WrongBackup
from messaging.server.storing import open_blobs
from messaging.server.tombstones import Rows
from messaging.store import copying, postgres
from messaging.store.copying import NotEmpty, flush
from messaging.store.sql import SqliteStore

WORK: Final = "restoring"
_PIECE: Final = 1 << 20
_NEEDED: Final = "access-log"


class NoSecrets(Exception):
    """Without the secrets of that relay there is nothing to restore it with."""


@dataclass(frozen=True)
class Restored:
    """`again`: tombstones that came after the back-up. `log`: what keeps the relay from starting, or nothing."""

    manifest: Manifest
    again: int
    log: str


def restore(
    config: Config, source: Path, step: Step, *, secrets_from: Path | None = None, newest: Path | None = None
) -> Restored:
    """Into an empty place. `newest`: tombstones from elsewhere. The relay must not run.

    Raises WrongBackup, NotEmpty, NoSecrets, UnsafeSecrets, WrongTombstones, NewerSchema, OSError.
    """
    folder = manifest.chosen(source)
    said = manifest.read(folder)
    config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    work = config.data / WORK
    _check_empty(config, work, said)
    _take_secrets(config, secrets_from)
    held = secrets.load(config.data / "secrets")
    backups.verify(folder, step, held.log)
    work.mkdir(mode=0o700, exist_ok=True)
    (work / "of").write_text(said.mac)
    copies = [config.data / tombstones.NAME, folder.parent / tombstones.NAME, *([newest] if newest else [])]
    again, log = _make_up(config, folder / DATABASE, work / DATABASE, _longest(copies))
    _give_blobs(config, folder, said, step)
    _name(config, work, step)
    return Restored(said, again, log)


def _check_empty(config: Config, work: Path, said: Manifest) -> None:
    goes_on = (work / "of").exists() and (work / "of").read_text() == said.mac
    if config.database is None and (config.data / DATABASE).exists():
        raise NotEmpty(f"{config.data / DATABASE} is there: move it away first, it may be newer than the back-up")
    if config.database is not None:
        postgres.migrate(config.database)
        copying.check_empty(config.database)
    if config.s3 is None and not goes_on and any((config.data / BLOBS).glob("??/??/b*")):
        raise NotEmpty(f"{config.data / BLOBS} has files: move them away first")


def _take_secrets(config: Config, given: Path | None) -> None:
    folder = config.data / "secrets"
    if given is None:
        if not (folder / _NEEDED).exists():
            raise NoSecrets(f"{folder} is empty: give the file that `pli backup --secrets` wrote, with --secrets")
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, raw in _read_secrets(given).items():
        path = folder / name
        if path.exists() and path.read_bytes() != raw:
            raise NoSecrets(
                f"{path} is another secret than the one in {given}: find out which of the two is the right one"
            )
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
    flush(folder)


def _read_secrets(path: Path) -> dict[str, bytes]:
    if path.stat().st_mode & 0o077:
        raise NoSecrets(f"{path} can be read by others: chmod 600 {path}")
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        read = {name: unb64u(text) for name, text in found.items()}
    except (msgspec.DecodeError, msgspec.ValidationError, NotCanonical):
        raise NoSecrets(f"{path} is not what `pli backup --secrets` writes") from None
    if not set(secrets.NAMES) <= set(read) or any("/" in name or name.startswith(".") for name in read):
        raise NoSecrets(f"{path} is not what `pli backup --secrets` writes")
    return read


def _longest(copies: list[Path]) -> list[Tombstone]:
    found = sorted((tombstones.read(path) for path in copies), key=len)
    if any(one != found[-1][: len(one)] for one in found):
        raise WrongTombstones("the copies of the tombstones are of different relays")
    return found[-1]


def _make_up(config: Config, source: Path, work: Path, newest: list[Tombstone]) -> tuple[int, str]:
    """On a copy of its own: who is gone is gone, and all are logged out."""
    for left in work.parent.glob(f"{DATABASE}*"):
        left.unlink()
    shutil.copyfile(source, work)
    work.chmod(0o600)
    house = make_house(config)
    store = SqliteStore(work)
    try:
        rows = Rows(store, house)
        again = rows.take(newest)
        rows.end_sessions()
        here = config.data / tombstones.NAME
        tombstones.append(here, rows.after(len(tombstones.read(here))))
        try:
            loghead.check(config.data, store, house)
        except LogLost as lost:
            return again, str(lost)
    finally:
        store.close()
    return again, ""


def _give_blobs(config: Config, folder: Path, said: Manifest, step: Step) -> None:
    blobs = open_blobs(config)
    wanted = [blob for blob in backups.named(folder / DATABASE) if blob not in said.missing]
    for number, blob in enumerate(wanted):
        if blobs.size(blob) is None:
            arriving = blobs.receive()
            try:
                with backups.place(folder.parent / BLOBS, blob).open("rb") as file:
                    while piece := file.read(_PIECE):
                        arriving.write(piece)
                if arriving.keep() != blob:
                    raise WrongBackup(f"{blob} is damaged")
            finally:
                arriving.discard()
        step("files", number + 1, len(wanted))


def _name(config: Config, work: Path, step: Step) -> None:
    copied = work / DATABASE
    flush(copied)
    if config.database is None:
        copied.rename(config.data / DATABASE)
        flush(config.data)
    else:
        copying.into_postgres(copied, config.database, lambda done, total: step("database", done, total))
    shutil.rmtree(work)
