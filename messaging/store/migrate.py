"""Brings a database to this version's schema, or refuses one that is newer. All of it is one transaction."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

_SCRIPTS = Path(__file__).parent / "migrations"


class NewerSchema(Exception):
    """The database was written by a newer version of this program."""


class OlderKeys(Exception):
    """The database holds keys from before the key log, which no log may hold."""


def migrate(path: Path) -> None:
    """Upgrade the SQLite database at `path`, made if missing (0600). Raises NewerSchema, OlderKeys."""
    path.touch(mode=0o600)
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as connection:
            upgrade(connection, path.name)
    finally:
        engine.dispose()


def upgrade(connection: Connection, name: str) -> None:
    """Upgrade what is connected, in the transaction that was begun on it. Raises NewerSchema, OlderKeys."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    scripts = ScriptDirectory.from_config(config)
    found = MigrationContext.configure(connection).get_current_revision()
    if found == scripts.get_current_head():
        return
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise NewerSchema(f"{name} has schema {found}, which this version does not know: run a newer one")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
