"""The key log: its entries, tree and head; keys know their entry and voucher, addresses their salt."""

import sqlalchemy as sa
from alembic import op

from messaging.store.columns import place
from messaging.store.migrate import OlderKeys

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tables of the log; `keys` and `addresses` anew, which are empty where this may run. Raises OlderKeys."""
    _require_no_keys()
    op.create_table(
        "log_entries",
        sa.Column("number", place(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "log_nodes",
        sa.Column("level", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_heads",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("signed", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("published", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("published_note", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    _make_keys()
    _make_addresses()


def _require_no_keys() -> None:
    # Statements of the first schema name neither box nor enroller: no log may hold them, and nobody can sign new ones.
    if op.get_bind().execute(sa.text("SELECT 1 FROM keys LIMIT 1")).first() is not None:
        raise OlderKeys("the database holds accounts of a version before the key log: enrol them anew in an empty one")


def _make_keys() -> None:
    op.drop_table("keys")
    op.create_table(
        "keys",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signing", sa.LargeBinary(), nullable=False),
        sa.Column("sealing", sa.LargeBinary(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("voucher", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revoked", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("account", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("keys_signing", "keys", ["signing"], unique=False)


def _make_addresses() -> None:
    op.drop_index("addresses_account", table_name="addresses")
    op.drop_table("addresses")
    op.create_table(
        "addresses",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("addresses_account", "addresses", ["account"], unique=False)
