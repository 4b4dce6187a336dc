"""Sends of 2 kB, one and fifty a request: on SQLite, and on PostgreSQL with pgbench and Synapse beside them."""

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

from bench.house import SIZE, House, furnish, port_of, send
from bench.load import drive
from bench.row import Row, against, at_least, percentile
from bench.synapse import Synapse
from bench.synapse import missing as no_synapse
from tests.live.scale import Pair
from tests.postgres import Cluster

GROUP = "relay"
COUNT = 6_000  # sends of a row; a sixth of it for one client
CLIENTS = (1, 16, 64)
BATCH = 50
_SYNAPSE_COUNT = {1: 150, 16: 400, 64: 400}
_PGBENCH_SECONDS = 5
_TIMES = 50  # Synapse's rate
_PEER = "Synapse"


async def on_sqlite(house: House) -> list[Row]:
    """Against fixed figures."""
    rows = []
    for clients in CLIENTS:
        rate, figures = await _one_a_request(house, clients)
        workload = f"sends of 2 kB, one a request, {clients} clients ({figures})"
        rows.append(at_least(GROUP, workload, rate, "/s", 2500) if clients > 1 else Row(GROUP, workload, rate, "/s"))
    rate = await _batched(house)
    return [*rows, at_least(GROUP, f"sends of 2 kB, {BATCH} a request, 16 clients", rate, "/s", 8000)]


async def on_postgres(folder: Path) -> list[Row]:
    """Against what runs beside it on the same kind of server, in turn: each has the machine for itself."""
    cluster = Cluster.start()
    try:
        peers = await _synapse(folder / "synapse", cluster)
        limits = {clients: _pgbench(cluster, clients) for clients in CLIENTS}
        pair = Pair.start(folder / "pair", cluster)
        try:
            async with AsyncExitStack() as stack:
                house = await furnish(pair.first, stack)
                return [
                    *[row for clients in CLIENTS for row in await _compared(house, clients, peers, limits)],
                    await _at_two(house, pair, peers),
                    await _against_limit(house, limits[16]),
                ]
        finally:
            pair.stop()
    finally:
        cluster.end()


async def _compared(house: House, clients: int, peers: dict[int, float], limits: dict[int, float]) -> list[Row]:
    rate, figures = await _one_a_request(house, clients)
    workload = f"PostgreSQL, sends of 2 kB, one a request, {clients} clients"
    limit = Row(GROUP, workload, rate, "/s", "pgbench", limits[clients], rate / limits[clients])
    return [_beside(f"{workload} ({figures})", rate, peers.get(clients)), limit]


async def _against_limit(house: House, limit: float) -> Row:
    workload = f"PostgreSQL, sends of 2 kB, {BATCH} a request, 16 clients"
    return against(GROUP, workload, await _batched(house), "/s", "pgbench", limit, ">= 40 % of pgbench", 0.4)


async def _at_two(house: House, pair: Pair, peers: dict[int, float]) -> Row:
    """Half of the clients at each relay."""
    ports, each = (house.port, port_of(pair.second)), COUNT // 2
    loads = [drive("127.0.0.1", port, [send(house, 1, n) for n in range(each)], 32) for port in ports]
    took = [total for total, _ in await asyncio.gather(*loads)]
    workload = "PostgreSQL, sends of 2 kB, one a request, two relays of 32 clients"
    return _beside(workload, COUNT / max(took), peers.get(64))


def _beside(workload: str, rate: float, peer: float | None) -> Row:
    if peer is None:
        return Row(GROUP, workload, rate, "/s", goal=f">= {_TIMES}x {_PEER} ({no_synapse()})")
    return against(GROUP, workload, rate, "/s", _PEER, peer, f">= {_TIMES}x {_PEER}", _TIMES)


async def _one_a_request(house: House, clients: int) -> tuple[float, str]:
    count = COUNT if clients > 1 else COUNT // 6
    total, took = await drive("127.0.0.1", house.port, [send(house, 1, n) for n in range(count)], clients)
    return count / total, f"p50 {median(took) * 1e3:.1f} ms, p99 {percentile(took, 0.99) * 1e3:.1f} ms"


async def _batched(house: House) -> float:
    count = COUNT * 2 // BATCH
    total, _ = await drive("127.0.0.1", house.port, [send(house, BATCH, n) for n in range(count)], 16)
    return count * BATCH / total


async def _synapse(folder: Path, cluster: Cluster) -> dict[int, float]:
    """Events a second by senders; nothing where it is not installed."""
    if no_synapse():
        return {}
    peer = Synapse.start(folder, cluster)
    try:
        await peer.ready()
        return {senders: await peer.sends(senders, count) for senders, count in _SYNAPSE_COUNT.items()}
    finally:
        peer.stop()


def _pgbench(cluster: Cluster, clients: int) -> float:
    """Rows of 2 kB a second, each inserted and committed by itself: what the server gives to whoever asks no more."""
    cluster.say(
        "CREATE TABLE IF NOT EXISTS limits (n BIGSERIAL PRIMARY KEY, sealed BYTEA NOT NULL); "
        "ALTER TABLE limits ALTER sealed SET STORAGE EXTERNAL"
    )
    script = cluster.folder / "insert.sql"
    script.write_text(f"INSERT INTO limits (sealed) VALUES ('\\x{os.urandom(SIZE).hex()}');\n")
    script.chmod(0o644)
    said = cluster.run(
        "pgbench", "-n", "-M", "prepared", "-f", str(script), "-c", str(clients), "-j", str(min(clients, 2)),
        "-T", str(_PGBENCH_SECONDS), "-h", str(cluster.folder), "-U", "pli", "postgres",
    )  # fmt: skip
    return float(next(line.split()[2] for line in said.splitlines() if line.startswith("tps")))
