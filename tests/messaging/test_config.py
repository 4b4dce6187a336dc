"""Where the relay finds the web client when nobody names one."""

from pathlib import Path

from messaging.server.config import shipped_web


def test_the_web_client_of_the_package_is_served_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("<!doctype html>")

    assert shipped_web(tmp_path) == tmp_path / "web"


def test_a_checkout_ships_none() -> None:
    assert shipped_web() is None
