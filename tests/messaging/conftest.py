"""Every rule runs over every store, over PostgreSQL where it may differ; doors run over a real loopback site."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from messaging.relay.ports import Store
from messaging.store.memory import MemoryStore
from messaging.store.postgres import PostgresStore
from messaging.store.schema import METADATA
from messaging.store.sql import SqliteStore
from tests.messaging.desk import Desk
from tests.messaging.doors import Visitor
from tests.postgres import Cluster
from tests.relays import relay_in_process

_DIFFER = frozenset(
    {
        "test_store",
        "test_messages",
        "test_devices",
        "test_enrolment",
        "test_keylog",
        "test_recovery",
        "test_directory",
        "test_quotas",
    }
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Memory and SQLite for all; PostgreSQL too where the rules ask what a store may do in its own way."""
    if "store" in metafunc.fixturenames:
        differs = metafunc.module.__name__.rpartition(".")[2] in _DIFFER
        metafunc.parametrize("store", ["memory", "sqlite", *(["postgres"] if differs else [])], indirect=True)


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store
    match request.param:
        case "memory":
            made = MemoryStore()
        case "sqlite":
            made = SqliteStore(tmp_path / "relay.db")
        case _:
            made = PostgresStore(request.getfixturevalue("database").where())
    yield made
    made.close()


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Cluster]:
    """The server, whose one database has nothing in it when a test begins."""
    yield cluster
    tables = [*(f'"{name}"' for name in METADATA.tables), "news"]
    there = cluster.say("SELECT count(*) FROM pg_tables WHERE tablename IN ('news', 'accounts')")
    if there == "2":
        cluster.say("; ".join(f"DELETE FROM {name}" for name in tables))


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


@pytest_asyncio.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Any]:
    async with relay_in_process(tmp_path) as running:
        yield running


@pytest_asyncio.fixture
async def visitor(relay: Any) -> AsyncIterator[Visitor]:
    async with Visitor.at(relay) as someone:
        yield someone
