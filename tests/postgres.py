"""A real PostgreSQL for tests: its own cluster in a folder of its own, on a Unix socket, everything durable."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from messaging.store.link import Where

USER = "pli"


def missing() -> str:
    """Why there can be none here; empty when there can."""
    return "" if _programs() else "PostgreSQL is not installed: scripts/debian-packages"


@contextmanager
def running() -> "Iterator[Cluster]":
    """One for as long as the block lasts; where there can be none, the test is skipped and says why."""
    if reason := missing():
        import pytest

        pytest.skip(reason)
    started = Cluster.start()
    try:
        yield started
    finally:
        started.end()


@dataclass(frozen=True)
class Cluster:
    """One server. Whoever starts it stops it."""

    folder: Path

    @classmethod
    def start(cls) -> "Cluster":
        """A new one, empty."""
        folder = Path(tempfile.mkdtemp(prefix="pli-postgres-"))
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, "postgres")
        cluster = cls(folder)
        cluster.run("initdb", "-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C", "-D", str(folder / "data"))
        cluster.run_again()
        return cluster

    def where(self, database: str = "postgres") -> Where:
        """The address of a database."""
        return Where(self.url(database))

    def url(self, database: str = "postgres") -> str:
        """The same as text."""
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def create(self, database: str) -> None:
        """A new database."""
        self.say(f'CREATE DATABASE "{database}"')

    def say(self, statement: str, database: str = "postgres") -> str:
        """What psql answers."""
        return self.run("psql", "-h", str(self.folder), "-U", USER, "-d", database, "-Atqc", statement)

    def run_again(self) -> None:
        """After halt()."""
        options = f"-k {self.folder} -c listen_addresses='' -c max_connections=100"
        data, log = str(self.folder / "data"), str(self.folder / "log")
        self.run("pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start")

    def halt(self, how: str = "fast") -> None:
        """Stop it: `fast` ends all connections, `immediate` is a crash."""
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", how, "-w", "stop")

    def pids(self) -> list[int]:
        """The server's process and its children, to freeze them."""
        first = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]

    def end(self) -> None:
        """Stop it, and leave nothing."""
        self.halt("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, name: str, *words: str) -> str:
        """What one of PostgreSQL's own programs says. Raises CalledProcessError."""
        program = _programs()
        assert program is not None
        before = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        done = subprocess.run(
            [*before, str(program / name), *words], check=True, cwd="/", stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return done.stdout.strip()


def _programs() -> Path | None:
    found = [path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))]
    on_path = shutil.which("postgres")
    return found[-1] if found else Path(on_path).parent if on_path else None
