"""Brings a database to this version's schema, or refuses one that is newer. All of it is one transaction."""

from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import NullPool

_LOCK_WAIT: Final = 10.0  # seconds that another process may hold the write lock
_SCRIPTS = Path(__file__).parent / "migrations"


class NewerSchema(Exception):
    """The database was written by a newer version of this program."""


class OlderKeys(Exception):
    """The database holds keys from before the key log, which no log may hold."""


def migrate(path: Path) -> None:
    """Upgrade the SQLite database at `path`, made if missing (0600). Raises NewerSchema, OlderKeys.

    A kill at any moment leaves what was before, or all of it: then the next call begins again, or has nothing to do.
    """
    path.touch(mode=0o600)
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": _LOCK_WAIT})
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as looking:
            if _revision(looking) == _scripts().get_current_head():
                return
        with engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
            upgrade(connection, path.name)
    finally:
        engine.dispose()


def upgrade(connection: Connection, name: str) -> None:
    """Upgrade what is connected, in the transaction that was begun on it. Raises NewerSchema, OlderKeys."""
    scripts, found = _scripts(), _revision(connection)
    if found == scripts.get_current_head():
        return
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise NewerSchema(f"{name} has schema {found}, which this version does not know: run a newer one")
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _leave_transactions_to_us(raw: Any, _: object) -> None:
    # Python's sqlite3 begins a transaction before INSERT and UPDATE alone: each CREATE TABLE was a commit of its own,
    # and a migration that was killed between two of them could neither go on nor begin again.
    raw.isolation_level = None
    # A relay may be running on it, and only its writer checkpoints (sql.py).
    raw.execute("PRAGMA wal_autocheckpoint=0")
    raw.execute("PRAGMA synchronous=FULL")


def _begin(connection: Connection) -> None:
    # Who only looks takes no lock; who has something to do waits for whoever does it already, and looks again.
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
