"""The relay as a whole: the only file that knows all classes. Makes them, joins them, and takes them apart."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import structlog

from messaging.relay import expiry
from messaging.relay.devices import caller as find_caller
from messaging.relay.foresight import foreseen
from messaging.relay.logasking import BeginLog
from messaging.relay.moments import SECOND, stamp
from messaging.relay.ports import Clock, Transaction
from messaging.relay.records import LogHead
from messaging.relay.relay import Asking, Sweep, work, writes
from messaging.relay.turn import Caller, Outcome, Turn
from messaging.server import loghead
from messaging.server.bus import Bus, Nats
from messaging.server.config import Config
from messaging.server.house import house as make_house
from messaging.server.metrics import Metrics
from messaging.server.progress import Progress
from messaging.server.pulse import Pulse
from messaging.server.storing import open_blobs, open_store
from messaging.server.wake import Wake
from messaging.store.batches import Work, answer_all
from messaging.store.link import ANSWER_SECONDS
from messaging.store.news import News
from messaging.store.postgres import LOOP_SECONDS, PostgresStore
from messaging.store.sql import READERS
from messaging.wire import limits
from messaging.wire.errors import Refusal

T = TypeVar("T")
_PART_SECONDS = 24 * 3600 / 256  # each part of the blobs is looked through once a day
_KNOWN_SECONDS = 4  # for so long a token is believed without asking the store again
_KNOWN_MOST = 50_000


class SystemClock:
    """The wall clock. Only expiry and what people read is by it; order is by change numbers."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)


@dataclass
class _Known:
    caller: Caller
    expires: int
    until: int


class Service:
    """Asks the rules on behalf of the doors; tells the streams what changed."""

    def __init__(self, config: Config, clock: Clock | None = None) -> None:
        """Raises BadConfig, UnsafeSecrets, NewerSchema, OlderKeys, LogLost, and what open_store() and S3 raise."""
        config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.config = config
        self.clock = clock or SystemClock()
        self.house = make_house(config)
        self._loop = asyncio.get_running_loop()
        self.store = open_store(config, self._answered)
        if isinstance(self.store, PostgresStore):
            self.store.loop_seconds = ANSWER_SECONDS
        self.progress = Progress(self._begin_log().published)
        self.blobs = open_blobs(config)
        self.wake = Wake()
        self.pulse = Pulse(self._loop)
        self.metrics = Metrics()
        self._known: dict[str, _Known] = {}
        self._readers = ThreadPoolExecutor(READERS - 1, thread_name_prefix="reader")
        self._log = structlog.get_logger()
        self._chores: list[asyncio.Task[None]] = []
        self._bus = self._make_bus()
        self._stir = asyncio.Event()

    def begin(self) -> None:
        """Start the chores. On the loop."""
        if isinstance(self.store, PostgresStore):
            self.store.loop_seconds = LOOP_SECONDS
        self._chores = [
            asyncio.create_task(self._each(limits.DEVICE_CUT_SECONDS, self._cut_ended)),
            asyncio.create_task(self._each(600, self._sweep)),
            asyncio.create_task(self._each(_PART_SECONDS, self._drop_blobs)),
        ]
        if self._bus is not None:
            self._bus.begin()

    async def close(self) -> None:
        """Finish what waits, then close the store."""
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        if self._bus is not None:
            await self._bus.close()
        self._readers.shutdown()
        await asyncio.to_thread(self.store.close)

    async def ask(self, asking: Asking, caller: Caller) -> Any:
        """The answer, after its commit. Raises Refusal."""
        run = work(self.house, asking, caller, self.clock.now())
        if not writes(asking):
            return (await self.in_reader(lambda: self.store.read(run))).answer
        answered: asyncio.Future[Outcome] = self._loop.create_future()
        self.store.submit(run, partial(_settle, answered), partial(foreseen, asking))
        outcome = await answered
        self._announce(outcome)
        if outcome.logged:
            await self._until_published(outcome.logged)
        if isinstance(outcome.answer, Refusal):
            raise outcome.answer
        return outcome.answer

    def ask_now(self, asking: Asking, caller: Caller) -> Any:
        """A quick read, on the loop's own thread: of rows by key alone. Raises Refusal."""
        return self.store.read(work(self.house, asking, caller, self.clock.now())).answer

    def in_turn(self, caller: Caller, rule: Callable[[Turn], T]) -> T:
        """What a rule reads, on the thread of whoever asks. Raises Refusal."""
        return self.store.read(lambda tx: rule(Turn(tx, self.house, caller, self.clock.now())))

    async def in_reader(self, call: Callable[[], T]) -> T:
        """Run something that waits for a disk, off the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, call)

    def caller(self, token: str, network: str) -> tuple[Caller, int]:
        """Who holds an access token and until when. Raises Refusal `unauthorized`."""
        now = self.now()
        known = self._known.get(token)
        if known is None or known.until <= now or known.expires <= now:
            caller, expires = self.store.read(self._reading(lambda turn: find_caller(turn, token)))
            known = _Known(caller, expires, now + _KNOWN_SECONDS * SECOND)
            if len(self._known) >= _KNOWN_MOST:
                self._known.clear()
            self._known[token] = known
        found = known.caller
        if not found.scopes:
            return Caller(found.account, found.kind, found.device, network), known.expires
        return replace(found, network=network), known.expires

    def now(self) -> int:
        """The clock, in microseconds."""
        return stamp(self.clock.now())

    def _answered(self, batch: list[Work]) -> None:
        # On the writer's thread: the loop is woken once for the whole batch.
        self._loop.call_soon_threadsafe(answer_all, batch)

    def _reading(self, rule: Callable[[Turn], T]) -> Callable[[Transaction], T]:
        return lambda tx: rule(Turn(tx, self.house, Caller(), self.clock.now()))

    async def stirred(self, seconds: float) -> None:
        """Wait until something changed here, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._stir.wait()
        except TimeoutError:
            return
        finally:
            self._stir.clear()

    def hear(self, told: News) -> None:
        """Another relay of this database has committed something: as if it had been asked here."""
        self._apply(told)
        if told.logged:
            if self.house.policy.quorum is None:
                self.progress.publish(told.logged)
            self.progress.grown()
        if told.published:
            self.progress.publish(told.published)

    def missed(self) -> None:
        """Something was committed elsewhere that nobody tells any more: streams come back and see for themselves."""
        self._known.clear()
        self.wake.cut_all()

    def _announce(self, outcome: Outcome) -> None:
        if self._bus is not None:
            self._bus.say()
        if outcome.changed:
            self._stir.set()
        self._apply(outcome)

    def _apply(self, told: Outcome | News) -> None:
        if told.ended:
            self._forget(set(told.ended))
        for delegate, account in told.parted:
            self.wake.part(delegate, account)
        for delegate, account in told.joined:
            self.wake.adopt(delegate, [account])
        if told.changed:
            self.wake.announce(told.changed)

    def _make_bus(self) -> Bus | None:
        config, store = self.config, self.store
        if config.database is None or not isinstance(store, PostgresStore):
            return None
        credentials = str(config.nats_credentials) if config.nats_credentials else None
        at = Nats(config.nats, credentials) if config.nats else None
        return Bus(store, config.database, self, self.in_reader, config.poll, at)

    def _begin_log(self) -> LogHead:
        try:
            loghead.check(self.config.data, self.store, self.house)
            outcome = self.store.write(work(self.house, BeginLog(), Caller(), self.clock.now()))
        except BaseException:
            self.store.close()
            raise
        head: LogHead = outcome.answer
        return head

    async def _until_published(self, size: int) -> None:
        # Whoever asked is answered in any case: what was appended stays, and is published when witnesses come back.
        if self.house.policy.quorum is None:
            self.progress.publish(size)
        self.progress.grown()
        await self.progress.reach(size, limits.PUBLISH_SECONDS)

    def _forget(self, devices: set[str]) -> None:
        self._known = {token: k for token, k in self._known.items() if k.caller.device not in devices}
        self.wake.cut(devices, self.now())

    async def _each(self, seconds: float, chore: Callable[[], Any]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await chore()
            except Exception as error:  # noqa: BLE001 - a chore that fails is told and tried again; the relay goes on
                self._log.error("a chore failed", chore=chore.__name__, cause=type(error).__name__)

    async def _cut_ended(self) -> None:
        since = self.now() - 4 * limits.DEVICE_CUT_SECONDS * SECOND
        ended = await self.in_reader(lambda: self.store.read(lambda tx: tx.ended_devices(since)))
        self._forget(set(ended))

    async def _sweep(self) -> None:
        while await self.ask(Sweep(), Caller()):  # noqa: ASYNC110 - between its steps others want to write as well
            await asyncio.sleep(0.05)

    async def _drop_blobs(self) -> None:
        before = self.clock.now() - timedelta(hours=limits.UNREFERENCED_BLOB_HOURS)
        # A part after the other, by the clock, so that a restart does not begin again with the first.
        part = int(self.clock.now().timestamp() // _PART_SECONDS) % 256
        old = await asyncio.to_thread(self.blobs.older_than, before, part)
        for start in range(0, len(old), 500):
            await self.in_reader(partial(self._drop_unclaimed, old[start : start + 500], before))

    def _drop_unclaimed(self, blobs: list[str], before: datetime) -> None:
        unclaimed = self.store.read(self._reading(lambda turn: expiry.unclaimed(turn, blobs)))
        self.blobs.remove(unclaimed, before)


def _settle(answered: "asyncio.Future[Outcome]", item: Work) -> None:
    if answered.done():  # whoever asked was cancelled; what was asked is done all the same
        return
    if item.error is not None:
        answered.set_exception(item.error)
    else:
        answered.set_result(item.outcome)
