"""A relay that was given an older database signs nothing; how its operator goes on; what a crash leaves."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from crypto.keys import SigningSeed
from crypto.transparency.note import parse_note
from crypto.transparency.policy import parse_policy, verify_checkpoint
from messaging.relay.logasking import AskHead
from messaging.relay.logtree import Growth
from messaging.relay.records import LogHead
from messaging.relay.turn import Caller, Turn
from messaging.server import loghead
from messaging.server.commands import app
from messaging.server.config import BadConfig, Config, load
from messaging.server.house import house
from messaging.server.loghead import LogLost
from messaging.store.migrate import OlderKeys
from messaging.store.sql import SqliteStore
from messaging.wire import names
from messaging.wire.types import EnrolRequest
from tests.messaging.desk import item, person
from tests.messaging.doors import Visitor
from tests.messaging.test_durability import _Remote
from tests.messaging.witness import TestWitness, running, until, witnessed
from tests.relays import ROOT, RunningRelay, _start, free_port


@pytest.fixture
def config(tmp_path: Path) -> Config:
    port = free_port()
    return Config(f"http://127.0.0.1:{port}", "127.0.0.1", port, tmp_path / "relay")


def append(relay: Any, *entries: bytes) -> None:
    def work(tx: Any) -> None:
        growth = Growth(Turn(tx, relay.service.house, Caller(), relay.service.clock.now()))
        for entry in entries:
            growth.append(entry)
        growth.finish()

    relay.service.store.write(work)
    relay.service.progress.grown()


async def grow(config: Config, *entries: bytes) -> LogHead:
    async with running(config) as relay:
        append(relay, *entries)
        head: LogHead = await relay.service.ask(AskHead(), Caller())
        return head


async def starts(config: Config) -> LogHead:
    async with running(config) as relay:
        head: LogHead = await relay.service.ask(AskHead(), Caller())
        return head


async def test_the_newest_checkpoint_lies_beside_the_database(config: Config) -> None:
    head = await grow(config, b"one", b"two")
    file = config.data / loghead.NAME
    assert parse_note(file.read_bytes()).text == parse_note(head.note).text
    assert file.stat().st_mode & 0o077 == 0
    assert (await starts(config)).size == 2


async def test_a_relay_with_an_older_database_does_not_start(config: Config, tmp_path: Path) -> None:
    await grow(config, b"one")
    shutil.copy(config.data / "relay.db", tmp_path / "backup.db")
    await grow(config, b"two")
    shutil.copy(tmp_path / "backup.db", config.data / "relay.db")
    with pytest.raises(LogLost, match="has 1 entries, but 2 were signed for"):
        await starts(config)


async def test_a_relay_without_its_database_does_not_start(config: Config) -> None:
    await grow(config, b"one")
    (config.data / "relay.db").unlink()
    with pytest.raises(LogLost, match="has 0 entries"):
        await starts(config)


async def test_a_relay_whose_database_took_another_way_does_not_start(config: Config, tmp_path: Path) -> None:
    await grow(config, b"one")
    shutil.copy(config.data / "relay.db", tmp_path / "backup.db")
    await grow(config, b"two")
    shutil.copy(config.data / loghead.NAME, tmp_path / loghead.NAME)
    shutil.copy(tmp_path / "backup.db", config.data / "relay.db")
    (config.data / loghead.NAME).unlink()
    await grow(config, b"another", b"three")
    shutil.copy(tmp_path / loghead.NAME, config.data / loghead.NAME)
    with pytest.raises(LogLost, match="first 2 entries are not those"):
        await starts(config)


async def test_a_file_that_is_behind_does_no_harm(config: Config, tmp_path: Path) -> None:
    await grow(config, b"one")
    shutil.copy(config.data / loghead.NAME, tmp_path / loghead.NAME)
    await grow(config, b"two")
    shutil.copy(tmp_path / loghead.NAME, config.data / loghead.NAME)
    assert (await starts(config)).size == 2


@pytest.mark.parametrize("damage", [b"", b"x", b"relay/log\n1\nAAAA\n\n"])
async def test_a_damaged_file_is_not_taken_for_none(config: Config, damage: bytes) -> None:
    await grow(config, b"one")
    (config.data / loghead.NAME).write_bytes(damage)
    with pytest.raises(LogLost, match="no checkpoint of this log"):
        await starts(config)


async def test_a_log_is_not_carried_on_with_another_key_or_another_origin(config: Config) -> None:
    await grow(config, b"one")
    (config.data / loghead.NAME).unlink()
    (config.data / "secrets" / "log").rename(config.data / "secrets" / "kept")
    with pytest.raises(LogLost, match="another key"):
        await starts(config)
    (config.data / "secrets" / "kept").replace(config.data / "secrets" / "log")
    moved = Config("http://localhost:1", config.host, config.port, config.data)
    with pytest.raises(LogLost, match="another origin"):
        await starts(moved)
    assert (await starts(config)).size == 1


def _file(config: Config, tmp_path: Path, more: str = "") -> Path:
    listen = f"{config.host}:{config.port}"
    (tmp_path / "relay.toml").write_text(
        f'[relay]\ndata = "relay"\norigin = "{config.origin}"\nlisten = "{listen}"\n{more}'
    )
    return tmp_path / "relay.toml"


async def test_a_new_log_begins_with_the_entries_of_the_old_and_other_keys(config: Config, tmp_path: Path) -> None:
    before, file = await grow(config, b"one", b"two"), _file(config, tmp_path)
    keys = house(config).policy.log_keys
    said = CliRunner().invoke(app, ["operator", "new-log", "--config", str(file), "--yes"])
    assert (said.exit_code, "2 entries" in said.output) == (0, True)
    after = await starts(config)
    signed = verify_checkpoint(after.note, house(config).policy, None)
    assert signed.root == verify_checkpoint(before.note, _policy_of(keys), None).root
    assert not set(keys) & set(house(config).policy.log_keys)
    assert len(list((config.data / "secrets").glob("log.*Z"))) == 1


def _policy_of(keys: Any) -> Any:
    return parse_policy("".join([*(f"log {key.vkey}\n" for key in keys), "quorum none\n"]).encode())


async def test_a_new_log_is_not_begun_by_accident(config: Config, tmp_path: Path) -> None:
    await grow(config, b"one")
    said = CliRunner().invoke(app, ["operator", "new-log", "--config", str(_file(config, tmp_path))])
    assert said.exit_code == 1
    assert (await starts(config)).size == 1


async def test_the_operator_is_given_the_policy_to_begin_with(config: Config, tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["operator", "log-policy", "--config", str(_file(config, tmp_path))])
    async with running(config) as relay, Visitor.at(relay) as visitor:
        served = await visitor.ask("GET", names.LOG_POLICY)
    assert said.output.encode() == served.body
    assert parse_policy(served.body).log_url == f"{config.origin}/log"


@pytest.mark.parametrize("text", [None, "no policy", "other"])
def test_a_policy_that_is_none_or_another_logs_is_said(config: Config, tmp_path: Path, text: str | None) -> None:
    other = Config(config.origin, config.host, config.port, tmp_path / "other")
    if text is not None:
        (tmp_path / "p").write_bytes(house(other).policy.text if text == "other" else text.encode())
    settings = load(_file(config, tmp_path, '[log]\npolicy = "p"\n'))
    hint = {None: "No such file", "no policy": "not a policy", "other": "other log keys"}[text]
    with pytest.raises(BadConfig, match=hint):
        house(settings)


def test_the_logs_key_is_in_no_text_of_the_house(config: Config) -> None:
    made = house(config)
    secret = made.secrets.key_log
    assert secret == (config.data / "secrets" / "log").read_bytes()
    assert repr(secret)[2:-1] not in repr(made)
    assert secret.hex() not in repr(made)


def _first_schema(path: Path, *, with_keys: bool) -> None:
    from alembic import command
    from alembic.config import Config as Alembic
    from sqlalchemy import create_engine

    import messaging.store.migrate as migrating

    alembic, engine = Alembic(), create_engine(f"sqlite:///{path}")
    alembic.set_main_option("script_location", str(migrating._SCRIPTS))
    with engine.begin() as connection:
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "0001")
    engine.dispose()
    if with_keys:
        with sqlite3.connect(path) as raw:
            raw.execute("INSERT INTO keys VALUES ('a', 'k', 0, x'00', x'00', x'00', x'00', 1, NULL)")
        raw.close()


def test_a_database_with_keys_from_before_the_log_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    _first_schema(tmp_path / "old.db", with_keys=True)
    with pytest.raises(OlderKeys, match="enrol them anew"):
        SqliteStore(tmp_path / "old.db")
    with sqlite3.connect(tmp_path / "old.db") as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert raw.execute("SELECT count(*) FROM keys").fetchone() == (1,)
    raw.close()


def test_a_database_without_keys_gets_the_log(tmp_path: Path) -> None:
    _first_schema(tmp_path / "old.db", with_keys=False)
    store = SqliteStore(tmp_path / "old.db")
    assert store.read(lambda tx: tx.where(LogHead)) == []
    store.close()


@pytest.mark.live
async def test_serve_says_so_and_ends_with_a_status_of_its_own(config: Config, tmp_path: Path) -> None:
    await grow(config, b"one")
    (config.data / "relay.db").unlink()
    command = [sys.executable, "-m", "messaging.server", "serve", "--config", str(_file(config, tmp_path))]
    ended = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, cwd=ROOT, timeout=30, check=False
    )
    assert (ended.returncode, "1 were signed for" in ended.stderr) == (3, True)
    assert "Traceback" not in ended.stderr


@pytest.mark.live
async def test_a_relay_that_is_killed_between_commit_and_publication_publishes_later(tmp_path: Path) -> None:
    witness = TestWitness("one")
    async with witness.listening():
        config = witnessed(tmp_path, [witness], 1)
        file = _file(config, tmp_path, '[log]\npolicy = "policy"\n')
        relay = RunningRelay(config.origin, config.data, file, await asyncio.to_thread(_start, file))
        try:
            visitor = Visitor(_Remote(relay), {"station": SigningSeed.generate()})
            await asyncio.to_thread(relay.add_station, "station", visitor.seeds["station"].public())
            await until(lambda: _is_published(visitor, 0))
            witness.behave = "503"
            enrolling = asyncio.create_task(_enrol(visitor))
            await witness.until(lambda: any(new == 1 for _, new, _ in witness.asked))
            await asyncio.to_thread(relay.kill)
            await asyncio.gather(enrolling, return_exceptions=True)
            witness.behave = "good"
            await asyncio.to_thread(relay.start_again)
            await until(lambda: _is_published(visitor, 1))
            found = await visitor.ask("GET", names.LOG_CHECKPOINT)
        finally:
            relay.kill()
    assert verify_checkpoint(found.body, house(config).policy, None).size == 1


async def _is_published(visitor: Visitor, size: int) -> bool:
    found = await visitor.ask("GET", names.LOG_CHECKPOINT)
    return found.status == 200 and int(found.body.split(b"\n")[1]) == size


async def _enrol(visitor: Visitor) -> None:
    request = EnrolRequest(people=[item(person("patient", "x"), managed=False, by=visitor.seeds["station"])])
    await visitor.ask("POST", names.ENROL, request, await visitor.log_in("station"))
