"""One relay for all of the suite."""

from collections.abc import Iterator

import pytest

from tests.conformance.world import World


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """People, letters and a relay as a process."""
    with World.opened(tmp_path_factory.mktemp("conformance")) as opened:
        yield opened
