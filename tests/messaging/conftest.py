"""Every rule runs over every store; doors run over a real loopback site."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from messaging.relay.ports import Store
from messaging.store.memory import MemoryStore
from messaging.store.sql import SqliteStore
from tests.messaging.desk import Desk
from tests.messaging.doors import Visitor
from tests.relays import relay_in_process


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "relay.db")
    yield made
    made.close()


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
