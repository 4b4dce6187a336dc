"""The demonstration as a whole: the installation, the operator, and what the person at the terminal needs to know."""

import asyncio
import contextlib
import datetime as dt
import fcntl
import logging
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from demo import apps
from demo.child import end_leftovers
from demo.installation import Installation, Member
from demo.layout import Layout
from demo.names import CAMILLE, CAMILLE_LOGIN, CAMILLE_PASSWORD, CLINIC_DOMAIN, Ports
from demo.operator import Operator, Settings
from demo.trust import Space, open_space


class CannotRun(Exception):
    """Why the demonstration cannot start, in words for the person who started it."""


@dataclass(frozen=True)
class Running:
    """A demonstration at work."""

    layout: Layout
    member: Member
    maildir: Path
    installation: Installation


@contextlib.asynccontextmanager
async def start(folder: Path, ports: Ports, *, fresh: bool = False) -> AsyncIterator[Running]:
    """Everything at work below `folder` until the block ends. Raises CannotRun, DidNotStart, Failed."""
    with _alone(folder, fresh=fresh):
        end_leftovers(folder / "logs")
        _check_ports(ports)
        layout = Layout(folder, ports)
        space = open_space(folder / "certificates", dt.datetime.now(dt.UTC))
        operator = operator_settings(layout, space)
        installation = Installation(layout)
        try:
            await asyncio.to_thread(_bring_up, installation, space)
            members = await asyncio.to_thread(
                installation.members, {CAMILLE_LOGIN: CAMILLE}, {CAMILLE_LOGIN: CAMILLE_PASSWORD}
            )
            async with Operator(operator).listening():
                yield Running(layout, members[CAMILLE_LOGIN], operator.maildir, installation)
        finally:
            await asyncio.to_thread(installation.stop)


def operator_settings(layout: Layout, space: Space) -> Settings:
    """The demonstration operator's files and doors."""
    return Settings(
        folder=layout.folder / "operator",
        certificate=space.operator.certificate,
        key=space.operator.key,
        authority=space.trust.authority,
        operator_port=layout.ports.operator,
        submission_port=layout.ports.submission,
        gateway=("localhost", layout.ports.gateway),
    )


async def wait_for_the_end(running: Running) -> str:
    """Until Ctrl-C or SIGTERM ("stopped"), or until a part ends by itself (its name)."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    while not asked.is_set():
        ended = [part for part in running.installation.parts if part.ended()]
        if ended:
            logging.getLogger("demo").error("%s ended. %s", ended[0].name, ended[0].last_words())
            return ended[0].name
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asked.wait(), 0.5)
    return "stopped"


def _bring_up(installation: Installation, space: Space) -> None:
    route = {CLINIC_DOMAIN: f"localhost:{installation.layout.ports.operator}"}
    installation.configure(space.trust, route)
    apps.prepare(installation.layout)
    installation.start()
    apps.enrol(installation.layout)


@contextlib.contextmanager
def _alone(folder: Path, *, fresh: bool) -> Iterator[None]:
    """One demonstration a folder: the lock ends with the process, however that ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(
                f"A demonstration is running in {folder} already: end that one with Ctrl-C first."
            ) from None
        if fresh:
            _forget(folder)
        yield


def _forget(folder: Path) -> None:
    end_leftovers(folder / "logs")
    for inner in folder.iterdir():
        if inner.is_dir():
            shutil.rmtree(inner)
        elif inner.name != "lock":
            inner.unlink()


def _check_ports(ports: Ports) -> None:
    taken = {name: port for name, port in ports.all().items() if not _free(port)}
    if taken:
        named = ", ".join(f"{port} ({name})" for name, port in taken.items())
        raise CannotRun(f"In use by another program on this machine: port {named}. End that program, then start again.")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
