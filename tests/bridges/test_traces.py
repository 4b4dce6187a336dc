"""Traces: one file a day, nobody else reads it, kept for six months, and no mail waits for it."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import structlog

from bridges.mssante.traces import Archive, configure

DAYS = 183


@pytest.fixture(autouse=True)
def structlog_as_it_was() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_a_line_is_kept_by_its_day_and_nobody_else_may_read_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day = [date(2026, 11, 30)]
    log = configure("json", Archive(tmp_path / "traces", DAYS, lambda: day[0]))
    log.info("incoming.taken", operator="CN=x", code=250)
    day[0] += timedelta(days=1)
    log.warning("incoming.refused", reason="expired", code=550)
    first, second = sorted((tmp_path / "traces").iterdir())
    assert [first.name, second.name] == ["2026-11-30.jsonl", "2026-12-01.jsonl"]
    kept = json.loads(first.read_text())
    assert (kept["event"], kept["operator"], kept["code"], kept["service"]) == (
        "incoming.taken",
        "CN=x",
        250,
        "gateway",
    )
    assert kept["timestamp"]
    assert first.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "traces").stat().st_mode & 0o077 == 0
    assert len(capsys.readouterr().err.splitlines()) == 2  # the standard error has them as well


def test_what_is_older_than_six_months_goes(tmp_path: Path) -> None:
    today = date(2026, 11, 30)
    archive = Archive(tmp_path, DAYS, lambda: today)
    for age in (0, DAYS, DAYS + 1, 400):
        (tmp_path / f"{today - timedelta(days=age)}.jsonl").touch()
    (tmp_path / "other.jsonl").touch()
    assert archive.prune() == 2
    assert {path.name for path in tmp_path.iterdir()} == {
        "2026-11-30.jsonl", f"{today - timedelta(days=DAYS)}.jsonl", "other.jsonl"
    }  # fmt: skip


def test_a_new_day_prunes_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "2020-01-01.jsonl").touch()
    configure("plain", Archive(tmp_path, DAYS, lambda: date(2026, 11, 30))).info("x")
    assert [path.name for path in tmp_path.iterdir()] == ["2026-11-30.jsonl"]
    assert "x" in capsys.readouterr().err


def test_a_trace_that_no_file_takes_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = Archive(tmp_path / "traces", DAYS, lambda: date(2026, 11, 30))
    (tmp_path / "traces").rmdir()
    configure("json", archive).info("incoming.taken", code=250)
    assert "incoming.taken" in capsys.readouterr().err
