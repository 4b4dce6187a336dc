"""What the whole suite shares."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import packing, postgres
from tests.postgres import Cluster

# What a machine is busy with is no property of the code: time is measured in bench/ alone.
settings.register_profile("pli", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("pli")


@pytest.fixture(scope="session", autouse=True)
def nobodys_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No command of a test reads or writes what the person who runs it keeps for `pli`."""
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("settings"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL for the whole session: whoever leaves rows in its own database empties it, others make one."""
    with postgres.running() as started:
        yield started


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every worker of pytest-xdist puts the suite into the same order (packing.py)."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = packing.packed(items, workers, _kind, lambda item: item.path.stem)


def _kind(item: pytest.Item) -> packing.Kind:
    if "pli" in getattr(item, "fixturenames", ()):
        return "installed"
    return "live" if item.get_closest_marker("live") or item.path.parent.name == "demo" else "small"


def pytest_sessionfinish() -> None:
    """Let Twisted stop its thread pool: some tests start its reactor on pytest's own loop, where nobody else would."""
    if reactor := sys.modules.get("twisted.internet.reactor"):
        reactor.fireSystemEvent("shutdown")
