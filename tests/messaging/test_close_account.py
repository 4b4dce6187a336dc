"""The operator's commands that close an account, and that log it out everywhere."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from messaging.relay.records import Account, Act, Device, Login, Trust
from messaging.server.commands import app
from messaging.server.tombstones import NAME, append, read
from messaging.store.sql import SqliteStore

ACCOUNT = "a" + "a" * 26


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    store = SqliteStore(tmp_path / "data" / "relay.db")
    store.write(lambda tx: tx.add(Account(ACCOUNT, "patient", "active", 1)))
    store.write(lambda tx: tx.add(Device(ACCOUNT, "d", 1, 2**52)))
    store.close()
    (tmp_path / "relay.toml").write_text('[relay]\ndata = "data"\n')
    return tmp_path / "relay.toml"


def _held(config: Path) -> tuple[Account | None, Device | None]:
    store = SqliteStore(config.parent / "data" / "relay.db")
    held = store.read(lambda tx: (tx.one(Account, ACCOUNT), tx.one(Device, ACCOUNT, "d")))
    store.close()
    return held


def test_a_closed_account_has_no_device_left_and_the_same_again_is_harmless(config: Path) -> None:
    done = [CliRunner().invoke(app, ["operator", "close-account", ACCOUNT, "-c", str(config)]) for _ in range(2)]
    account, device = _held(config)
    assert [one.exit_code for one in done] == [0, 0]
    assert account is not None
    assert account.state == "closed"
    assert device is not None
    assert device.ended > 0


def test_it_is_beside_the_database_before_it_is_said_and_there_once_however_often_it_is_appended(config: Path) -> None:
    CliRunner().invoke(app, ["operator", "close-account", ACCOUNT, "-c", str(config)])
    beside = config.parent / "data" / NAME
    (kept,) = read(beside)
    append(beside, [kept])  # as a relay that runs meanwhile does
    assert (kept.kind, kept.account, read(beside)) == ("closed", ACCOUNT, [kept])


def test_an_account_that_is_not_there_is_said(config: Path) -> None:
    done = CliRunner().invoke(app, ["operator", "close-account", "a" + "b" * 26, "-c", str(config)])
    account, device = _held(config)
    assert done.exit_code == 1
    assert (account and account.state, device and device.ended) == ("active", 0)


def test_an_account_is_logged_out_everywhere_and_stays_open(config: Path) -> None:
    store = SqliteStore(config.parent / "data" / "relay.db")
    store.write(lambda tx: tx.add(Login("camille", ACCOUNT)))
    store.write(lambda tx: tx.add(Trust(b"t" * 32, ACCOUNT, 2**52, "d")))
    store.close()
    words = ["operator", "end-devices", "-c", str(config)]
    done = [CliRunner().invoke(app, [*words, who]) for who in ("Camille", ACCOUNT)]
    account, device = _held(config)
    store = SqliteStore(config.parent / "data" / "relay.db")
    trusts, acts = store.read(lambda tx: (tx.count(Trust), tx.where(Act, account=ACCOUNT)))
    store.close()
    assert [one.output for one in done] == [
        f"{ACCOUNT} is logged out of {count}\n" for count in ("1 device", "0 devices")
    ]
    assert account is not None
    assert device is not None
    assert (account.state, device.ended > 0, trusts) == ("active", True, 0)
    assert [(act.action, act.target, act.actor) for act in acts] == [("end device", "d", "operator")]


def test_nobody_is_logged_out_where_nobody_has_that_name(config: Path) -> None:
    done = CliRunner().invoke(app, ["operator", "end-devices", "nobody", "-c", str(config)])
    assert (done.exit_code, _held(config)[1]) == (1, Device(ACCOUNT, "d", 1, 2**52))
