"""Makes a back-up beside a running relay, and says whether one is whole.

Laws: the database first, then the files that it names: a letter never names a file that the back-up has not. What is
there already is not copied again. A back-up has its name only when all of it is on the disk. `tombstones` only grows.
"""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from crypto.encoding import b64u
from messaging.relay.ports import Blobs
from messaging.server import manifest, secrets, tombstones
from messaging.server.config import Config
from messaging.server.manifest import BLOBS, DATABASE, MOMENT, NAME, Manifest, WrongBackup
from messaging.server.storing import open_blobs, open_store
from messaging.store import copying
from messaging.store.copying import flush

Step = Callable[[str, int, int], None]  # (what, done, of how many)
_PIECE: Final = 1 << 20


class Busy(Exception):
    """Two back-ups into one folder at once."""


class LostBlob(Exception):
    """A letter names a file that the relay does not have."""


def make(config: Config, target: Path, step: Step, *, secrets_to: Path | None = None, keep: int = 0) -> Path:
    """A new back-up in `target`; its folder. `keep`: of so many the older ones are removed, 0 keeps all.

    Raises Busy, LostBlob, OSError, and what opening the store raises.
    """
    open_store(config, beside=True).close()  # a database of an older program is brought up first
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(target):
        done = _make(config, target, step)
        if secrets_to is not None:
            write_secrets(config.data / "secrets", secrets_to)
        if keep:
            _forget(target, keep)
    return done


def _make(config: Config, target: Path, step: Step) -> Path:
    held = secrets.load(config.data / "secrets")
    for left in target.glob("*.part"):
        shutil.rmtree(left)
    name = datetime.now(UTC).strftime(MOMENT)
    folder = target / f"{name}.part"
    folder.mkdir(mode=0o700)
    made = datetime.now(UTC).isoformat()
    _copy_database(config, folder / DATABASE, step)
    said = _described(folder / DATABASE)
    found, missing = _copy_blobs(config, folder / DATABASE, target / BLOBS, step)
    _copy_tombstones(config, target)
    written = Manifest(
        made=made, origin=config.origin, size=(folder / DATABASE).stat().st_size,
        sha256=manifest.digest(folder / DATABASE), blobs=len(found), missing=missing,
        blob_bytes=sum(place(target / BLOBS, blob).stat().st_size for blob in found),
        blobs_sha256=manifest.names_digest(found), **said,
    )  # fmt: skip
    _write(folder / NAME, msgspec.json.format(msgspec.json.encode(manifest.signed(written, held.log))))
    for path in (folder / DATABASE, folder):
        flush(path)
    done = folder.rename(target / name)
    flush(target)
    return done


def verify(source: Path, step: Step, key: bytes | None = None) -> Manifest:
    """Read all of it. `key`: the secret of the access log, to know whose it is. Raises WrongBackup, OSError."""
    folder = manifest.chosen(source)
    said = manifest.read(folder)
    if key is not None and not manifest.is_signed(said, key):
        raise WrongBackup("the back-up was made with other secrets than these, or its manifest was changed")
    if manifest.digest(folder / DATABASE) != said.sha256:
        raise WrongBackup(f"{folder / DATABASE} is damaged")
    with closing(sqlite3.connect(f"file:{folder / DATABASE}?mode=ro&immutable=1", uri=True)) as database:
        if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise WrongBackup(f"{folder / DATABASE} is damaged")
    found = [blob for blob in named(folder / DATABASE) if blob not in said.missing]
    if manifest.names_digest(found) != said.blobs_sha256:
        raise WrongBackup("the manifest is not of this database")
    for number, blob in enumerate(found):
        path = place(folder.parent / BLOBS, blob)
        if not path.exists() or "b" + manifest.digest(path) != blob:
            raise WrongBackup(f"a file is {'damaged' if path.exists() else 'missing'}: {path}")
        step("files", number + 1, len(found))
    return said


def named(database: Path) -> list[str]:
    """The blobs that a copy names, sorted."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro&immutable=1", uri=True)) as copy:
        return [row[0] for row in copy.execute("SELECT DISTINCT id FROM blobs ORDER BY id")]


def place(folder: Path, blob: str) -> Path:
    """Where a back-up has a blob."""
    return folder / blob[1:3] / blob[3:5] / blob


def write_secrets(folder: Path, to: Path) -> None:
    """All secrets into one file, 0600: JSON, names and base64url. Raises FileExistsError."""
    raw = {path.name: b64u(path.read_bytes()) for path in sorted(folder.iterdir()) if path.suffix != ".new"}
    handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.encode(raw))
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    # One that removes old files would take those that another has copied and not named yet.
    with (target / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"another back-up into {target} is at work") from None
        yield


def _copy_database(config: Config, to: Path, step: Step) -> None:
    def told(done: int, total: int) -> None:
        step("database", done, total)

    if config.database is None:
        copying.from_sqlite(config.data / DATABASE, to, told)
    else:
        copying.from_postgres(config.database, to, told)


def _described(database: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro&immutable=1", uri=True)) as copy:
        log = copy.execute("SELECT size FROM log_heads").fetchone()
        act = copy.execute("SELECT number, mac FROM acts ORDER BY number DESC LIMIT 1").fetchone() or (0, b"")
        return {
            "schema": copy.execute("SELECT version_num FROM alembic_version").fetchone()[0],
            "log_size": log[0] if log else 0,
            "tombstones": copy.execute("SELECT count(*) FROM tombstones").fetchone()[0],
            "acts": act[0],
            "acts_mac": bytes(act[1]).hex(),
        }


def _copy_blobs(config: Config, database: Path, folder: Path, step: Step) -> tuple[list[str], list[str]]:
    """(the names that are there then, those that had gone)."""
    blobs = open_blobs(config, beside=True)
    found: list[str] = []
    missing: list[str] = []
    wanted = named(database)
    for number, blob in enumerate(wanted):
        there = place(folder, blob).exists() or _copy_blob(blobs, blob, folder)
        (found if there else missing).append(blob)
        step("files", number + 1, len(wanted))
    if missing:
        _check_gone(config, missing)
    return found, missing


def _copy_blob(blobs: Blobs, blob: str, folder: Path) -> bool:
    path, size = place(folder, blob), blobs.size(blob)
    if size is None:
        return False
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_suffix(".part")
    try:
        with new.open("wb") as file:
            for start in range(0, size, _PIECE):
                file.write(blobs.read(blob, start, _PIECE))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        new.unlink(missing_ok=True)
        return False
    if "b" + manifest.digest(new) != blob:
        new.unlink()
        raise LostBlob(f"{blob} is not whole at the relay: find an older back-up that has it")
    new.rename(path)
    for made in (path.parent, path.parent.parent, folder):
        flush(made)
    return True


def _check_gone(config: Config, missing: list[str]) -> None:
    # What the copy names and the relay names no more went with its letter meanwhile. Anything else is a loss.
    from messaging.relay.records import Blob  # noqa: PLC0415 - of this rare case alone

    store = open_store(config, beside=True)
    try:
        lost = [blob for blob in missing if store.read(lambda tx, blob=blob: tx.where(Blob, id=blob))]  # type: ignore[misc]  # a bound default
    finally:
        store.close()
    if lost:
        raise LostBlob(f"letters name {len(lost)} files that the relay does not have, such as {lost[0]}")


def _copy_tombstones(config: Config, target: Path) -> None:
    here, there = (tombstones.read(folder / tombstones.NAME) for folder in (config.data, target))
    if here[: len(there)] != there:
        raise WrongBackup(f"{target / tombstones.NAME} is of another relay: choose another folder")
    tombstones.append(target / tombstones.NAME, here[len(there) :])


def _forget(target: Path, keep: int) -> None:
    for old in manifest.moments(target)[:-keep]:
        # Without its manifest first: what is broken off here is no back-up any more.
        (old / NAME).unlink()
        shutil.rmtree(old)
    wanted = {blob for folder in manifest.moments(target) for blob in named(folder / DATABASE)}
    for path in (target / BLOBS).glob("??/??/b*"):
        if path.name not in wanted:
            path.unlink()


def _write(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)
    flush(path)
