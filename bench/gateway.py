"""Mail in through the gateway: 20 kB, mutual TLS, parsed, sealed, journalled, stored by a real relay, then 250.

The peers are driven by the same senders in the same run. Neither parses, seals or hands on: one is a bare aiosmtpd that
forgets what it takes, the other flushes each mail to the disk before its 250, as whoever says 250 must.
"""

import asyncio
import datetime as dt
import os
import resource
import ssl
import subprocess
import sys
from base64 import encodebytes
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import aiosmtplib
import uvloop

from bench.row import Row, against, percentile
from demo.installation import ROOT, Installation
from demo.layout import Layout
from demo.names import CAMILLE, CAMILLE_LOGIN, CAMILLE_PASSWORD, CLINIC_DOMAIN, CLINICIAN_ADDRESS, OPERATOR_HOST, Ports
from demo.trust import Space, open_space
from tests.relays import free_port

GROUP = "gateway"
MAILS = 240  # below the burst that one sender may make
SIZE = 14_000  # bytes of the attachment: with base64 and headers a mail of about 20 kB


def run() -> Iterator[Row]:
    """The rows of this group, in the order of the table."""
    with TemporaryDirectory() as folder, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        yield from _measure(Path(folder), runner)


def _measure(folder: Path, runner: asyncio.Runner) -> Iterator[Row]:
    space = open_space(folder / "certificates", dt.datetime.now(dt.UTC))
    installation = Installation(Layout(folder, Ports(free_port(), free_port(), free_port(), free_port())))
    kept = folder / "kept"
    kept.mkdir()
    peers = {"bare aiosmtpd": _Peer(space), "durable aiosmtpd": _Peer(space, kept)}
    try:
        installation.configure(space.trust, {CLINIC_DOMAIN: f"localhost:{installation.layout.ports.operator}"})
        installation.start()
        installation.members({CAMILLE_LOGIN: CAMILLE}, {CAMILLE_LOGIN: CAMILLE_PASSWORD})
        for each in (1, 10):
            figures = {name: runner.run(_drive(space, peer.port, each))[0] for name, peer in peers.items()}
            ours, took = runner.run(_drive(space, installation.layout.ports.gateway, each))
            times = f"p50 {median(took) * 1e3:.0f} ms, p99 {percentile(took, 0.99) * 1e3:.0f} ms"
            workload = f"mails in of 20 kB, {each} a connection, 8 at once ({times})"
            for name, rate in figures.items():
                yield against(GROUP, workload, ours, "/s", name, rate, f">= 50 % of {name}", 0.5)
        yield Row(GROUP, "memory of the gateway and its parsers", _memory(installation), "MiB")
    finally:
        for peer in peers.values():
            peer.stop()
        installation.stop()


async def _drive(space: Space, port: int, each: int) -> tuple[float, list[float]]:
    """Mails a second, and the seconds of each mail, for MAILS mails over 8 connections at once."""
    context = ssl.create_default_context(cafile=str(space.trust.authority))
    context.load_cert_chain(space.operator.certificate, space.operator.key)
    waiting = iter([range(each)] * (MAILS // each))
    took: list[float] = []
    began = perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(_one(context, port, waiting, took))
    return MAILS / (perf_counter() - began), took


async def _one(context: ssl.SSLContext, port: int, waiting: Iterator[range], took: list[float]) -> None:
    for batch in waiting:
        client = aiosmtplib.SMTP(
            hostname="localhost", port=port, start_tls=True, tls_context=context, local_hostname=OPERATOR_HOST
        )
        async with client:
            for _ in batch:
                began = perf_counter()
                await client.sendmail(CLINICIAN_ADDRESS, [CAMILLE.address], _mail())
                took.append(perf_counter() - began)


def _mail() -> bytes:
    """A mail with one random attachment and a Message-ID of its own."""
    file = encodebytes(os.urandom(SIZE)).replace(b"\n", b"\r\n").decode()
    lines = (
        f"From: {CLINICIAN_ADDRESS}",
        f"To: {CAMILLE.address}",
        "Subject: Mesure",
        "Date: Mon, 23 Nov 2026 10:00:00 +0100",
        f"Message-ID: <{os.urandom(8).hex()}@{CLINIC_DOMAIN}>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="=mesure"',
        "",
        "--=mesure",
        "Content-Type: text/plain; charset=utf-8",
        "",
        "Bonjour.",
        "--=mesure",
        "Content-Type: application/octet-stream",
        "Content-Transfer-Encoding: base64",
        'Content-Disposition: attachment; filename="mesure.bin"',
        "",
        file,
        "--=mesure--",
        "",
    )
    return "\r\n".join(lines).encode()


class _Peer:
    """A server of bench/bare_smtp.py as a child process; `folder`: where it keeps mails durably."""

    def __init__(self, space: Space, folder: Path | None = None) -> None:
        self.port = free_port()
        files = [str(space.operator.certificate), str(space.operator.key), str(space.trust.authority)]
        where = [] if folder is None else [str(folder)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.bare_smtp", str(self.port), *files, *where],
            stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        if self._process.stdout is None or self._process.stdout.readline().strip() != "ready":
            raise RuntimeError("the peer did not start")

    def stop(self) -> None:
        """And wait for its end."""
        self._process.terminate()
        self._process.wait()


def _memory(installation: Installation) -> float:
    """Resident memory of the gateway and its child processes, in MiB."""
    main = installation.gateway.pid
    tasks = Path(f"/proc/{main}/task").iterdir()
    children = [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in (main, *children))
    return pages * resource.getpagesize() / (1 << 20)
