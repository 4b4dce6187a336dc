"""Notices: settings, codes, push subscriptions, webhooks, and the queue of what is to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty tables; nobody has asked to be told anything yet."""
    op.add_column("accounts", sa.Column("notices", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    _table("settings", ("account", "id"), [
        _raw("email"), _text("state"), _text("when"), _number("push"), _text("language"), _raw("quiet"),
        _number("told"), _number("created"), _number("changed"),
    ])  # fmt: skip
    op.create_index("settings_changed", "settings", ["account", "changed"], unique=False)
    _table("email_codes", ("account",), [_raw("digest"), _number("tries"), _number("expires")])
    op.create_index("email_codes_expires", "email_codes", ["expires"], unique=False)
    _table("subscriptions", ("account", "id"), [
        _text("device"), _text("client"), _raw("sealed"), _text("types"), _text("code"), _number("verified"),
        _number("expires"),
    ])  # fmt: skip
    op.create_index("subscriptions_expires", "subscriptions", ["expires"], unique=False)
    _table("hooks", ("account", "id"), [
        _raw("sealed"), _text("types"), _text("state"), _number("failing"), _number("created"),
    ])  # fmt: skip
    _table("notices", ("account", "way", "id"), [
        _raw("body"), *(_number(name) for name in ("merges", "tries", "since", "taken", "expires")),
    ])  # fmt: skip
    op.create_index("notices_expires", "notices", ["expires"], unique=False)


def _table(name: str, key: tuple[str, ...], columns: list[sa.Column]) -> None:  # type: ignore[type-arg] # as below
    op.create_table(
        name, *(_text(part) for part in key), *columns, sa.PrimaryKeyConstraint(*key), sqlite_with_rowid=False
    )  # fmt: skip


def _text(name: str) -> sa.Column:  # type: ignore[type-arg] # alembic's own are as bare
    return sa.Column(name, sa.Text(), nullable=False)


def _raw(name: str) -> sa.Column:  # type: ignore[type-arg] # alembic's own are as bare
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _number(name: str) -> sa.Column:  # type: ignore[type-arg] # alembic's own are as bare
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
