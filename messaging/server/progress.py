"""How far the key log has grown and how far it is published: what its publisher and the doors tell each other."""

import asyncio


class Progress:
    """Only used on the loop's thread. Sizes count entries."""

    def __init__(self, published: int) -> None:
        self.published = published
        self._grew = asyncio.Event()
        self._waiting: dict[asyncio.Future[None], int] = {}

    def grown(self) -> None:
        """Something was appended or signed: wake the publisher."""
        self._grew.set()

    async def growth(self, seconds: float) -> None:
        """Wait until grown() was called, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._grew.wait()
        except TimeoutError:
            return
        finally:
            self._grew.clear()

    def publish(self, size: int) -> None:
        """So much of it is published now."""
        self.published = max(self.published, size)
        for waiting in [one for one, wanted in self._waiting.items() if wanted <= self.published]:
            if not waiting.done():
                waiting.set_result(None)

    async def reach(self, size: int, seconds: float) -> bool:
        """Wait until `size` entries are published, at most so long; whether they are."""
        if size <= self.published:
            return True
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[waiting] = size
        try:
            await asyncio.wait([waiting], timeout=seconds)
        finally:
            del self._waiting[waiting]
        return size <= self.published
