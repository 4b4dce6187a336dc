"""Relays that are there in a moment, for tests that kill many: forked off one process that has loaded everything.

What is forked runs `pli serve` as from a shell. Run as a module it is that process: a line of JSON in, a pid out.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crypto.encoding import b64u
from crypto.keys import SigningPublic
from tests.live.polling import until
from tests.relays import _UNHURRIED, ROOT, _operator, free_port

_PRELOADED = ("messaging.server.commands", "messaging.server.running", "messaging.server.logs", "aiosqlite")


@dataclass
class Grown:
    """A relay of a nursery, with what `tests.relays.RunningRelay` has; `more` is TOML."""

    nursery: "Nursery"
    origin: str
    data: Path
    config: Path
    pid: int = 0

    @property
    def port(self) -> int:
        return int(self.origin.rpartition(":")[2])

    def start(self) -> None:
        """Until it is ready. Raises RuntimeError where it ends before."""
        out = self.config.parent / "relay.out"
        out.write_text("")
        self.pid = self.nursery.fork(self.config, out)
        until(lambda: out.read_text().startswith("ready") or self.has_ended(0), "the relay is ready", 60)
        if not out.read_text().startswith("ready"):
            raise RuntimeError(f"the relay did not start: {(self.config.parent / 'relay.log').read_text()[-2000:]}")

    def add_bridge(self, login: str, public: SigningPublic, *domains: str) -> None:
        """`pli operator add-bridge`, while it runs or not."""
        named = [word for domain in domains for word in ("--domain", domain)]
        _operator(self.config, "add-bridge", login, "--public-key", b64u(public.raw), *named)

    def add_station(self, login: str, public: SigningPublic) -> None:
        """`pli operator add-station`, while it runs or not."""
        _operator(self.config, "add-station", login, "--public-key", b64u(public.raw))

    def has_ended(self, seconds: float) -> bool:
        """Whether it ends within so many seconds."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            return bool(select.select([handle], [], [], seconds)[0])
        finally:
            os.close(handle)

    def send(self, number: int) -> None:
        """Nothing where it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def end(self, number: int = signal.SIGKILL) -> None:
        """By a signal, and wait."""
        self.send(number)
        assert self.has_ended(20)


class Nursery:
    """The process that forks. Whoever starts it ends it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.live.nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=ROOT,
        )  # fmt: skip
        self._grown: list[Grown] = []

    def relay(self, folder: Path, more: str = "") -> Grown:
        """Settings for a relay on a free port; start() it."""
        folder.mkdir(parents=True, exist_ok=True)
        origin, config = f"http://127.0.0.1:{free_port()}", folder / "relay.toml"
        listen = origin.removeprefix("http://")
        said = f'[relay]\norigin = "{origin}"\nlisten = "{listen}"\ndata = "relay"\nlog = "json"\n'
        config.write_text(said + _UNHURRIED + more)
        made = Grown(self, origin, folder / "relay", config)
        self._grown.append(made)
        return made

    def fork(self, config: Path, out: Path) -> int:
        """The pid of a new relay."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"config": str(config), "out": str(out)}), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def end(self) -> None:
        """And all that are left."""
        for one in self._grown:
            if one.pid:
                one.end()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)


@contextlib.contextmanager
def nursery() -> Iterator[Nursery]:
    """One, for as long as the block."""
    made = Nursery()
    try:
        yield made
    finally:
        made.end()


def _serve(config: str, out: str) -> None:
    from pli.__main__ import main

    log = os.open(Path(config).parent / "relay.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    said = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open("/dev/null", os.O_RDONLY)
    for handle, number in ((nothing, 0), (said, 1), (log, 2)):
        os.dup2(handle, number)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    sys.argv = ["pli", "serve", "--config", config]
    main()


def _nurse() -> None:
    import importlib

    for name in _PRELOADED:
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(name)
    assert "twisted.internet.reactor" not in sys.modules
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                _serve(**asked)
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else 0
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        print(pid, flush=True)


if __name__ == "__main__":
    _nurse()
