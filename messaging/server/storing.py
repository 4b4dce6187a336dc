"""Which store and which blobs the settings ask for: the rest of the relay does not know."""

from collections.abc import Callable
from typing import Any, Protocol

from messaging.relay.ports import Blobs, Store, Transaction
from messaging.server.config import Config
from messaging.store.batches import Foreseen, Tell, Work, answer_all, nothing
from messaging.store.blobs import LocalBlobs
from messaging.store.postgres import PostgresStore
from messaging.store.sql import SqliteStore


class Serving(Store, Protocol):
    """A store that answers without making its asker wait."""

    def submit(
        self, work: Callable[[Transaction], Any], answer: Callable[[Work], None], foreseen: Foreseen = nothing
    ) -> None:
        """As write(): `answer` is called after the commit, where the store's `tell` says. `foreseen` hints at reads."""


def open_store(config: Config, tell: Tell = answer_all, *, beside: bool = False) -> SqliteStore | PostgresStore:
    """The store, at this version's schema. `beside`: a relay may be running on it.

    Raises NewerSchema, OlderKeys, NotDurable, UnsafePassword, and what connecting raises.
    """
    config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if config.database is None:
        # Two that checkpoint may corrupt SQLite: the relay's writer does, whoever comes beside it does not.
        return SqliteStore(config.data / "relay.db", checkpoints=not beside, tell=tell)
    return PostgresStore(config.database, tell=tell)


def open_blobs(config: Config, *, beside: bool = False) -> Blobs:
    """Where sealed bytes are kept. `beside`: a relay may be at work there."""
    if config.s3 is None:
        return LocalBlobs(config.data / "blobs", beside=beside)
    from messaging.store.s3 import S3Blobs  # noqa: PLC0415 - see S3Place.open

    return S3Blobs(config.s3, config.data / "arriving", beside=beside)
