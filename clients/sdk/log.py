"""The relay's key log over the wire: look-ups and proofs, each against the newest checkpoint that passed.

Laws: one question at a time, so that each answer goes on from the last one; a fork and another policy are remembered,
and nothing is sealed until they are accepted.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from clients.content.letter import LogSeen
from clients.sdk.connection import Connection
from clients.sdk.remembered import Trust
from clients.session.carried import HttpRequest, bearer
from clients.session.keylog import KeyLog, distrusted, policy_of
from clients.session.keyring import Chain, Distrusted
from crypto.keybox import LastCheckpoint
from messaging.wire import limits, names
from messaging.wire.methods import KeyLookup, KeyLookupDone, Prove, ProveDone
from messaging.wire.types import PublicKey

_KNOWN_LIMIT: Final = 10_000  # checkpoints of letters that were found to fit; some 1 MB


class Log:
    """One for each log-in. A policy that the operator gave counts, whatever is served; `clock` is in UTC."""

    def __init__(
        self, connection: Connection, trust: Trust, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._connection, self._configured, self._clock = connection, trust.policy, clock
        self.memory, self.stations = trust.memory, trust.stations
        self._state: KeyLog | None = None
        self._turn = asyncio.Lock()
        self._fitting: dict[LogSeen, None] = {}

    @property
    def newest(self) -> LastCheckpoint | None:
        """The newest checkpoint that passed."""
        return self.memory.checkpoint if self._state is None else self._state.newest

    @property
    def seen(self) -> LogSeen | None:
        """The same as letters say it."""
        return None if self.newest is None else LogSeen(self.newest.size, self.newest.root)

    def require_trust(self) -> None:
        """Before anything is sealed. Raises Distrusted for what was found earlier and nobody accepted."""
        if self.memory.distrust is not None:
            raise distrusted(self.memory.distrust)

    async def accept(self) -> None:
        """Somebody was told, and goes on: with the policy that is served now, from the present checkpoint on.

        Raises Refusal, Distrusted where not even the present log passes.
        """
        async with self._turn:
            text = self._configured or await self._served()
            account = self._connection.account
            found: ProveDone = await self._connection.call("KeyLog/prove", Prove(account_id=account, sizes=[]))
            state = KeyLog(policy_of(text)).accept(found.checkpoint, [], self._clock())
            self._fitting.clear()
            self.memory.policy = None if self._configured is not None else text
            self.memory.distrust, self.memory.accepted = None, state.newest
            self._keep(state)

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

    async def check(self, asker: str, shown: Collection[LogSeen]) -> frozenset[LogSeen]:
        """Those of other people's checkpoints that the log does not go on from: it is then forked, and remembered so.

        What does not fit is asked for twice: a letter may be faster than the log. Raises Refusal, Distrusted.
        """
        wrong = await self._not_fitting(asker, [each for each in shown if each not in self._fitting])
        if wrong:
            wrong = await self._not_fitting(asker, wrong)
        if wrong:
            self.memory.distrust = "logForked"
        return frozenset(wrong)

    async def join(self, asker: str, last: LastCheckpoint | None) -> None:
        """Go on from what the account's other clients verified. Raises Refusal, Distrusted."""
        if last is None:
            return
        async with self._turn:
            policy = (await self._opened()).policy.hash
        accepted = self.memory.accepted
        if last.policy != policy and self._configured is None and (accepted is None or accepted.policy != policy):
            self.memory.distrust = "policyChanged"
        elif await self.check(asker, [LogSeen(last.size, last.root)]):
            self.memory.distrust = "logForked"
        self.require_trust()

    async def _opened(self) -> KeyLog:
        if self._state is None:
            text = self._configured or await self._policy()
            policy, known = policy_of(text), self.memory.checkpoint
            self._state = KeyLog(policy, known)
        return self._state

    async def _policy(self) -> bytes:
        served = await self._served()
        if self.memory.policy is None:
            self.memory.policy = served
        elif self.memory.policy != served:
            self.memory.distrust = "policyChanged"
        return self.memory.policy

    async def _served(self) -> bytes:
        response = await self._connection.carry(
            lambda token: HttpRequest("GET", names.LOG_POLICY, bearer(token), repeatable=True)
        )
        return response.body

    async def _accepted(self, state: KeyLog, note: str, consistency: Sequence[str] | None) -> KeyLog:
        try:
            state = state.accept(note, consistency, self._clock())
        except Distrusted as error:
            if error.reason == "logForked":
                self.memory.distrust = "logForked"
            elif error.reason == "badCheckpoint" and await self._is_another_policy():
                # Another policy than the one that was taken: that is why its signatures are not there.
                self.memory.distrust = "policyChanged"
                raise distrusted("policyChanged") from error
            raise
        self._keep(state)
        return state

    async def _is_another_policy(self) -> bool:
        return self._configured is None and await self._served() != self.memory.policy

    def _keep(self, state: KeyLog) -> None:
        self._state, self.memory.checkpoint = state, state.newest

    async def _not_fitting(self, asker: str, shown: Sequence[LogSeen]) -> list[LogSeen]:
        wrong: list[LogSeen] = []
        for start in range(0, len(shown), limits.MAX_PROVE - 1):
            wrong += await self._prove(asker, shown[start : start + limits.MAX_PROVE - 1])
        return wrong

    async def _prove(self, asker: str, shown: Sequence[LogSeen]) -> list[LogSeen]:
        async with self._turn:
            state = await self._opened()
            sizes = {each.size for each in shown} | ({state.since} if state.since is not None else set())
            answer: ProveDone = await self._connection.call(
                "KeyLog/prove", Prove(account_id=asker, sizes=sorted(sizes))
            )
            own = answer.proofs.get(str(state.since)) if state.since is not None else []
            state = await self._accepted(state, answer.checkpoint, own)
        wrong = [each for each in shown if not self._fits(state, each, answer.proofs.get(str(each.size)))]
        for each in set(shown) - set(wrong):
            self._fitting[each] = None
        while len(self._fitting) > _KNOWN_LIMIT:
            del self._fitting[next(iter(self._fitting))]
        return wrong

    def _fits(self, state: KeyLog, each: LogSeen, proof: Sequence[str] | None) -> bool:
        accepted = self.memory.accepted
        # What was seen before a fork was accepted is not held against the log once more.
        forgiven = accepted is not None and each.size <= accepted.size
        return forgiven or state.holds(each.size, each.root, proof)


def _proven(state: KeyLog, account: str, listed: Sequence[PublicKey]) -> Chain | Distrusted:
    try:
        return state.proven(account, listed)
    except Distrusted as error:
        return error
