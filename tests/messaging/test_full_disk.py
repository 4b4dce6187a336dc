"""A disk that is full: who asked is told to come back, what was acknowledged stays, and the relay goes on after."""

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import structlog

from messaging.relay.records import Box
from messaging.server.logs import RequestLog, configure
from messaging.store.blobs import LocalBlobs
from messaging.store.sql import SqliteStore
from messaging.wire.errors import Refusal
from tests.messaging.desk import letter
from tests.messaging.doors import Visitor


def _fill(store: SqliteStore) -> int:
    """Allow no further page; the limit before."""
    before = int(store._writer.execute("PRAGMA max_page_count").fetchone()[0])
    used = store._writer.execute("PRAGMA page_count").fetchone()[0]
    store._writer.execute(f"PRAGMA max_page_count={used}")
    return before


def _make_room(store: SqliteStore, pages: int) -> None:
    store._writer.execute(f"PRAGMA max_page_count={pages}")


def test_a_full_database_refuses_and_keeps_what_it_had(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "relay.db")
    store.write(lambda tx: tx.add(Box("before", 1, b"kept")))
    pages = _fill(store)
    with pytest.raises(Refusal) as refused:
        store.write(lambda tx: tx.add(Box("big", 1, b"x" * 1_000_000)))
    _make_room(store, pages)
    store.write(lambda tx: tx.add(Box("after", 1, b"kept")))
    assert refused.value.name == "serverUnavailable"
    assert store.read(lambda tx: [tx.count(Box, account=name) for name in ("before", "big", "after")]) == [1, 0, 1]
    store.close()


async def test_a_sender_is_told_to_come_back_and_then_succeeds_with_the_same_letter(
    visitor: Visitor, relay: Any
) -> None:
    token, doctor, patient = await visitor.doctor_and_patient()
    small, big = letter(patient, sealed=b"s" * 100), letter(patient, sealed=b"b" * 60_000)

    async def send(value: dict[str, Any]) -> Any:
        return await visitor.call(token, "SealedMessage/set", accountId=doctor.account, create={"l": value})

    await send(small)
    pages = _fill(relay.service.store)
    refused = await send(big)
    _make_room(relay.service.store, pages)
    again = await send(big)
    found = await visitor.call(token, "SealedMessage/query", accountId=doctor.account)
    assert (refused.status, refused.headers["retry-after"]) == (503, "10")
    assert again.json["methodResponses"][0][1]["created"]["l"]["id"].startswith("m")
    assert len(found.json["methodResponses"][0][1]["ids"]) == 2


async def test_a_blob_that_finds_no_room_is_refused_and_leaves_nothing(
    visitor: Visitor, relay: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, doctor, _ = await visitor.doctor_and_patient()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("messaging.store.blobs.os.fsync", full)
        answer = await visitor.ask("POST", f"/jmap/upload/{doctor.account}", b"x", token)
    assert (answer.status, answer.headers["retry-after"]) == (503, "10")
    assert list((relay.config.data / "blobs").glob("*/*")) == []
    assert (await visitor.ask("POST", f"/jmap/upload/{doctor.account}", b"x", token)).status == 201


async def test_an_upload_whose_last_bytes_find_no_room_is_answered_and_leaves_no_file(
    visitor: Visitor, relay: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, doctor, _ = await visitor.doctor_and_patient()
    receive = LocalBlobs.receive

    def full(blobs: LocalBlobs) -> Any:
        incoming = receive(blobs)
        # What takes no byte: the file that was opened writes there, as a disk without room would have it.
        os.dup2(os.open("/dev/full", os.O_WRONLY), incoming._file.fileno())
        return incoming

    with monkeypatch.context() as patched:
        patched.setattr(LocalBlobs, "receive", full)
        answers = [await visitor.ask("POST", f"/jmap/upload/{doctor.account}", b"x" * n, token) for n in (1, 100_000)]
    assert [(answer.status, answer.headers["retry-after"]) for answer in answers] == [(503, "10")] * 2
    assert list((relay.config.data / "blobs" / "arriving").iterdir()) == []


def test_a_log_that_cannot_be_written_keeps_nobody_from_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        monkeypatch.setattr("sys.stderr", full)
        configure("json")
        structlog.get_logger().error("the store refused")
        requests = RequestLog("json")
        requests._waiting.append((0.0, "api", 200, (), "", 0, 0, 0.0))
        requests.flush()
        monkeypatch.undo()
        structlog.reset_defaults()
        with suppress(OSError):
            full.close()
