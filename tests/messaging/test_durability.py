"""What was acknowledged is there after the worst: a relay that is killed while it is written to."""

import asyncio
import errno
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crypto.keys import SigningSeed
from messaging.server.config import BadConfig, load
from messaging.server.secrets import UnsafeSecrets
from messaging.server.secrets import load as load_secrets
from messaging.store.blobs import LocalBlobs
from tests.messaging.desk import DOMAIN, letter
from tests.messaging.doors import Visitor
from tests.relays import RunningRelay, start_relay_process


class _Remote:
    """What a Visitor needs of a relay in another process."""

    def __init__(self, running: RunningRelay) -> None:
        self.running = running
        self.port = int(running.origin.rpartition(":")[2])
        self.config = self.service = self
        self.clock = self
        self.origin = running.origin

    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.mark.live
async def test_letters_that_were_acknowledged_survive_sigkill(tmp_path: Path) -> None:
    running = start_relay_process(tmp_path)
    try:
        visitor = Visitor(_Remote(running), {"bridge": SigningSeed.generate(), "station": SigningSeed.generate()})
        running.add_bridge("bridge", visitor.seeds["bridge"].public(), DOMAIN)
        running.add_station("station", visitor.seeds["station"].public())
        token, doctor, patient = await visitor.doctor_and_patient()
        acknowledged: set[str] = set()

        async def send_until_it_dies() -> None:
            while True:
                value = {"l": letter(patient, sealed=b"x" * 2000)}
                try:
                    answer = await visitor.call(token, "SealedMessage/set", accountId=doctor.account, create=value)
                except (OSError, EOFError):
                    return
                acknowledged.add(answer.json["methodResponses"][0][1]["created"]["l"]["id"])
                if len(acknowledged) == 150:
                    running.kill()

        await asyncio.gather(*(send_until_it_dies() for _ in range(8)))
        running.start_again()
        token = await visitor.log_in("bridge")
        found = await visitor.call(token, "SealedMessage/query", accountId=doctor.account)
        ids = found.json["methodResponses"][0][1]["ids"]
        assert len(acknowledged) >= 150
        assert acknowledged <= set(ids)
        assert len(ids) == len(set(ids))
        assert running.stop() == 0
    finally:
        running.kill()


@pytest.mark.live
def test_sigterm_stops_a_relay_in_order(tmp_path: Path) -> None:
    running = start_relay_process(tmp_path)
    try:
        assert running.stop() == 0
        assert not (running.data / "relay.db-wal").exists()
    finally:
        running.kill()


def test_a_blob_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path)
    arriving = blobs.receive()
    arriving.write(b"half")
    assert list(tmp_path.glob("??/??/b*")) == []
    blob = arriving.keep()
    assert blobs.read(blob, 0, 10) == b"half"
    assert blobs.size(blob) == 4
    assert blobs.size("b" + "0" * 64) is None


def _flushed(monkeypatch: pytest.MonkeyPatch, where: str, fail_at: int = 0) -> list[Path]:
    """The paths that are flushed from now on; the flush of that number fails."""
    found: list[Path] = []

    def fsync(handle: int) -> None:
        found.append(Path(f"/proc/self/fd/{handle}").readlink())
        if len(found) == fail_at:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(f"{where}.os.fsync", fsync)
    return found


@pytest.mark.parametrize("fail_at", [2, 3, 4])
def test_an_upload_again_flushes_the_folders_that_the_one_before_did_not(
    fail_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = LocalBlobs(tmp_path)
    first, again = blobs.receive(), blobs.receive()
    for arriving in (first, again):
        arriving.write(b"x")
    _flushed(monkeypatch, "messaging.store.blobs", fail_at)
    with pytest.raises(OSError, match="Input/output"):
        first.keep()
    flushed = _flushed(monkeypatch, "messaging.store.blobs")
    path = blobs.path(again.keep())
    above = [] if fail_at == 4 else [path.parent.parent]  # there the folder's own name was flushed already
    assert flushed[1:] == [path.parent, *above, tmp_path]


def test_folders_that_are_known_to_be_on_the_disk_are_not_flushed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = LocalBlobs(tmp_path)
    flushed = _flushed(monkeypatch, "messaging.store.blobs")
    for _ in range(2):
        arriving = blobs.receive()
        arriving.write(b"x")
        path = blobs.path(arriving.keep())
    assert flushed[5:] == [path.parent]


def test_secrets_are_on_the_disk_with_their_names_before_they_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = _flushed(monkeypatch, "messaging.server.secrets")
    folder = tmp_path / "secrets"
    load_secrets(folder)
    assert flushed[1::2] == [folder] * len(list(folder.iterdir()))


def test_what_a_crash_left_half_way_is_cleared(tmp_path: Path) -> None:
    LocalBlobs(tmp_path).receive().write(b"half")
    LocalBlobs(tmp_path)
    assert list((tmp_path / "arriving").iterdir()) == []


def test_only_blobs_that_were_not_uploaded_again_are_removed(tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path)
    arriving = blobs.receive()
    arriving.write(b"x")
    blob = arriving.keep()
    now = datetime.now(UTC)
    assert blobs.remove([blob], now - timedelta(hours=1)) == 0
    assert blobs.older_than(now + timedelta(hours=1), int(blob[1:3], 16)) == [blob]
    assert blobs.older_than(now + timedelta(hours=1), int(blob[1:3], 16) ^ 1) == []
    assert blobs.remove([blob], now + timedelta(hours=1)) == 1
    assert blobs.size(blob) is None


def test_secrets_are_made_once_and_are_the_owners_alone(tmp_path: Path) -> None:
    made = load_secrets(tmp_path / "secrets")
    assert load_secrets(tmp_path / "secrets") == made
    assert len({made.server, made.pepper, made.totp, made.log}) == 4
    assert repr(made) == "Secrets(...)"
    (tmp_path / "secrets" / "pepper").chmod(0o644)
    with pytest.raises(UnsafeSecrets, match="chmod 600"):
        load_secrets(tmp_path / "secrets")


@pytest.mark.parametrize(
    ("text", "hint"),
    [('[relay]\ndata="d"\nlisten="8440"', "address:port"), ('[relay]\ndata="d"\norigin="localhost"', "scheme, host"),
     ('[relay]\ndata="d"\nport=1', "port"), ("[relay]", "data"), ("x", "relay.toml"),
     ('[relay]\ndata="d"\ntls_key="k"', "both or neither"),
     ('[relay]\ndata="d"\n[limits]\nresolves_per_minute=0', "at least 1")],
)  # fmt: skip
def test_settings_that_cannot_be_used_say_what_to_write(tmp_path: Path, text: str, hint: str) -> None:
    (tmp_path / "relay.toml").write_text(text)
    with pytest.raises(BadConfig, match=hint):
        load(tmp_path / "relay.toml")


def test_timers_follow_no_wall_clock() -> None:
    import subprocess
    import sys

    code = """
import time
from messaging.loop import install
_, reactor = install()
print(type(reactor).__name__, reactor.seconds is time.monotonic, type(reactor._asyncioEventloop).__module__)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert said == ["HearingReactor", "True", "uvloop"]
