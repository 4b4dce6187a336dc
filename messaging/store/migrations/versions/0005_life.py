"""Oppositions, archives, tombstones, spent keys; the access log says who acted, and counts each account's own rows.

Rows that are there keep what they say: they count for no account (`seq` 0), and their MACs stay good.
"""

import time

import sqlalchemy as sa
from alembic import op

from messaging.store.columns import no_bytes, place

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New tables, and columns whose values so far are empty."""
    _widen_acts()
    op.create_table(
        "archives",
        sa.Column("account", sa.Text(), nullable=False),
        _number("closed"),
        _number("expires"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account"),
        sqlite_with_rowid=False,
    )
    op.create_index("archives_expires", "archives", ["expires"], unique=False)
    op.create_table(
        "oppositions",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        _number("day"),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "spents",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    _make_tombstones()
    _archive_closed()


def _widen_acts() -> None:
    empty = no_bytes(op.get_bind().dialect.name)
    for name in ("actor", "by"):
        op.add_column("acts", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "acts", sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False, server_default=sa.text("0"))
    )
    op.add_column("acts", sa.Column("chain", sa.LargeBinary(), nullable=False, server_default=empty))
    op.drop_index("acts_account", table_name="acts")
    op.create_index("acts_seq", "acts", ["account", "seq"], unique=False)


def _make_tombstones() -> None:
    op.create_table(
        "tombstones",
        sa.Column("number", place(), autoincrement=False, nullable=False),
        _number("time"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("tombstones_account", "tombstones", ["account"], unique=False)


def _archive_closed() -> None:
    # Accounts that were closed before archives had an end: by the operator, and the ten years count from now on.
    now = time.time_ns() // 1000
    ten_years = 3653 * 24 * 3600 * 1_000_000
    op.get_bind().execute(
        sa.text(
            'INSERT INTO archives (account, closed, expires, "by") '
            "SELECT id, :now, :end, 'operator' FROM accounts WHERE state = 'closed'"
        ),
        {"now": now, "end": now + ten_years},
    )


def _number(name: str) -> sa.Column:  # type: ignore[type-arg] # alembic's own are as bare
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
