"""The relay's key log over the wire: look-ups and proofs, each against the newest checkpoint that passed.

Laws: one question at a time, so that each answer goes on from the last one; a fork and another policy are remembered,
and nothing is sealed until exactly they are accepted.
"""

import asyncio
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from clients.content.letter import LogSeen
from clients.sdk.connection import Connection
from clients.sdk.remembered import Pair, Sticky, Trust
from clients.session.carried import HttpRequest, bearer
from clients.session.keylog import KeyLog, distrusted, policy_of
from clients.session.keyring import Chain, Distrusted
from crypto.keybox import LastCheckpoint
from crypto.transparency.tree import EMPTY_ROOT
from messaging.wire import limits, names
from messaging.wire.methods import KeyLookup, KeyLookupDone, Prove, ProveDone
from messaging.wire.types import PublicKey

_KNOWN_LIMIT: Final = 10_000  # checkpoints of letters that were found to fit; some 1 MB


@dataclass(frozen=True)
class Doubts:
    """Of what letters say of the log: `forked` the log signed and does not go on from; `unsigned` it never signed."""

    forked: frozenset[LogSeen] = frozenset()
    unsigned: frozenset[LogSeen] = frozenset()


class Log:
    """One for each log-in. A policy that the operator gave counts, whatever is served; `clock` is in UTC."""

    def __init__(
        self, connection: Connection, trust: Trust, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._connection, self._configured, self._clock = connection, trust.policy, clock
        self.memory, self.stations = trust.memory, trust.stations
        self._state: KeyLog | None = None
        self._turn = asyncio.Lock()
        self._fitting: dict[Pair, None] = {}

    @property
    def account(self) -> str:
        """Who logged in."""
        return self._connection.account

    @property
    def newest(self) -> LastCheckpoint | None:
        """The newest checkpoint that passed."""
        return self.memory.checkpoint if self._state is None else self._state.newest

    @property
    def seen(self) -> LogSeen | None:
        """The same as letters say it."""
        return None if self._state is None else self._state.seen

    def require_trust(self) -> None:
        """Before anything is sealed. Raises Distrusted for what was found earlier and nobody accepted."""
        if self.memory.distrust is not None:
            raise distrusted(self.memory.distrust)

    async def offered(self) -> bytes:
        """The text of the policy that counts for this log-in or, without one of the operator's, that is served now.

        Raises Refusal.
        """
        return self._configured or await self._served()

    async def accept(self, what: bytes) -> None:
        """Somebody was told, and accepts exactly this: the root of a tree that is distrusted (LogMemory.forgive), or
        the hash of the policy that is offered now, under which the log has to go on from the one that was known.

        Raises Refusal; Distrusted, also where nothing of that name is there to be accepted.
        """
        async with self._turn:
            if self.memory.forgive(what):
                self._state = None
                self._fitting.clear()
            else:
                await self._take_policy(what)

    async def look_up(self, asker: str, accounts: Sequence[str]) -> Mapping[str, Chain | Distrusted]:
        """The proven line of each account, or why it is not believed; empty for those that the relay does not know.

        At most 500. Raises Refusal; Distrusted when the whole log is not believed.
        """
        async with self._turn:
            state = await self._opened()
            asked = KeyLookup(account_id=asker, accounts=list(accounts), history=True, since=state.since)
            answer: KeyLookupDone = await self._connection.call("PublicKey/lookup", asked)
            state = await self._accepted(state, answer.log.checkpoint, answer.log.consistency)
        listed: dict[str, list[PublicKey]] = {}
        for key in answer.list_:
            listed.setdefault(key.account, []).append(key)
        return {account: _proven(state, account, listed.get(account, [])) for account in accounts}

    async def check(self, asker: str, shown: Collection[LogSeen]) -> "Doubts":
        """What other people's letters say of the log: those that it does not go on from, which is a fork and remembered
        so; and those that the log never signed, which say nothing.

        Raises Refusal, Distrusted.
        """
        if not shown:
            return Doubts()
        async with self._turn:
            state = await self._opened()
        signed = [each for each in shown if _pair(each) in self._fitting or state.signed(each)]
        wrong = await self._wrong(asker, {_pair(each) for each in signed})
        self.memory.saw_forks(wrong)
        return Doubts(frozenset(each for each in signed if _pair(each) in wrong), frozenset(shown) - frozenset(signed))

    async def join(self, account: str, last: LastCheckpoint | None, *, held: bool) -> None:
        """Go on from what the account's other clients verified.

        Raises Refusal; Distrusted. What the box of somebody whom one holds says is distrusted for that account alone.
        """
        if last is None:
            return
        pair = (last.size, last.root)
        if self.newest is not None and last == self.newest:
            return
        if await self._is_odd(last.policy):
            reason: Sticky = "policyChanged"
        elif await self._wrong(account, {pair}) - self.memory.forgiven:
            reason = "logForked"
        else:
            return
        if held:
            raise Distrusted(account, reason)
        if reason == "policyChanged":
            self.memory.saw_policy(last.policy)
        else:
            self.memory.saw_forks([pair])
        raise distrusted(reason)

    async def _is_odd(self, policy: bytes) -> bool:
        async with self._turn:
            ours = (await self._opened()).policy.hash
        return self._configured is None and policy != ours and policy not in self.memory.forgiven_policies

    async def _take_policy(self, hashed: bytes) -> None:
        text = self._configured or await self._served()
        if hashlib.sha256(text).digest() != hashed:
            raise distrusted(self.memory.distrust or "policyChanged")
        state = KeyLog(policy_of(text), self.memory.checkpoint)
        answer = await self._asked(self._connection.account, state, set())
        state = self._grown(state, answer.checkpoint, _own(state, answer))
        before = hashed if self.memory.policy is None else hashlib.sha256(self.memory.policy).digest()
        self.memory.take_policy(None if self._configured is not None else text, hashed, before)
        self._fitting.clear()
        self._keep(state)

    async def _opened(self) -> KeyLog:
        if self._state is None:
            if self._configured is not None:
                self.memory.other_policies = frozenset()  # the operator's file is their word on policies
            text = self._configured or await self._policy()
            self._state = KeyLog(policy_of(text), self.memory.checkpoint)
        return self._state

    async def _policy(self) -> bytes:
        served = await self._served()
        if self.memory.policy is None:
            self.memory.policy = served
        elif self.memory.policy != served:
            self.memory.saw_policy(hashlib.sha256(served).digest())
        return self.memory.policy

    async def _served(self) -> bytes:
        response = await self._connection.carry(
            lambda token: HttpRequest("GET", names.LOG_POLICY, bearer(token), repeatable=True)
        )
        return response.body

    async def _accepted(self, state: KeyLog, note: str, consistency: Sequence[str] | None) -> KeyLog:
        try:
            state = self._grown(state, note, consistency)
        except Distrusted as error:
            if error.reason == "badCheckpoint" and await self._is_another_policy():
                # Another policy than the one that was taken: that is why its signatures are not there.
                raise distrusted("policyChanged") from error
            raise
        self._keep(state)
        return state

    def _grown(self, state: KeyLog, note: str, consistency: Sequence[str] | None) -> KeyLog:
        now = self._clock()
        try:
            return state.accept(note, consistency, now)
        except Distrusted as error:
            if error.reason == "logForked":
                shown = state.shown(note, now).newest
                if shown is None:
                    self.memory.saw_forks([(0, EMPTY_ROOT)])
                else:
                    self.memory.saw_other_tree(shown)
            raise

    async def _is_another_policy(self) -> bool:
        if self._configured is not None:
            return False
        served = await self._served()
        if served == self.memory.policy:
            return False
        self.memory.saw_policy(hashlib.sha256(served).digest())
        return True

    def _keep(self, state: KeyLog) -> None:
        self._state, self.memory.checkpoint = state, state.newest

    async def _wrong(self, asker: str, pairs: Collection[Pair]) -> frozenset[Pair]:
        """Those that the log does not go on from. They are asked for twice: a letter may be faster than the log."""
        wrong = [pair for pair in sorted(pairs) if pair not in self._fitting]
        for _ in range(2):
            wrong = await self._not_fitting(asker, wrong)
        return frozenset(wrong)

    async def _not_fitting(self, asker: str, pairs: Sequence[Pair]) -> list[Pair]:
        wrong: list[Pair] = []
        for start in range(0, len(pairs), limits.MAX_PROVE - 1):
            wrong += await self._prove(asker, pairs[start : start + limits.MAX_PROVE - 1])
        return wrong

    async def _prove(self, asker: str, pairs: Sequence[Pair]) -> list[Pair]:
        async with self._turn:
            state = await self._opened()
            answer = await self._asked(asker, state, {size for size, _ in pairs})
            state = await self._accepted(state, answer.checkpoint, _own(state, answer))
        wrong = [(size, root) for size, root in pairs if not state.holds(size, root, answer.proofs.get(str(size)))]
        for pair in set(pairs) - set(wrong):
            self._fitting[pair] = None
        while len(self._fitting) > _KNOWN_LIMIT:
            del self._fitting[next(iter(self._fitting))]
        return wrong

    async def _asked(self, asker: str, state: KeyLog, sizes: set[int]) -> ProveDone:
        wanted = sizes | ({state.since} if state.since is not None else set())
        answer: ProveDone = await self._connection.call("KeyLog/prove", Prove(account_id=asker, sizes=sorted(wanted)))
        return answer


def _own(state: KeyLog, answer: ProveDone) -> Sequence[str] | None:
    """The proof that the log goes on from the newest checkpoint; nothing has to be proven where there is none."""
    return [] if state.since is None else answer.proofs.get(str(state.since))


def _pair(seen: LogSeen) -> Pair:
    return seen.size, seen.root


def _proven(state: KeyLog, account: str, listed: Sequence[PublicKey]) -> Chain | Distrusted:
    try:
        return state.proven(account, listed)
    except Distrusted as error:
        return error
