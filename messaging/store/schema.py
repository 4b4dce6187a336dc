"""The tables (SQLAlchemy Core): one for each record of messaging/relay/records.py, with the same columns.

Keys lead with the account, so that an account's rows lie together. Columns are integers, text and bytes only.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table, Text

from messaging.relay import records
from messaging.store.columns import place

METADATA: Final = MetaData()


def _text(name: str, *, primary_key: bool = False) -> Column[Any]:
    return Column(name, Text, primary_key=primary_key, nullable=False)


def _number(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[Any]:
    return Column(name, BigInteger, primary_key=primary_key, nullable=nullable, autoincrement=False)


def _raw(name: str, *, primary_key: bool = False) -> Column[Any]:
    return Column(name, LargeBinary, primary_key=primary_key, nullable=False)


def _text_key(*names: str) -> list[Column[Any]]:
    return [_text(name, primary_key=True) for name in names]


def _table(name: str, *columns: Column[Any] | Index) -> Table:
    return Table(name, METADATA, *columns, sqlite_with_rowid=False)


TABLES: Final[dict[type, Table]] = {
    records.Account: _table(
        "accounts",
        _text("id", primary_key=True),
        _text("kind"),
        _text("state"),
        _number("created"),
        _number("changed"),
        _text("key"),
        _text("parent"),
        _raw("enrolled"),
        _text("domains"),
        _number("octets"),
        _number("notices"),
        Index("accounts_parent", "parent"),
    ),
    records.Login: _table(
        "logins", _text("name", primary_key=True), _text("account"), Index("logins_account", "account")
    ),
    records.Factor: _table(
        "factors", _text("account", primary_key=True), _text("method", primary_key=True), _raw("public"), _raw("kdf")
    ),
    records.Passkey: _table(
        "passkeys", _text("account", primary_key=True), _raw("credential", primary_key=True), _raw("public")
    ),
    records.Totp: _table("totps", _text("account", primary_key=True), _raw("sealed"), _number("last")),
    records.Failure: _table(
        "failures",
        _text("account", primary_key=True),
        _text("guessed", primary_key=True),
        _number("count"),
        _number("until"),
        _number("expires"),
        Index("failures_expires", "expires"),
    ),
    records.UsedChallenge: _table(
        "used_challenges",
        _raw("id", primary_key=True),
        _number("expires"),
        Index("used_challenges_expires", "expires"),
    ),
    records.Ticket: _table(
        "tickets",
        _raw("id", primary_key=True),
        _text("account"),
        _text("method"),
        _number("expires"),
        Index("tickets_expires", "expires"),
    ),
    records.Device: _table(
        "devices",
        _text("account", primary_key=True),
        _text("id", primary_key=True),
        _number("created"),
        _number("expires"),
        _number("ended"),
        _number("confirmed"),
        _number("seen"),
        _raw("label"),
        _text("scopes"),
        _text("granted"),
        _raw("bound"),
        Index("devices_expires", "expires"),
        Index("devices_ended", "ended"),
        Index("devices_granted", "account", "granted"),
    ),
    records.Access: _table(
        "accesses",
        _raw("id", primary_key=True),
        _text("account"),
        _text("device"),
        _number("expires"),
        Index("accesses_expires", "expires"),
    ),
    records.Refresh: _table(
        "refreshes",
        _raw("id", primary_key=True),
        _text("account"),
        _text("device"),
        _number("expires"),
        _number("used"),
        _raw("parent"),
        _number("followed"),
        Index("refreshes_expires", "expires"),
    ),
    records.Trust: _table(
        "trusts",
        _raw("id", primary_key=True),
        _text("account"),
        _number("expires"),
        _text("device"),
        Index("trusts_expires", "expires"),
        Index("trusts_account", "account"),
    ),
    records.Pairing: _table(
        "pairings",
        _raw("id", primary_key=True),
        _text("code"),
        _raw("key"),
        _number("expires"),
        _text("account"),
        _text("device"),
        _raw("hello"),
        _raw("grant"),
        _text("network"),
        Index("pairings_code", "code", unique=True),
        Index("pairings_account", "account"),
        Index("pairings_expires", "expires"),
    ),
    records.Delegation: _table(
        "delegations",
        _text("account", primary_key=True),
        _text("delegate", primary_key=True),
        _text("id"),
        _number("since"),
        Index("delegations_delegate", "delegate"),
    ),
    records.Grant: _table(
        "app_grants",
        *_text_key("account", "id"),
        _text("patient"),
        _text("app"),
        _text("scopes"),
        *(_number(name) for name in ("begins", "until", "since", "created", "changed", "revoked", "used")),
        _raw("terms"),
        Index("app_grants_changed", "account", "changed"),
        Index("app_grants_app", "account", "app"),
    ),
    records.Emergency: _table(
        "emergency_grants",
        *_text_key("account", "id"),
        _text("patient"),
        _text("grantee"),
        *(_number(name) for name in ("begins", "until", "since", "created", "changed", "revoked", "used")),
        _raw("terms"),
        _raw("sealed"),
        Index("emergency_grants_changed", "account", "changed"),
    ),
    records.Certified: _table("catalogues", _number("id", primary_key=True), _number("version"), _raw("signed")),
    records.Consent: _table(
        "consents",
        _raw("id", primary_key=True),
        *(_text(name) for name in ("account", "patient", "granted", "scopes", "redirect", "challenge")),
        _number("expires"),
        _text("device"),
        Index("consents_account", "account"),
        Index("consents_expires", "expires"),
    ),
    records.Certificate: _table(
        "certificates", _text("account", primary_key=True), _raw("thumbprint", primary_key=True)
    ),
    records.Key: _table(
        "keys",
        _text("account", primary_key=True),
        _text("id", primary_key=True),
        _number("number"),
        _raw("signing"),
        _raw("sealing"),
        _raw("statement"),
        _raw("signature"),
        _raw("voucher"),
        _number("entry"),
        _number("created"),
        _number("revoked", nullable=True),
        Index("keys_signing", "signing"),  # no two accounts have the same
    ),
    records.Box: _table("boxes", _text("account", primary_key=True), _number("version"), _raw("box")),
    records.Address: _table(
        "addresses",
        _raw("id", primary_key=True),
        _text("account"),
        _raw("salt"),
        Index("addresses_account", "account"),
    ),
    records.Edge: _table(
        "edges",
        _text("account", primary_key=True),
        _text("id", primary_key=True),
        _text("side"),
        _number("may_write"),
        _number("blocked"),
        _number("since"),
        _number("created"),
        _number("changed"),
        Index("edges_changed", "account", "changed"),
    ),
    records.Message: _table(
        "messages",
        _text("account", primary_key=True),
        _number("created", primary_key=True),
        _text("id"),
        _text("client_id"),
        _text("box"),
        _number("received"),
        _number("size"),
        _number("body"),
        _text("sealed_blob"),
        _text("blobs"),
        _text("sender"),
        _text("to"),
        _raw("digest"),
        Index("messages_id", "account", "id", unique=True),
        # Unique also so that SQLite prefers it to walking all of the account's letters.
        Index("messages_client_id", "account", "client_id", "sender", unique=True),
    ),
    records.Sent: _table(
        "sents", _text("account", primary_key=True), _text("client_id", primary_key=True), _text("id"), _raw("digest")
    ),
    records.Body: Table(
        "bodies", METADATA, Column("number", place(), primary_key=True), _raw("sealed"), _number("copies")
    ),
    records.Gone: _table(
        "gones",
        _text("account", primary_key=True),
        _text("kind", primary_key=True),
        _number("changed", primary_key=True),
        _text("id"),
    ),
    records.State: _table(
        "states",
        _text("account", primary_key=True),
        _text("id", primary_key=True),
        _number("version"),
        _raw("sealed"),
        _number("created"),
        _number("changed"),
        Index("states_changed", "account", "changed"),
    ),
    records.Entry: _table(
        "entries",
        _text("account", primary_key=True),
        _text("id", primary_key=True),
        *(_text(name) for name in ("kind", "name", "profession", "specialty", "organisation", "city", "postal")),
        _raw("identifiers"),
        _text("address"),
        _number("listed"),
        _number("updated"),
        _number("created"),
        _number("changed"),
        Index("entries_changed", "account", "changed"),
    ),
    records.Setting: _table(
        "settings",
        _text("account", primary_key=True),
        _text("id", primary_key=True),
        _raw("email"),
        _text("state"),
        _text("when"),
        _number("push"),
        _text("language"),
        _raw("quiet"),
        _number("told"),
        _number("created"),
        _number("changed"),
        Index("settings_changed", "account", "changed"),
    ),
    records.EmailCode: _table(
        "email_codes",
        _text("account", primary_key=True),
        _raw("digest"),
        _number("tries"),
        _number("expires"),
        Index("email_codes_expires", "expires"),
    ),
    records.Subscription: _table(
        "subscriptions",
        _text("account", primary_key=True),
        _text("id", primary_key=True),
        _text("device"),
        _text("client"),
        _raw("sealed"),
        _text("types"),
        _text("code"),
        _number("verified"),
        _number("expires"),
        Index("subscriptions_expires", "expires"),
    ),
    records.Hook: _table(
        "hooks",
        _text("account", primary_key=True),
        _text("id", primary_key=True),
        _raw("sealed"),
        _text("types"),
        _text("state"),
        _number("failing"),
        _number("created"),
    ),
    records.Notice: _table(
        "notices",
        _text("account", primary_key=True),
        _text("way", primary_key=True),
        _text("id", primary_key=True),
        _raw("body"),
        *(_number(name) for name in ("merges", "tries", "since", "taken", "expires")),
        Index("notices_expires", "expires"),
    ),
    records.Word: _table(
        "words",
        # Bytes, so that all databases order them alike.
        _raw("word", primary_key=True),
        _number("weight", primary_key=True),
        _raw("order", primary_key=True),
        _text("id", primary_key=True),
        Index("words_id", "id", "word"),
    ),
    records.Blob: _table(
        "blobs",
        _text("account", primary_key=True),
        _text("id", primary_key=True),
        _number("size"),
        _number("kept"),
        _number("expires"),
        Index("blobs_id", "id"),
        Index("blobs_expires", "kept", "expires"),
    ),
    records.Act: Table(
        "acts",
        METADATA,
        Column("number", place(), primary_key=True, autoincrement=False),
        _number("time"),
        _text("account"),
        _text("device"),
        _text("action"),
        _text("target"),
        _text("outcome"),
        _raw("mac"),
        _text("actor"),
        _text("by"),
        _number("seq"),
        _raw("chain"),
        Index("acts_seq", "account", "seq"),
    ),
    records.Archive: _table(
        "archives",
        _text("account", primary_key=True),
        _number("closed"),
        _number("expires"),
        _text("by"),
        Index("archives_expires", "expires"),
    ),
    records.Opposed: _table("oppositions", _raw("id", primary_key=True), _number("day"), _text("receipt")),
    records.Tombstone: Table(
        "tombstones",
        METADATA,
        Column("number", place(), primary_key=True, autoincrement=False),
        _number("time"),
        _text("kind"),
        _text("account"),
        _raw("mark"),
        _text("receipt"),
        _raw("mac"),
        Index("tombstones_account", "account"),
    ),
    records.Spent: _table("spents", _raw("id", primary_key=True)),
    records.LogEntry: Table(
        "log_entries", METADATA, Column("number", place(), primary_key=True, autoincrement=False), _raw("entry")
    ),
    records.LogNode: _table(
        "log_nodes", _number("level", primary_key=True), _number("number", primary_key=True), _raw("hash")
    ),
    records.LogHead: _table(
        "log_heads",
        _number("id", primary_key=True),
        _number("size"),
        _raw("note"),
        _number("signed"),
        _number("published"),
        _raw("published_note"),
    ),
}
