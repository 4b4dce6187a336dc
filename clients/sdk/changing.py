"""How an account's box changes: one request, in which the relay takes box, keys and log-in keys, or nothing."""

from collections.abc import Sequence
from dataclasses import replace as changed
from datetime import UTC, datetime

from clients.sdk.announcing import new_keys
from clients.sdk.connection import Connection
from clients.sdk.directory import Directory
from clients.sdk.moving import move_states
from clients.sdk.ownline import own_keys, own_line, require_published
from clients.sdk.password import NewSecrets, Password
from clients.sdk.setting import set_one
from clients.session.keyring import Chain, check_pin, is_behind
from crypto.code import Code
from crypto.encoding import b64u
from crypto.keybox import BoxContent, BoxKey, DelegateFor, NewSlot, OpenedBox, PasswordKey, RecoveryKey, open_box, renew
from crypto.keys import KeyPairs
from crypto.transparency.statement import Statement
from messaging.wire import codec, names
from messaging.wire.errors import Refusal
from messaging.wire.factors import FactorsDone, FactorsRequest, NewMethods, NewTotp, RecoveryMethod
from messaging.wire.methods import Get, Got, Set
from messaging.wire.types import Delegation, NewKeys


class Changing:
    """The open box, the proven line of its account, and what may change them. `password` as in Person."""

    def __init__(
        self, connection: Connection, directory: Directory, opened: OpenedBox, line: Chain, password: Password | None
    ) -> None:
        self.connection, self.directory, self._password = connection, directory, password
        self.opened = opened
        self._line: Chain | None = line

    @property
    def account(self) -> str:
        return self.opened.account

    @property
    def is_own(self) -> bool:
        """Whether this is who logged in, and not somebody whom they hold."""
        return self.account == self.connection.account

    async def newest(self) -> Statement:
        """What the next statement of the account follows. Raises Refusal; Distrusted, `notInLog` among it."""
        if self._line is None or is_behind(self._line, own_keys(self.opened)):
            await self.settle()
        line = self._line or ()
        require_published(self.opened, line)
        return line[-1].statement

    async def settle(self) -> None:
        """Last of all, after the relay took new keys: look whether they are shown. Raises Refusal, Distrusted."""
        self._line = await own_line(self.directory, self.opened)

    async def renew(
        self, code: Code, delegates: Sequence[DelegateFor], *, suspected: bool, secrets: NewSecrets | None = None
    ) -> None:
        """A new box key, new keys, a new recovery code; sealed states written anew. Raises Refusal, Distrusted.

        `secrets` take the place of the password and of the one-time codes; without them both stay.
        """
        previous = await self.newest()
        pairs, now, before = KeyPairs.generate(), datetime.now(UTC), self.opened.box_key
        slots: list[NewSlot] = [*self._password_slot(secrets), RecoveryKey(code), *delegates]
        announced = new_keys(self.opened, pairs, previous, now, suspected=suspected)
        box, key = renew(self.opened, self.content().rotated(pairs, now), slots)
        methods = NewMethods(
            passkeys=[] if self.is_own else None,
            password=None if secrets is None else secrets.method,
            recovery=self.recovery(code),
        )
        totp = None if secrets is None else secrets.totp
        await self.put(box, key, methods, announced, totp=totp, end_others=self.is_own)
        if secrets is not None:
            self.require_password().become(secrets.password, secrets.master)
        await move_states(self.connection, self.account, before, key)
        await self.settle()

    async def put(
        self,
        box: bytes,
        key: BoxKey,
        methods: NewMethods | None = None,
        keys: NewKeys | None = None,
        *,
        totp: NewTotp | None = None,
        end_others: bool = False,
    ) -> None:
        """The relay has the box, which `key` opens, and all that comes with it. Raises Refusal.

        After new keys settle() follows, when all else is done: it may fail, and nothing that is taken may be skipped.
        """
        request = FactorsRequest(
            box=b64u(box), end_others=end_others, methods=methods or NewMethods(), new_keys=keys, totp=totp
        )
        path = names.FACTORS if self.is_own else f"{names.FACTORS}?account={self.account}"
        codec.decode(await self.connection.post_confirmed(path, request), FactorsDone)
        self.opened = open_box(box, self.account, key, self.opened.version + 1)
        if keys is not None:
            self._line = None

    async def confirmed_set(self, arguments: Set) -> None:
        """Delegation/set; after a confirmation where the relay asks for one. Raises Refusal."""
        try:
            await set_one(self.connection, "Delegation/set", arguments)
        except Refusal as refusal:
            if refusal.name != "forbidden":
                raise
            await self.connection.confirm()
            await set_one(self.connection, "Delegation/set", arguments)

    def content(self) -> BoxContent:
        """What the next version of the box holds: the newest checkpoint goes with every write."""
        newest = self.directory.log.newest
        return changed(self.opened.content, last_checkpoint=newest or self.opened.content.last_checkpoint)

    def _password_slot(self, secrets: NewSecrets | None) -> list[NewSlot]:
        if not self.is_own:
            return []
        return [PasswordKey(self.require_password().stretched if secrets is None else secrets.master)]

    def require_password(self) -> Password:
        """Raises Refusal `confirmFirst`."""
        if self._password is None or not self.is_own:
            raise Refusal("confirmFirst", "the password is not at hand")
        return self._password

    def recovery(self, code: Code) -> RecoveryMethod:
        """The log-in of a recovery code."""
        return RecoveryMethod(login_key=b64u(code.recovery_login().public().raw))

    async def listed(self) -> list[Delegation]:
        """Who may act for whom here, as the relay says. Raises Refusal."""
        answer: Got[Delegation] = await self.connection.call("Delegation/get", Get(account_id=self.account))
        return list(answer.list_)

    async def delegates(self, but: str = "") -> list[DelegateFor]:
        """Slots for all who have one now and still are delegates, to their present keys. Raises Refusal, Distrusted.

        The relay alone makes nobody a delegate; whoever gave up, or was ended there, gets no slot again.
        """
        still = {each.delegate for each in await self.listed() if each.account == self.account}
        return await self.slots_for(sorted((self.opening() & still) - {but}))

    def opening(self) -> set[str]:
        """The accounts for whom the box has a slot."""
        return {slot.delegate for slot in self.opened.slots if slot.delegate is not None}

    async def slots_for(self, accounts: Sequence[str]) -> list[DelegateFor]:
        """Slots that these accounts will open. Raises Refusal, Distrusted."""
        self.directory.log.require_trust()
        chains = await self.directory.chains(self.connection.account, accounts, fresh=True)
        missing = [account for account in accounts if account not in chains]
        if missing:
            raise Refusal("recipientNotFound", members={"recipients": missing})
        for account in accounts:
            check_pin(account, chains[account], self.opened.content.pins)
        self.directory.log.require_trust()  # the look-up itself may have shown a fork
        return [DelegateFor(account, chains[account][-1].keys) for account in accounts]
