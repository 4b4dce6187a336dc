"""A back-up that is taken while letters arrive, and a relay that is restored from it: a ledger against what is read."""

import asyncio
import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.live.activated import activate, enrol, log_in, oppose
from tests.live.nursery import Nursery, nursery
from tests.live.practice import Practice
from tests.live.reading import by_sender
from tests.live.sending import LogIns
from tests.messaging.desk import letter
from tests.postgres import Cluster
from tests.relays import ROOT

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def relays() -> Iterator[Nursery]:
    with nursery() as made:
        yield made


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with postgres.running() as started:
        yield started


async def _pli(*words: str) -> None:
    command = [sys.executable, "-m", "pli", *words]
    done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_a_restored_relay_has_all_that_was_acknowledged_before_and_nobody_who_left_since(
    database: str, relays: Nursery, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    more = ""
    if database == "postgresql":
        cluster = request.getfixturevalue("cluster")
        cluster.create("before")
        more = f'[store]\ndatabase = "{cluster.url("before")}"\n'
    relay = relays.relay(tmp_path, more)
    relay.start()
    practice = await Practice.open(relay)
    visitor = practice.visitor
    opposed, closed = await enrol(visitor, "opposed"), await activate(visitor, "closed")
    senders, log_ins = practice.senders("inline", "inline", "file", "blob"), LogIns(practice.visitor)
    over, config, target = asyncio.Event(), str(relay.config), str(tmp_path / "backups")

    async def until_over(one: object) -> None:
        while not over.is_set():
            await one.send()  # type: ignore[attr-defined]  # a Sender or LogIns

    load = [asyncio.create_task(until_over(one)) for one in (*senders, log_ins)]
    await asyncio.sleep(0)
    while min(len(one.acknowledged) for one in senders) < 5:  # noqa: ASYNC110 - counted by the senders
        await asyncio.sleep(0.02)
    before = {one.name: len(one.acknowledged) for one in senders}
    await _pli("backup", target, "--config", config, "--secrets", str(tmp_path / "secrets.json"))
    after = {one.name: len(one.acknowledged) for one in senders}
    await oppose(visitor, opposed)
    await _pli("operator", "close-account", closed.who.account, "--config", config)
    over.set()
    await asyncio.gather(*load)
    assert (await practice.visitor.ask("POST", "/auth/logout", b"", practice.patient.token)).status < 300
    relay.end()

    relay.data.rename(tmp_path / "old")
    relay.data.mkdir(mode=0o700)
    shutil.copy(tmp_path / "old" / "log-head", relay.data / "log-head")
    with contextlib.suppress(FileNotFoundError):
        shutil.copy(tmp_path / "old" / "tombstones", relay.data / "tombstones")
    if database == "postgresql":
        cluster.create("restored")
        relay.config.write_text(relay.config.read_text().replace("/before?", "/restored?"))
    await _pli("backup", "verify", target)
    await _pli("restore", target, "--config", config, "--secrets", str(tmp_path / "secrets.json"))
    relay.start()

    for token in (practice.token, practice.patient.token, log_ins.given[0][1]):
        assert (await practice.visitor.ask("GET", "/.well-known/jmap", None, token)).status == 401
    gone = await log_in(visitor, "opposed", "letter", opposed.seed)
    nobody = await log_in(visitor, "nobody", "letter", opposed.seed)
    assert (gone.status, gone.body) == (401, nobody.body)
    practice.token = await practice.visitor.log_in("bridge")
    create = {one.login: letter(one) for one in (opposed, closed.who)}
    sent = await visitor.call(practice.token, "SealedMessage/set", accountId=practice.doctor.account, create=create)
    refused = sent.json["methodResponses"][0][1]["notCreated"]
    assert refused.keys() == {"opposed", "closed"}
    assert len({one["type"] for one in refused.values()}) == 1
    written = practice.written()
    await written.catch_up()
    kept = by_sender(written.seen)
    for one in senders:
        one.token = practice.token
        assert before[one.name] <= len(kept[one.name]) <= len(one.acknowledged)
        assert kept[one.name] == list(range(len(kept[one.name])))
        assert set(one.acknowledged[: len(kept[one.name])]) <= set(written.ids)
    assert sum(map(len, kept.values())) == len(written.ids) == len(set(written.ids))
    assert after != before  # it was taken while they wrote
    again = practice.senders("file")[0]
    again.name = "again"
    await again.send()
    await again.check_blobs()
