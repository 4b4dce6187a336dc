"""Synapse (Matrix) beside Pli: the peer that also keeps sealed messages for others. Run where scripts/bench-peers was.

On a PostgreSQL of its own with durable settings, as one process, without rate limits: senders post events of 2 kB that
look encrypted, each into a room of its own with one other member, and are answered when the event is committed.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from bench.load import drive, post, request
from crypto.encoding import b64u
from tests.postgres import Cluster
from tests.relays import free_port

SIZE = 2000
_START_SECONDS = 90
_HOMESERVER = Path(__file__).parent.parent / ".venv" / "peers" / "bin" / "synapse_homeserver"
_RATES = (
    "message", "registration", "login", "admin_redaction", "joins", "joins_per_room", "3pid_validation", "invites",
    "room_creation",
)  # fmt: skip


def missing() -> str:
    """Why there can be none here; empty when there can."""
    return "" if _HOMESERVER.exists() else "Synapse is not installed: scripts/bench-peers"


@dataclass
class Synapse:
    """One homeserver on loopback. Whoever starts it stops it."""

    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    @classmethod
    def start(cls, folder: Path, cluster: Cluster) -> "Synapse":
        """A new one; ready() waits until it answers."""
        folder.mkdir(parents=True)
        cluster.create("synapse")
        port, config = free_port(), folder / "homeserver.yaml"
        config.write_text(json.dumps(_settings(folder, port, cluster)))  # JSON is YAML
        words = [str(_HOMESERVER), "--config-path", str(config)]
        with (folder / "log").open("ab") as log:
            subprocess.run([*words, "--generate-keys"], check=True, cwd=folder, stdout=log, stderr=log)
            return cls(port, subprocess.Popen(words, cwd=folder, stdout=log, stderr=log), folder / "log")

    async def ready(self) -> None:
        """Raises RuntimeError with the end of its log."""
        until = monotonic() + _START_SECONDS
        while monotonic() < until and self.process.poll() is None:
            try:
                await self._ask("/_matrix/client/versions", "", None)
            except OSError:
                await asyncio.sleep(0.2)  # nothing says when it listens
            else:
                return
        raise RuntimeError(f"Synapse did not start: {self.log.read_text()[-2000:]}")

    async def sends(self, senders: int, count: int) -> float:
        """Events a second that were answered, each in one request."""
        people = await asyncio.gather(*(self._person(f"s{senders}x{n}") for n in range(senders)))
        raw = [self._event(*people[n % senders], n) for n in range(count)]
        total, _ = await drive("127.0.0.1", self.port, raw, senders)
        return count / total

    def stop(self) -> None:
        """SIGTERM, and SIGKILL where that does not do."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)

    async def _person(self, name: str) -> tuple[str, str]:
        """(access token, room) of a new person with a room."""
        asked = {"username": name, "password": b64u(os.urandom(16)), "auth": {"type": "m.login.dummy"}}
        made = await self._ask("/_matrix/client/v3/register", "", asked)
        room = await self._ask("/_matrix/client/v3/createRoom", made["access_token"], {"preset": "private_chat"})
        return made["access_token"], room["room_id"]

    def _event(self, token: str, room: str, number: int) -> bytes:
        content = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": b64u(os.urandom(SIZE)), "session_id": "s"}
        body = json.dumps(content).encode()
        path = f"/_matrix/client/v3/rooms/{room}/send/m.room.encrypted/{os.getpid()}-{number}-{os.urandom(4).hex()}"
        return post("localhost", path, token, body).replace(b"POST", b"PUT", 1)

    async def _ask(self, path: str, token: str, body: object) -> dict[str, str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            raw = post("localhost", path, token, b"" if body is None else json.dumps(body).encode())
            found: dict[str, str] = json.loads(
                await request(reader, writer, raw.replace(b"POST", b"GET", 1) if body is None else raw)
            )
            return found
        finally:
            writer.close()


def _settings(folder: Path, port: int, cluster: Cluster) -> dict[str, object]:
    log = folder / "logging.yaml"
    log.write_text(json.dumps({"version": 1, "root": {"level": "ERROR"}, "disable_existing_loggers": False}))
    free = {"per_second": 1e6, "burst_count": 1_000_000}
    rates: dict[str, object] = {f"rc_{name}": free for name in _RATES}
    rates["rc_login"] = dict.fromkeys(("address", "account", "failed_attempts"), free)
    rates["rc_joins"] = {"local": free, "remote": free}
    rates["rc_invites"] = dict.fromkeys(("per_room", "per_user", "per_issuer"), free)
    args = {"user": "pli", "dbname": "synapse", "host": str(cluster.folder), "cp_min": 5, "cp_max": 10}
    listener = {
        "port": port, "type": "http", "tls": False, "bind_addresses": ["127.0.0.1"],
        "resources": [{"names": ["client"], "compress": False}],
    }  # fmt: skip
    return rates | {
        "server_name": "bench.example",
        "pid_file": str(folder / "pid"),
        "listeners": [listener],
        "database": {"name": "psycopg2", "args": args},
        "log_config": str(log),
        "media_store_path": str(folder / "media"),
        "registration_shared_secret": b64u(os.urandom(16)),
        "macaroon_secret_key": b64u(os.urandom(16)),
        "form_secret": b64u(os.urandom(16)),
        "signing_key_path": str(folder / "signing.key"),
        "report_stats": False,
        "trusted_key_servers": [],
        "enable_registration": True,
        "enable_registration_without_verification": True,
        "presence": {"enabled": False},
    }


if __name__ == "__main__":
    sys.exit(missing())
