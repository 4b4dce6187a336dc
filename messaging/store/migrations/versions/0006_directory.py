"""The directory with its words, and how many octets of letters an account keeps."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TEXTS = ("kind", "name", "profession", "specialty", "organisation", "city", "postal")


def upgrade() -> None:
    """Empty tables; octets counted once."""
    op.create_table(
        "entries",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS),
        sa.Column("identifiers", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        *(_number(name) for name in ("listed", "updated", "created", "changed")),
        sa.PrimaryKeyConstraint("account", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("entries_changed", "entries", ["account", "changed"], unique=False)
    op.create_table(
        "words",
        sa.Column("word", sa.LargeBinary(), nullable=False),
        _number("weight"),
        sa.Column("order", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("word", "weight", "order", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("words_id", "words", ["id", "word"], unique=False)
    op.add_column(
        "accounts",
        sa.Column("octets", sa.BigInteger(), autoincrement=False, nullable=False, server_default=sa.text("0")),
    )
    op.get_bind().execute(
        sa.text(
            "UPDATE accounts SET octets = coalesce((SELECT sum(size) FROM messages "
            "WHERE messages.account = accounts.id), 0)"
        )
    )


def _number(name: str) -> sa.Column:  # type: ignore[type-arg] # alembic's own are as bare
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
