"""Enrolment as a station does it: one command, a CSV in, letters as PDF and accounts at a relay of its own out.

Station and relay share this machine. `python -m bench.enrolment 100000 [--postgresql]` measures another number of
people; `./dev bench enrolment --full` takes 10^4, 10^5 and 10^6, and PostgreSQL: hours.
"""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from bench.row import Row, at_most
from crypto.encoding import b64u
from crypto.keys import SigningSeed
from tests import postgres
from tests.postgres import Cluster
from tests.relays import ROOT, RunningRelay, start_relay_process

GROUP = "enrolment"
PEOPLE = 10_000
NATION = 65_000_000
WEEKS = 6
KILLED = 2_000  # people of the run that is killed
MIB = 1 << 20


@dataclass(frozen=True)
class Taken:
    """One run of the command: seconds, those of its processors, its processes' most memory in MiB, what it said."""

    seconds: float
    processor: float
    memory: float
    said: dict[str, Any]


class Station:
    """A key file, lists and letters in one folder, before one relay."""

    def __init__(self, folder: Path, relay: RunningRelay) -> None:
        self.folder, self.letters, self._relay = folder, folder / "letters", relay
        seed, self._key = SigningSeed.generate(), folder / "station.key"
        self._key.write_text(b64u(seed.raw))
        self._key.chmod(0o600)
        relay.add_station("station", seed.public())

    def enrol(self, first: int, count: int) -> Taken:
        """People `first` and on."""
        began, used = perf_counter(), _used_by_children()
        process = self._begin(self._listed(first, count))
        memory: list[float] = []
        watching = threading.Thread(target=_watch, args=(process, memory))
        watching.start()
        said = json.loads(process.communicate()[0])
        watching.join()
        return Taken(perf_counter() - began, _used_by_children() - used, max(memory, default=0), said)

    def enrol_and_kill(self, first: int, count: int, at: int) -> None:
        """The same, killed by the system once it has told of `at` of them."""
        process = self._begin(self._listed(first, count), "--show-codes")
        assert process.stdout is not None
        for _ in range(at):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def _begin(self, listed: Path, *words: str) -> "subprocess.Popen[str]":
        command = (
            "enrol", listed, "--relay", self._relay.origin, "--login", "station", "--key-file", self._key,
            "--letters", self.letters, *words,
        )  # fmt: skip
        return subprocess.Popen(
            [sys.executable, "-m", "pli", "--json", *map(str, command)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )

    def _listed(self, first: int, count: int) -> Path:
        path = self.folder / "people.csv"
        with path.open("w", encoding="utf-8") as file:
            file.write("kind,ins,family_name,first_name,birth_date,email,address,street,postcode,city\n")
            for number in range(first, first + count):
                login = 200_000_000_000_000 + number
                own = f"patient,{login},NOM-{number},Zoé,1979-03-28,,{login}@patient.pli.example"
                file.write(f"{own},{number % 99 + 1} rue de l'Église,38100,GRENOBLE\n")
        return path


def run() -> Iterator[Row]:
    """The rows of this group, in the order of the table."""
    yield from measured(PEOPLE)
    if os.environ.get("PLI_BENCH_FULL"):
        if not postgres.missing():
            yield from measured(PEOPLE, on_postgresql=True)
        yield from measured(PEOPLE * 10)
        yield from measured(PEOPLE * 100)


def measured(people: int, *, on_postgresql: bool = False) -> list[Row]:
    """So many people, then some more whose station is killed."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        if not on_postgresql:
            relay = start_relay_process(folder / "relay")
            try:
                return _rows("SQLite", Station(folder, relay), relay, people, lambda: _sqlite_bytes(relay.data))
            finally:
                relay.stop()
        cluster = Cluster.start()
        try:
            relay = start_relay_process(folder / "relay", limits=f'[store]\ndatabase = "{cluster.url()}"\n')
            try:
                size = "SELECT pg_database_size(current_database())"
                return _rows("PostgreSQL", Station(folder, relay), relay, people, lambda: int(cluster.say(size)))
            finally:
                relay.stop()
        finally:
            cluster.end()


def _rows(
    store: str, station: Station, relay: RunningRelay, people: int, database: Callable[[], int]
) -> list[Row]:  # fmt: skip
    empty, few = database(), people // 5
    begun, rest = station.enrol(0, few), station.enrol(0, people)  # the second list holds the first one: it goes on
    station_took, relay_took = begun.processor + rest.processor, _used(relay.process.pid)
    left_out = people - begun.said["created"] - rest.said["created"]
    kept = (database() - empty) / people
    paper = sum(path.stat().st_size for path in station.letters.glob("*.pdf")) / people
    took = begun.seconds + rest.seconds
    marginal = (people - few) / rest.seconds
    title = f"{people:,} people on {store}"
    rows = [
        Row(GROUP, f"{title}, from CSV to letters in PDF ({took:,.0f} s)", people / took, "/s"),
        Row(GROUP, f"{title}, all but the first {few:,}", marginal, "/s"),
        Row(GROUP, f"{title}, processor of the station for each", station_took / people * 1e3, "ms"),
        Row(GROUP, f"{title}, processor of the relay for each", relay_took / people * 1e3, "ms"),
        Row(GROUP, f"{title}, memory of the station's processes", max(begun.memory, rest.memory), "MiB"),
        Row(GROUP, f"{title}, memory of the relay", _peak(relay.process.pid), "MiB"),
        Row(GROUP, f"{title}, database for each", kept, "bytes"),
        Row(GROUP, f"{title}, letter for each", paper, "bytes"),
    ]
    station.enrol_and_kill(people, KILLED, KILLED // 2)
    again = station.enrol(people, KILLED)
    left_out += KILLED - again.said["created"] - again.said["unchanged"] - again.said["already"]
    rows.append(
        at_most(GROUP, f"{title}, {KILLED:,} more, killed at half and run again: doubled, lost", left_out, "", 0)
    )
    return rows + _nation(title, marginal, kept, paper)


def _nation(title: str, rate: float, kept: float, paper: float) -> list[Row]:
    weeks = WEEKS * 7 * 86_400
    machines = ceil(NATION / rate / weeks)
    return [
        Row(GROUP, f"{title} -> {NATION:,}: {NATION:,} / {rate:,.0f} / 86,400", NATION / rate / 86_400, "days"),
        Row(GROUP, f"... in {WEEKS} weeks: {NATION:,} / ({rate:,.0f} x {weeks:,} s)", machines, "machines"),
        Row(GROUP, f"... database: {NATION:,} x {kept:,.0f} bytes", NATION * kept / 1e9, "GB"),
        Row(GROUP, f"... letters: {NATION:,} x {paper:,.0f} bytes", NATION * paper / 1e9, "GB"),
    ]  # fmt: skip


def _sqlite_bytes(data: Path) -> int:
    with sqlite3.connect(data / "relay.db") as database:
        pages, size = (database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * size)


def _watch(process: "subprocess.Popen[str]", found: list[float]) -> None:
    while process.poll() is None:
        found.append(sum(_resident(pid) for pid in _family(process.pid)))
        threading.Event().wait(0.2)


def _family(pid: int) -> Sequence[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in _family(int(child)))]


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / MIB
    except OSError:
        return 0


def _used_by_children() -> float:
    """Seconds of processor of those children who ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _used(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    from bench.row import show

    show(measured(int(sys.argv[1]), on_postgresql="--postgresql" in sys.argv))
