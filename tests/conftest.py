"""What the whole suite shares."""

import os
import sys

import pytest


@pytest.fixture(scope="session", autouse=True)
def nobodys_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No command of a test reads or writes what the person who runs it keeps for `pli`."""
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("settings"))


def pytest_sessionfinish() -> None:
    """Let Twisted stop its thread pool: some tests start its reactor on pytest's own loop, where nobody else would."""
    if reactor := sys.modules.get("twisted.internet.reactor"):
        reactor.fireSystemEvent("shutdown")
