"""Passkeys, pairings and delegations; devices know what they are called and when they were seen and confirmed."""

import sqlalchemy as sa
from alembic import op

from messaging.store.columns import no_bytes

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New tables, and columns whose values so far are empty."""
    _make_passkeys()
    _make_pairings()
    _make_delegations()
    _add("devices", _number("confirmed"), _number("seen"), _raw("label"))
    _add("refreshes", _raw("parent"), _number("followed"))
    _add("trusts", sa.Column("device", sa.Text(), nullable=False, server_default=""))
    op.create_index("trusts_account", "trusts", ["account"], unique=False)


def _make_passkeys() -> None:
    op.create_table(
        "passkeys",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account", "credential"),
        sqlite_with_rowid=False,
    )


def _make_pairings() -> None:
    op.create_table(
        "pairings",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("expires", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("hello", sa.LargeBinary(), nullable=False),
        sa.Column("grant", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("pairings_code", "pairings", ["code"], unique=True)
    op.create_index("pairings_account", "pairings", ["account"], unique=False)
    op.create_index("pairings_expires", "pairings", ["expires"], unique=False)


def _make_delegations() -> None:
    op.create_table(
        "delegations",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("delegate", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("account", "delegate"),
        sqlite_with_rowid=False,
    )
    op.create_index("delegations_delegate", "delegations", ["delegate"], unique=False)


def _add(table: str, *columns: sa.Column) -> None:  # type: ignore[type-arg] # alembic's own are as bare
    for column in columns:
        op.add_column(table, column)


def _number(name: str) -> sa.Column:  # type: ignore[type-arg] # as above
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False, server_default=sa.text("0"))


def _raw(name: str) -> sa.Column:  # type: ignore[type-arg] # as above
    return sa.Column(name, sa.LargeBinary(), nullable=False, server_default=no_bytes(op.get_bind().dialect.name))
