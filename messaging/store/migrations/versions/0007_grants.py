"""Grants of apps and for emergencies, the catalogue of apps, authorization codes, certificates; log-ins by OAuth."""

import sqlalchemy as sa
from alembic import op

from messaging.store.columns import no_bytes

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MOMENTS = ("begins", "until", "since", "created", "changed", "revoked", "used")


def upgrade() -> None:
    """New tables, and columns of devices whose values so far are empty: their log-ins may do everything."""
    _make("app_grants", ["account", "id"], *_texts("account", "id", "patient", "app", "scopes"), *_numbers(*_MOMENTS),
          _raw("terms"))  # fmt: skip
    op.create_index("app_grants_changed", "app_grants", ["account", "changed"], unique=False)
    op.create_index("app_grants_app", "app_grants", ["account", "app"], unique=False)
    _make("emergency_grants", ["account", "id"], *_texts("account", "id", "patient", "grantee"), *_numbers(*_MOMENTS),
          _raw("terms"), _raw("sealed"))  # fmt: skip
    op.create_index("emergency_grants_changed", "emergency_grants", ["account", "changed"], unique=False)
    _make("catalogues", ["id"], *_numbers("id", "version"), _raw("signed"))
    _make("consents", ["id"], _raw("id"),
          *_texts("account", "patient", "granted", "scopes", "redirect", "challenge"), *_numbers("expires"),
          *_texts("device"))  # fmt: skip
    op.create_index("consents_account", "consents", ["account"], unique=False)
    op.create_index("consents_expires", "consents", ["expires"], unique=False)
    _make("certificates", ["account", "thumbprint"], *_texts("account"), _raw("thumbprint"))
    for name in ("scopes", "granted"):
        op.add_column("devices", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    empty = no_bytes(op.get_bind().dialect.name)
    op.add_column("devices", sa.Column("bound", sa.LargeBinary(), nullable=False, server_default=empty))
    op.create_index("devices_granted", "devices", ["account", "granted"], unique=False)


def _make(table: str, key: list[str], *columns: sa.Column) -> None:  # type: ignore[type-arg] # alembic's own are as bare
    op.create_table(table, *columns, sa.PrimaryKeyConstraint(*key), sqlite_with_rowid=False)


def _texts(*names: str) -> list[sa.Column]:  # type: ignore[type-arg] # as above
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column]:  # type: ignore[type-arg] # as above
    return [sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names]


def _raw(name: str) -> sa.Column:  # type: ignore[type-arg] # as above
    return sa.Column(name, sa.LargeBinary(), nullable=False)
