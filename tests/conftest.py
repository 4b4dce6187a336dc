"""What the whole suite shares."""

import sys


def pytest_sessionfinish() -> None:
    """Let Twisted stop its thread pool: some tests start its reactor on pytest's own loop, where nobody else would."""
    if reactor := sys.modules.get("twisted.internet.reactor"):
        reactor.fireSystemEvent("shutdown")
