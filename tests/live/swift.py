"""A real S3 server for tests: OpenStack Swift with its S3 API, one process of each kind, one copy of everything.

It is no dependency of Pli: `scripts/swift` puts it into a virtual environment of its own.
"""

import os
import shutil
import subprocess
import tempfile
import urllib.request
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import obstore

from messaging.store.s3place import S3Place
from tests.live.polling import free_ports, listening, until
from tests.relays import ROOT

KEY_ID: Final = "test:tester"
SECRET: Final = "testing"
_KINDS: Final = ("account", "container", "object")
_PROXY: Final = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {folder}
workers = 0
user = {user}
log_name = proxy
[pipeline:main]
pipeline = catch_errors proxy-logging cache s3api tempauth slo proxy-logging proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:proxy-logging]
use = egg:swift#proxy_logging
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:slo]
use = egg:swift#slo
"""
_SERVER: Final = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
workers = 0
user = {user}
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""


def missing() -> str:
    """Why there can be none here; empty when there can."""
    return "" if (_programs() / "swift-proxy-server").exists() else "Swift is not installed: scripts/swift"


@dataclass
class Swift:
    """Made by start(); whoever starts it ends it."""

    folder: Path
    port: int
    processes: "list[subprocess.Popen[bytes]]"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    def start(cls) -> "Swift":
        """Four servers on loopback, with nothing in them."""
        folder = Path(tempfile.mkdtemp(prefix="pli-swift-"))
        (folder / "devices" / "one").mkdir(parents=True)
        (folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_prefix = a\nswift_hash_path_suffix = b\n")
        ports = dict(zip((*_KINDS, "proxy"), free_ports(4), strict=True))
        server = cls(folder, ports["proxy"], [])
        for kind in _KINDS:
            server._ring(kind, ports[kind])
            server._begin(kind, _SERVER.format(port=ports[kind], folder=folder, kind=kind, user=_user()))
        server._begin("proxy", _PROXY.format(port=server.port, folder=folder, user=_user()))
        for port in ports.values():
            until(lambda port=port: listening(port), "Swift listens")  # type: ignore[misc]  # asked at once
        return server

    def end(self) -> None:
        """Stop them, and leave nothing."""
        for process in self.processes:
            process.kill()
            process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def bucket(self, name: str, secret: str = SECRET) -> S3Place:
        """A new one, and its address with these credentials."""
        secret_file = self.folder / f"secret-{name}"
        secret_file.touch(mode=0o600)
        secret_file.write_text(SECRET)
        place = S3Place(name, self.endpoint, key_id=KEY_ID, secret_file=secret_file)
        made = urllib.request.Request(obstore.sign(place.open(), "PUT", "", timedelta(minutes=1)), method="PUT")
        with urllib.request.urlopen(made):
            secret_file.write_text(secret)
        return place

    def signal(self, number: int) -> None:
        """Send a signal to all of them."""
        for process in self.processes:
            process.send_signal(number)

    def _ring(self, kind: str, port: int) -> None:
        builder = str(self.folder / f"{kind}.builder")
        for words in (("create", "4", "1", "1"), ("add", f"r1z1-127.0.0.1:{port}/one", "1"), ("rebalance",)):
            subprocess.run(
                [str(_programs() / "swift-ring-builder"), builder, *words], check=True, cwd=self.folder,
                stdout=subprocess.DEVNULL,
            )  # fmt: skip

    def _begin(self, kind: str, settings: str) -> None:
        path = self.folder / f"{kind}.conf"
        path.write_text(settings)
        with (self.folder / f"{kind}.log").open("wb") as log:
            command = [str(_programs() / f"swift-{kind}-server"), str(path), "-v"]
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder))


def _programs() -> Path:
    return ROOT / ".venv" / "swift" / "bin"


def _user() -> str:
    return "root" if os.geteuid() == 0 else os.environ.get("USER", "nobody")
