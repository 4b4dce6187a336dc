"""Blobs in a real S3: what was kept is there whole, what is wrong is refused, and nothing that is needed is removed."""

import signal
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from messaging.store.link import UnsafePassword
from messaging.store.s3 import S3Blobs
from messaging.store.s3place import S3Place
from tests.live import swift
from tests.live.swift import Swift

pytestmark = pytest.mark.live
DAY = 86_400


class Clock:
    """Seconds that a test moves; objects themselves are as old as they are."""

    def __init__(self) -> None:
        self.seconds = time.time()

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(scope="module")
def server() -> Iterator[Swift]:
    if reason := swift.missing():
        pytest.skip(reason)
    started = Swift.start()
    yield started
    started.end()


@pytest.fixture
def place(server: Swift, request: pytest.FixtureRequest) -> S3Place:
    return server.bucket(f"b{zlib.crc32(request.node.name.encode()):x}")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def blobs(place: S3Place, tmp_path: Path, clock: Clock) -> S3Blobs:
    return S3Blobs(place, tmp_path / "arriving", clock)


def _kept(blobs: S3Blobs, data: bytes) -> str:
    arriving = blobs.receive()
    arriving.write(data)
    return arriving.keep()


@pytest.mark.parametrize("size", [0, 1, 9 << 20])
def test_what_was_kept_is_read_whole_and_in_parts_and_nothing_is_left_here(
    blobs: S3Blobs, size: int, tmp_path: Path
) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    blob = _kept(blobs, data)
    assert blobs.size(blob) == size
    if size:
        assert blobs.read(blob, 0, size + 1) == data
        assert blobs.read(blob, size // 2, 3) == data[size // 2 : size // 2 + 3]
    assert list((tmp_path / "arriving").iterdir()) == []


def test_a_blob_that_nobody_kept_is_not_there(blobs: S3Blobs) -> None:
    discarded = blobs.receive()
    discarded.write(b"half")
    discarded.discard()
    absent = "b" + "1" * 64
    assert blobs.size(absent) is None
    with pytest.raises(FileNotFoundError):
        blobs.read(absent, 0, 1)


def test_another_relay_finds_what_this_one_kept_days_ago(place: S3Place, tmp_path: Path, clock: Clock) -> None:
    blob = _kept(S3Blobs(place, tmp_path / "one", clock), b"sealed")
    clock.seconds += 2 * DAY
    assert S3Blobs(place, tmp_path / "two", clock).read(blob, 0, 6) == b"sealed"


def test_an_old_blob_is_removed_only_while_nobody_may_write_where_it_is(blobs: S3Blobs, clock: Clock) -> None:
    blob, later = _kept(blobs, b"old"), datetime.now(UTC) + timedelta(hours=1)
    part = int(blob[1:3], 16)
    removed = []
    for _ in range(4):
        assert blobs.remove([blob], later - timedelta(hours=2)) == 0
        listed = blobs.older_than(later, part)
        removed.append((len(listed), blobs.remove([blob], later)))
        clock.seconds += DAY
    assert removed == [(0, 0), (0, 0), (1, 1), (0, 0)]
    assert blobs.size(blob) is None


def test_a_blob_that_is_uploaded_anew_outlives_the_removal_of_its_old_self(blobs: S3Blobs, clock: Clock) -> None:
    blob = _kept(blobs, b"again")
    clock.seconds += 2 * DAY
    _kept(blobs, b"again")
    assert blobs.remove([blob], datetime.now(UTC) + timedelta(hours=1)) == 1
    assert blobs.read(blob, 0, 5) == b"again"


def test_a_wrong_key_a_missing_bucket_and_a_readable_secret_are_refused_at_the_start(
    server: Swift, tmp_path: Path
) -> None:
    wrong, open_ = server.bucket("wrong", "not the secret"), server.bucket("open")
    assert open_.secret_file is not None
    nowhere = S3Place("nowhere", server.endpoint, key_id=swift.KEY_ID, secret_file=open_.secret_file)
    with pytest.raises(OSError, match="S3"):
        S3Blobs(wrong, tmp_path)
    with pytest.raises(OSError, match="S3"):
        S3Blobs(nowhere, tmp_path)
    open_.secret_file.chmod(0o644)
    with pytest.raises(UnsafePassword, match="chmod 600"):
        S3Blobs(open_, tmp_path)


def test_an_s3_that_is_frozen_is_not_waited_for_without_end(server: Swift, place: S3Place, tmp_path: Path) -> None:
    blobs = S3Blobs(replace(place, seconds=2), tmp_path)
    arriving = blobs.receive()
    arriving.write(b"sealed")
    server.signal(signal.SIGSTOP)
    began = time.monotonic()
    try:
        with pytest.raises(OSError, match="S3"):
            arriving.keep()
    finally:
        server.signal(signal.SIGCONT)
    assert time.monotonic() - began < 20
    blob = arriving.keep()
    assert blobs.size(blob) == 6
