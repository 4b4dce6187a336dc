"""Starts a relay for a test: in this process on a free port, or as a process that can be killed."""

import asyncio
import contextlib
import importlib.util
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet.error import ReactorAlreadyInstalledError

from crypto.encoding import b64u
from crypto.keys import SigningPublic

READY_SECONDS = 20
ROOT = Path(__file__).parent.parent
_UNHURRIED = """
[limits]
patient_per_hour = 1000000
patient_per_day = 10000000
integrator_per_second = 100000
integrator_burst = 1000000
resolves_per_minute = 1000000
login_network_per_minute = 100000
"""


@dataclass
class RunningRelay:
    """A relay as a process of its own. `origin` is where it listens and what log-ins sign."""

    origin: str
    data: Path
    config: Path
    process: "subprocess.Popen[str]"

    def stop(self) -> int:
        """SIGTERM, as an operator does; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(READY_SECONDS)

    def kill(self) -> None:
        """SIGKILL, as a crash does."""
        self.process.kill()
        self.process.wait(READY_SECONDS)

    def start_again(self) -> None:
        """The same relay, on the same port."""
        self.process = _start(self.config)

    def add_bridge(self, login: str, public: SigningPublic, *domains: str) -> None:
        """`pli operator add-bridge`, while it runs or not."""
        named = [word for domain in domains for word in ("--domain", domain)]
        _operator(self.config, "add-bridge", login, "--public-key", b64u(public.raw), *named)

    def add_station(self, login: str, public: SigningPublic) -> None:
        """`pli operator add-station`, while it runs or not."""
        _operator(self.config, "add-station", login, "--public-key", b64u(public.raw))


def start_relay_process(
    folder: Path, *, web: Path | None = None, limits: str = _UNHURRIED, more: str = "", settings: str = ""
) -> RunningRelay:
    """A relay on a free loopback port, ready to answer. `limits`, `more` are TOML, `settings` lines of its `[relay]`.

    Whoever starts it stops it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    origin, config = f"http://127.0.0.1:{port}", folder / "relay.toml"
    served, rest = settings + (f'web = "{web}"\n' if web else ""), limits + more
    config.write_text(
        f'[relay]\norigin = "{origin}"\nlisten = "127.0.0.1:{port}"\ndata = "relay"\nlog = "json"\n{served}{rest}'
    )
    return RunningRelay(origin, folder / "relay", config, _start(config))


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def install_reactor() -> Any:
    """Twisted's reactor on the running loop, started; the same one when it is there already. Call it on the loop."""
    from twisted.internet import asyncioreactor

    with contextlib.suppress(ReactorAlreadyInstalledError):
        untyped: Any = asyncioreactor
        untyped.install(asyncio.get_running_loop())
    from twisted.internet import reactor

    started: Any = reactor
    if not started.running:
        started.startRunning(installSignalHandlers=False)
    return started


@contextlib.asynccontextmanager
async def relay_in_process(folder: Path, clock: Any = None, **settings: Any) -> AsyncIterator[Any]:
    """A `messaging.server.running.Running` on this loop. Settings are those of `Config`; `origin` fits its port."""
    from messaging.relay.rates import Allowed
    from messaging.server.config import Config

    reactor = install_reactor()
    from messaging.server.running import Running

    port = free_port()
    allowed = settings.pop("allowed", Allowed(10**6, 10**7, 10**5, 10**6, 10**6, 10**5))
    origin = settings.pop("origin", None) or f"http://127.0.0.1:{port}"
    config = Config(origin, "127.0.0.1", port, folder / "relay", allowed=allowed, **settings)
    relay = Running(config, reactor, clock)
    try:
        yield relay
    finally:
        await relay.close()


def _command() -> list[str]:
    front = "pli" if importlib.util.find_spec("pli.__main__") else "messaging.server"
    return [sys.executable, "-m", front]


def _start(config: Path) -> "subprocess.Popen[str]":
    log = (config.parent / "relay.log").open("a")
    process = subprocess.Popen(
        [*_command(), "serve", "--config", str(config)], stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT
    )
    log.close()
    line = process.stdout.readline() if process.stdout else ""
    if not line.startswith("ready"):
        process.kill()
        raise RuntimeError(f"the relay did not start: {(config.parent / 'relay.log').read_text()[-2000:]}")
    return process


def _operator(config: Path, *words: str) -> None:
    subprocess.run(
        [*_command(), "operator", *words, "--config", str(config)], check=True, cwd=ROOT, stdout=subprocess.DEVNULL
    )
