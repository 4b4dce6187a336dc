"""Few places, many peers: nobody takes them all."""

import asyncio

import pytest

from bridges.mssante import smtp
from bridges.mssante.shares import Shares
from tests.bridges.conftest import Running
from tests.bridges.fakes import DOCTOR, PATIENT
from tests.bridges.mails import mail
from tests.bridges.transcript import Peer


class Holders:
    """Tasks that hold a place until they are let go."""

    def __init__(self, shares: Shares) -> None:
        self.shares, self.inside, self.tasks = shares, list[str](), list[asyncio.Task[None]]()
        self.leaving = asyncio.Semaphore(0)

    async def come(self, peer: str, count: int) -> None:
        self.tasks += [asyncio.create_task(self._hold(peer)) for _ in range(count)]
        await self.settle()

    async def leave(self) -> None:
        self.leaving.release()
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def _hold(self, peer: str) -> None:
        async with self.shares.hold(peer):
            self.inside.append(peer)
            await self.leaving.acquire()
            self.inside.remove(peer)


async def ended(holders: Holders) -> None:
    for task in holders.tasks:
        task.cancel()
    await asyncio.gather(*holders.tasks, return_exceptions=True)


async def test_one_peer_leaves_room_for_the_next() -> None:
    holders = Holders(Shares(16, 4, 4))
    await holders.come("a", 30)
    assert len(holders.inside) == 12
    await holders.come("b", 1)
    assert holders.inside.count("b") == 1
    await ended(holders)


async def test_whoever_holds_the_fewest_is_next() -> None:
    holders = Holders(Shares(2, 1))
    await holders.come("a", 9)
    await holders.come("b", 1)
    assert holders.inside == ["a", "a"]
    await holders.leave()
    assert sorted(holders.inside) == ["a", "b"]
    await ended(holders)


async def test_who_gives_up_waiting_takes_no_place() -> None:
    shares = Shares(1, 1)
    holders = Holders(shares)
    await holders.come("a", 2)
    holders.tasks[1].cancel()
    await holders.settle()
    await holders.leave()
    async with asyncio.timeout(1), shares.hold("b"):
        assert holders.inside == []


async def test_a_message_that_comes_too_slowly_ends_the_session(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "GRACE_SECONDS", 0.2)
    peer = await Peer.secured(running, running.client)
    await peer.asks(f"MAIL FROM:<{DOCTOR}>", "250 ")
    await peer.asks(f"RCPT TO:<{PATIENT}>", "250 ")
    await peer.asks("DATA", "354 ")
    await peer.says(mail().as_bytes()[:100])
    await peer.hears("421 4.4.2")
    assert await peer.is_hung_up()
    assert running.relay.sealed == {}
