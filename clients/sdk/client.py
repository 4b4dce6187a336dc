"""A client of one relay: one log-in, the accounts it may act for, their mailboxes."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from treq.client import HTTPClient

from clients.sdk import finding, life, watching
from clients.sdk import grants as app_grants
from clients.sdk.apps import device_key
from clients.sdk.connection import AskCode, Connection, Unlock
from clients.sdk.directory import Directory
from clients.sdk.exporting import Exported, export
from clients.sdk.hooks import Webhooks
from clients.sdk.log import Log
from clients.sdk.mailbox import Mailbox
from clients.sdk.ownline import own_line
from clients.sdk.password import Password
from clients.sdk.person import Person
from clients.sdk.remembered import LogMemory, Trust
from clients.sdk.setting import set_one
from clients.session.calls import Call
from clients.session.keyring import Distrusted, check_theirs
from clients.session.session import Challenged, Session
from clients.session.transport import Transport
from crypto.encoding import unb64u
from crypto.errors import NotCanonical
from crypto.keybox import BoxKey, OpenedBox, PasswordKey, SlotKey, open_box
from crypto.keys import SigningSeed
from messaging.wire import codec, limits, names
from messaging.wire.accesslog import BEGINNING
from messaging.wire.catalogue import Catalogue, Scope
from messaging.wire.directory import DirectoryEntry, EntryFilter, EntryUpdate
from messaging.wire.errors import Refusal
from messaging.wire.grants import AppGrant
from messaging.wire.life import Closed
from messaging.wire.methods import Get, Resolve, Set
from messaging.wire.types import (
    AccessLogEntry,
    AccountInfo,
    Contact,
    EnrolAnswer,
    EnrolOutcome,
    EnrolPerson,
    EnrolRequest,
    LoginMethod,
    PublicKey,
    Resolved,
    Tokens,
)


class Client:
    """Made by one of the class methods, all of which log in. Close it, or use it as `async with`."""

    def __init__(self, connection: Connection, password: Password | None = None, trust: Trust | None = None) -> None:
        self._connection = connection
        self._password = password
        self._log = Log(connection, trust or Trust())
        self._directory = Directory(self._log)
        self._accounts: dict[str, AccountInfo] = {}

    @classmethod
    async def with_key(
        cls, relay: str, login: str, seed: SigningSeed, *, trust: Trust | None = None, http: HTTPClient | None = None
    ) -> "Client":
        """Log in with a key: bridges, stations, integrators. Raises Refusal, ValueError (address).

        `trust` names the key log's policy, and remembers what was seen of it between runs.
        """

        async def unlock(_: Challenged) -> SigningSeed:
            return seed

        return await cls._logged_in(cls(_connection(relay, login, "key", unlock, None, http), trust=trust))

    @classmethod
    async def from_key_file(
        cls, relay: str, login: str, path: Path, *, trust: Trust | None = None, http: HTTPClient | None = None
    ) -> "Client":
        """The same by a key file of `pli keys new`: 32 bytes in base64url.

        Raises as with_key(), OSError, NotCanonical.
        """
        text = await asyncio.to_thread(path.read_text, "ascii")
        seed = SigningSeed(unb64u(text.strip(), 32))
        return await cls.with_key(relay, login, seed, trust=trust, http=http)

    async def app_mailbox(self, seed: SigningSeed, *, name: str, address: str) -> Mailbox:
        """The mailbox of an app that was enrolled with this key file (clients.sdk.apps). Raises as mailbox()."""
        return await self.mailbox(self.account, device_key(seed), name=name, address=address)

    @classmethod
    async def with_password(
        cls,
        relay: str,
        login: str,
        password: str,
        code: AskCode | None,
        *,
        trust: Trust | None = None,
        http: HTTPClient | None = None,
    ) -> "Client":
        """Log in as a person. `code` is asked, in a thread, when the relay wants a one-time code.

        Raises Refusal, WeakKdf (the relay named parameters that are too weak), ValueError (address).
        """
        kept = Password(password)
        return await cls._logged_in(cls(_connection(relay, login, "password", kept.unlock, code, http), kept, trust))

    @classmethod
    async def with_tokens(
        cls, connection: Connection, tokens: Tokens, password: Password | None, trust: Trust | None = None
    ) -> "Client":
        """Go on with what another door gave: activation, recovery, pairing. Raises Refusal."""
        client = cls(connection, password, trust)
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
        """Who has these mail addresses, by address; unknown ones are left out. Bridges only.

        Of each open account is proven that it was enrolled for the address, by one of the stations of Trust.
        Raises Refusal; Distrusted: `notTheirs`, and as look_up(); ValueError where Trust names no stations: an account
        of the relay's own would be believed for any address, and whoever wants that says ANY_STATION.
        """
        if not self._log.stations:
            raise ValueError("Trust.stations: name the stations that may vouch for accounts, or say ANY_STATION")
        found: dict[str, Resolved] = {}
        for start in range(0, len(addresses), limits.MAX_RESOLVE):
            page = list(addresses[start : start + limits.MAX_RESOLVE])
            answer = await self._connection.call("Address/resolve", Resolve(account_id=account, addresses=page))
            found |= {item.address: item for item in answer.list_}
        await self._prove(account, [item for item in found.values() if item.state == "open"])
        return {address: found[address] for address in addresses if address in found}

    async def look_up(self, account: str, peers: Sequence[str]) -> dict[str, PublicKey]:
        """The present key of each peer, proven by its chain of statements and the log; unknown ones are left out.

        Raises Refusal, Distrusted.
        """
        chains = await self._directory.chains(account, peers, fresh=True)
        return {peer: keys[-1].wire for peer, keys in chains.items()}

    @property
    def log_memory(self) -> LogMemory:
        """What is remembered of the key log: keep its to_bytes(), and give it to the next client in its Trust."""
        return self._log.memory

    async def offered_policy(self) -> bytes:
        """The text of the policy that accept_log() takes by its hash: the operator's, else what is served now.

        Raises Refusal.
        """
        return await self._log.offered()

    async def accept_log(self, accepted: bytes) -> None:
        """After Distrusted `logForked` or `policyChanged`, once the people concerned were told: exactly this (32).

        The hash (SHA-256) of the offered policy, under which the log still has to go on from the one that was known; or
        the root of a tree that log_memory distrusts. Another policy than was looked at, or a fork that came meanwhile,
        stays distrusted. Raises Refusal; Distrusted, also where nothing has this name.
        """
        await self._log.accept(accepted)

    async def mailbox(
        self, account: str, key: SlotKey | BoxKey, *, name: str, address: str, minimum_version: int = 1
    ) -> Mailbox:
        """Fetch and open the key box of `account`; `name` and `address` are what letters say of their sender.

        Raises Refusal, CannotOpen (wrong key), OlderBox, Distrusted (the log has other keys than the box).
        """
        opened = open_box(await self._connection.key_box(account), account, key, minimum_version)
        return await self.mailbox_of(await self._rotated(opened), name=name, address=address)

    async def mailbox_of(self, opened: OpenedBox, *, name: str, address: str) -> Mailbox:
        """A mailbox of a box that is open: of an account that one holds, or that pairing gave. Raises as mailbox()."""
        return await Mailbox.open(self._connection, self._directory, opened, name=name, address=address)

    async def person(self, key: SlotKey | BoxKey | None = None, *, minimum_version: int = 1) -> Person:
        """What opens the account that logged in, its keys, and who may act for it. None: the password of the log-in.

        Raises Refusal, CannotOpen, OlderBox, Distrusted.
        """
        slot = key or self.password_key
        if slot is None:
            raise Refusal("confirmFirst", "the password is not at hand")
        return await self.person_of(
            open_box(await self._connection.key_box(self.account), self.account, slot, minimum_version)
        )

    async def person_of(self, opened: OpenedBox) -> Person:
        """The same of a box that is open: of one's own, or of somebody whom one holds. Raises Refusal, Distrusted."""
        line = await own_line(self._directory, opened)
        own = self._password if opened.account == self.account else None
        return Person(self._connection, self._directory, opened, line, own)

    async def find(
        self, asked: EntryFilter, *, position: int = 0, limit: int = 50
    ) -> list[DirectoryEntry]:  # fmt: skip
        """Professionals, organisations and apps of the directory, best first. Raises Refusal."""
        return await finding.find(self._connection, self.account, asked, position=position, limit=limit)

    async def publish(self, account: str, update: EntryUpdate) -> None:
        """Let an account that this client acts for be found in the directory, by what is said. Raises Refusal."""
        await finding.publish(self._connection, account, update)

    async def withdraw(self, account: str) -> None:
        """Let it not be found any more. Raises Refusal."""
        await finding.withdraw(self._connection, account)

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

    async def close_account(self, account: str | None = None) -> Closed:
        """End the account that logged in, or one without a password that it holds. See clients.sdk.life."""
        return await life.close_account(self._connection, account or self.account)

    async def access_log(
        self, account: str | None = None, seen: tuple[int, bytes] = (0, BEGINNING)
    ) -> Sequence[AccessLogEntry]:
        """Who acted in or for the account since `seen`, verified. Raises Refusal, BrokenLog."""
        return await life.access_log(self._connection, account or self.account, seen)

    async def grants(self, account: str | None = None) -> list[AppGrant]:
        """What the account lets apps do, or lets this app do; ended ones too. Raises Refusal."""
        return await app_grants.grants(self._connection, account or self.account)

    async def authorities(self) -> list[bytes]:
        """The keys (32 bytes) that the relay says sign its catalogue: whoever sees them first keeps them.

        Raises Refusal.
        """
        return await app_grants.authorities(self._connection)

    async def catalogue(self, authorities: Collection[bytes] | None = None) -> Catalogue:
        """The certified apps, signed by one of these keys (32 bytes), or by those that the relay names.

        Raises Refusal, BadCatalogue.
        """
        trusted = authorities or await app_grants.authorities(self._connection)
        return await app_grants.read_catalogue(self._connection, trusted)

    async def give_grant(
        self, app: str, scopes: Sequence[Scope], until: datetime, account: str | None = None, terms: bytes = b""
    ) -> str:
        """Let a certified app act for the account. See clients.sdk.grants.give()."""
        return await app_grants.give(self._connection, account or self.account, app, scopes, until, terms)

    async def revoke_grant(self, grant: str, account: str | None = None) -> None:
        """Take it back. Raises Refusal."""
        await app_grants.take_back(self._connection, account or self.account, grant)

    def webhooks(self, account: str | None = None) -> Webhooks:
        """Where the relay says that something changed for the account, or for one that this bridge acts for."""
        return Webhooks(self._connection, account or self.account)

    async def export(self, mailbox: Mailbox, folder: Path, tell: Callable[[str], None] = lambda _: None) -> Exported:
        """All that the account has, readable without Pli; the same folder again goes on. See clients.sdk.exporting.

        Raises Refusal, Distrusted, CannotOpen, BrokenLog, ValueError (the folder is not empty), OSError.
        """
        account = mailbox.account
        log, contacts = await self.access_log(account), await self.contacts(account)
        about = {"account": self._accounts.get(account), "contacts": contacts, "accessLog": log}
        return await export(mailbox, folder, about=about, tell=tell)

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _prove(self, account: str, resolved: Sequence[Resolved]) -> None:
        stations = None if isinstance(self._log.stations, str) else self._log.stations
        chains = await self._directory.chains(account, [item.account for item in resolved])
        for item in resolved:
            try:
                salt = unb64u(item.salt, 32)
            except NotCanonical as error:
                raise Distrusted(item.account, "notTheirs") from error
            check_theirs(item.account, chains.get(item.account, ()), item.address, salt, stations)

    async def _rotated(self, opened: OpenedBox) -> OpenedBox:
        # Once a year, right after a log-in: later the relay would ask for the password first.
        due = opened.content.is_due(datetime.now(UTC)) and self._connection.just_logged_in
        if not due or self._password is None or opened.account != self.account:
            return opened
        person = await self.person_of(opened)
        with suppress(Refusal, Distrusted):  # the account opens all the same; the next log-in tries again
            await person.rotate_if_due()
        return person.opened

    async def _set_contact(self, account: str, peer: str, *, may_write: bool) -> None:
        update = {peer: msgspec.Raw(codec.encode({"mayWrite": may_write}))}
        await set_one(self._connection, "Contact/set", Set(account_id=account, update=update))


def _connection(
    relay: str, login: str, method: LoginMethod, unlock: Unlock, code: AskCode | None, http: HTTPClient | None
) -> Connection:
    transport = Transport(relay, http)
    return Connection(transport, Session(transport.origin, login, method), unlock, code)
