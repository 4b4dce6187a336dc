"""Failures are counted for each thing that is guessed; pairings know where they were asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`failures` anew, which a day would have emptied: whoever was waiting need not."""
    op.drop_index("failures_expires", table_name="failures")
    op.drop_table("failures")
    op.create_table(
        "failures",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("guessed", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("expires", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("account", "guessed"),
        sqlite_with_rowid=False,
    )
    op.create_index("failures_expires", "failures", ["expires"], unique=False)
    op.add_column("pairings", sa.Column("network", sa.Text(), nullable=False, server_default=""))
