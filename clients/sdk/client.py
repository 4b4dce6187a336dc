"""A client of one relay: one log-in, the accounts it may act for, their mailboxes."""

from collections.abc import AsyncGenerator, Mapping, Sequence

import msgspec
from treq.client import HTTPClient

from clients.sdk import watching
from clients.sdk.connection import AskCode, Connection, Unlock
from clients.sdk.directory import Directory
from clients.sdk.mailbox import Mailbox
from clients.sdk.password import Password
from clients.sdk.setting import set_one
from clients.session.calls import Call
from clients.session.session import Challenged, Session
from clients.session.transport import Transport
from crypto.encoding import unb64u
from crypto.errors import NotCanonical
from crypto.keybox import OpenedBox, PasswordKey, SlotKey, open_box
from crypto.keys import SigningSeed
from messaging.wire import codec, limits, names
from messaging.wire.errors import Refusal
from messaging.wire.methods import Get, Resolve, Set
from messaging.wire.types import (
    AccountInfo,
    Contact,
    EnrolAnswer,
    EnrolOutcome,
    EnrolPerson,
    EnrolRequest,
    KeyBox,
    LoginMethod,
    PublicKey,
    Resolved,
    Tokens,
)


class Client:
    """Made by one of the class methods, all of which log in. Close it, or use it as `async with`."""

    def __init__(self, connection: Connection, password: Password | None = None) -> None:
        self._connection = connection
        self._password = password
        self._directory = Directory(connection)
        self._accounts: dict[str, AccountInfo] = {}

    @classmethod
    async def with_key(cls, relay: str, login: str, seed: SigningSeed, *, http: HTTPClient | None = None) -> "Client":
        """Log in with a key: bridges, stations, integrators. Raises Refusal, ValueError (address)."""

        async def unlock(_: Challenged) -> SigningSeed:
            return seed

        return await cls._logged_in(cls(_connection(relay, login, "key", unlock, None, http)))

    @classmethod
    async def with_password(
        cls, relay: str, login: str, password: str, code: AskCode | None, *, http: HTTPClient | None = None
    ) -> "Client":
        """Log in as a person. `code` is asked, in a thread, when the relay wants a one-time code.

        Raises Refusal, WeakKdf (the relay named parameters that are too weak), ValueError (address).
        """
        kept = Password(password)
        return await cls._logged_in(cls(_connection(relay, login, "password", kept.unlock, code, http), kept))

    @classmethod
    async def with_tokens(cls, connection: Connection, tokens: Tokens, password: Password) -> "Client":
        """Go on after activation. Raises Refusal."""
        client = cls(connection, password)
        await connection.take_tokens(tokens)
        await client.reload()
        return client

    @classmethod
    async def _logged_in(cls, client: "Client") -> "Client":
        try:
            await client._connection.log_in()
            await client.reload()
        except BaseException:
            await client.close()
            raise
        return client

    @property
    def account(self) -> str:
        """The account that logged in."""
        return self._connection.account

    @property
    def accounts(self) -> Mapping[str, AccountInfo]:
        """The account that logged in and those it may act for, as they were at log-in or the last reload()."""
        return self._accounts

    @property
    def password_key(self) -> PasswordKey | None:
        """What opens the key box of who logged in with a password."""
        return None if self._password is None else self._password.slot_key

    async def reload(self) -> None:
        """Ask again which accounts there are. Raises Refusal."""
        described = await self._connection.describe()
        asked = [Call("AccountInfo/get", Get(account_id=account)) for account in described.accounts]
        found: dict[str, AccountInfo] = {}
        for start in range(0, len(asked), limits.MAX_CALLS_IN_REQUEST):
            for outcome in await self._connection.batch(asked[start : start + limits.MAX_CALLS_IN_REQUEST]):
                if not isinstance(outcome, Refusal):
                    found |= {info.id: info for info in outcome.list_}
        self._accounts = found

    async def enrol(self, people: Sequence[EnrolPerson]) -> list[EnrolOutcome]:
        """Create accounts; one outcome for each, in order. Repeating it does no harm. Raises Refusal."""
        outcomes: list[EnrolOutcome] = []
        for start in range(0, len(people), limits.MAX_ENROL):
            request = EnrolRequest(people=list(people[start : start + limits.MAX_ENROL]))
            answer = codec.decode(await self._connection.post(names.ENROL, request), EnrolAnswer)
            outcomes += answer.people
        return outcomes

    async def resolve(self, account: str, addresses: Sequence[str]) -> dict[str, Resolved]:
        """Who has these mail addresses, by address; unknown ones are left out. Bridges only. Raises Refusal."""
        found: dict[str, Resolved] = {}
        for start in range(0, len(addresses), limits.MAX_RESOLVE):
            page = list(addresses[start : start + limits.MAX_RESOLVE])
            answer = await self._connection.call("Address/resolve", Resolve(account_id=account, addresses=page))
            found |= {item.address: item for item in answer.list_}
        return found

    async def look_up(self, account: str, peers: Sequence[str]) -> dict[str, PublicKey]:
        """The present key of each peer, proven by its chain of statements; unknown ones are left out.

        Raises Refusal, Distrusted.
        """
        chains = await self._directory.chains(account, peers, fresh=True)
        return {peer: keys[-1].wire for peer, keys in chains.items()}

    async def mailbox(
        self, account: str, key: SlotKey, *, name: str, address: str, minimum_version: int = 1
    ) -> Mailbox:
        """Fetch and open the key box of `account`; `name` and `address` are what letters say of their sender.

        Raises Refusal, CannotOpen (wrong key), OlderBox, Distrusted (the directory has other keys than the box).
        """
        opened = await self._open_box(account, key, minimum_version)
        return await Mailbox.open(self._connection, self._directory, opened, key, name=name, address=address)

    def watch(self) -> AsyncGenerator[Mapping[str, Mapping[str, str]]]:
        """StateChange.changed as it happens; {} means "look at everything" and comes at least every 30 seconds.

        Never ends by itself. Raises Refusal when the log-in is refused.
        """
        return watching.watch(self._connection)

    async def contacts(self, account: str) -> list[Contact]:
        """Who may write to whom, seen from `account`. Raises Refusal."""
        answer = await self._connection.call("Contact/get", Get(account_id=account))
        return list(answer.list_)

    async def contact(self, account: str, peer: str) -> Contact | None:
        """One of the contacts of `account`; None: these two never wrote. Raises Refusal."""
        answer = await self._connection.call("Contact/get", Get(account_id=account, ids=[peer]))
        return next((found for found in answer.list_ if found.peer == peer), None)

    async def close_contact(self, account: str, peer: str) -> None:
        """The patient `peer` may no longer write to the professional `account`. Raises Refusal."""
        await self._set_contact(account, peer, may_write=False)

    async def open_contact(self, account: str, peer: str) -> None:
        """The patient `peer` may write to the professional `account` again. Raises Refusal."""
        await self._set_contact(account, peer, may_write=True)

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _open_box(self, account: str, key: SlotKey, minimum_version: int) -> OpenedBox:
        answer = await self._connection.call("KeyBox/get", Get(account_id=account))
        boxes: list[KeyBox] = answer.list_
        if not boxes:
            raise Refusal("notFound", "this account has no key box")
        try:
            raw = unb64u(boxes[0].box)
        except NotCanonical as error:
            raise Refusal("serverFail", "a key box that is not base64url") from error
        return open_box(raw, account, key, minimum_version)

    async def _set_contact(self, account: str, peer: str, *, may_write: bool) -> None:
        update = {peer: msgspec.Raw(codec.encode({"mayWrite": may_write}))}
        await set_one(self._connection, "Contact/set", Set(account_id=account, update=update))


def _connection(
    relay: str, login: str, method: LoginMethod, unlock: Unlock, code: AskCode | None, http: HTTPClient | None
) -> Connection:
    transport = Transport(relay, http)
    return Connection(transport, Session(transport.origin, login, method), unlock, code)
