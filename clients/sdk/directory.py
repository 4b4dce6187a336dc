"""Other people's keys as this client knows them: looked up, proven as chains, kept while it runs."""

from collections.abc import Mapping, Sequence

from clients.sdk.connection import Connection
from clients.session.keyring import Chain, chain
from messaging.wire import limits
from messaging.wire.methods import KeyLookup
from messaging.wire.types import PublicKey


class Directory:
    """A cache: what is in it was proven, but may be old. `fresh` asks again."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._chains: dict[str, Chain] = {}

    async def chains(self, asker: str, accounts: Sequence[str], *, fresh: bool = False) -> Mapping[str, Chain]:
        """The chain of each account that the relay knows; others are left out. Raises Refusal, Distrusted."""
        wanted = sorted(set(accounts) if fresh else set(accounts) - self._chains.keys())
        for start in range(0, len(wanted), limits.MAX_LOOKUP):
            await self._look_up(asker, wanted[start : start + limits.MAX_LOOKUP])
        return {account: self._chains[account] for account in accounts if self._chains.get(account)}

    def held(self, account: str) -> Chain:
        """What is known now, without asking."""
        return self._chains.get(account, ())

    def forget(self, accounts: Sequence[str]) -> None:
        """Look these up again at the next use."""
        for account in accounts:
            self._chains.pop(account, None)

    async def _look_up(self, asker: str, accounts: list[str]) -> None:
        answer = await self._connection.call(
            "PublicKey/lookup", KeyLookup(account_id=asker, accounts=accounts, history=True)
        )
        listed: dict[str, list[PublicKey]] = {}
        for key in answer.list_:
            listed.setdefault(key.account, []).append(key)
        for account in accounts:
            self._keep(account, chain(account, listed.get(account, [])))

    def _keep(self, account: str, found: Chain) -> None:
        if found:
            self._chains[account] = found
        else:
            self._chains.pop(account, None)
