"""How an account's box changes: one request, in which the relay takes box, keys and log-in keys, or nothing."""

from collections.abc import Sequence
from dataclasses import replace as changed
from datetime import UTC, datetime

from clients.sdk.announcing import new_keys
from clients.sdk.connection import Connection
from clients.sdk.directory import Directory
from clients.sdk.moving import move_states
from clients.sdk.ownline import own_line
from clients.sdk.password import Password
from clients.sdk.setting import set_one
from clients.session.keyring import Chain, check_pin
from crypto.code import Code
from crypto.encoding import b64u
from crypto.keybox import BoxContent, BoxKey, DelegateFor, NewSlot, OpenedBox, PasswordKey, RecoveryKey, open_box, renew
from crypto.keys import KeyPairs
from messaging.wire import codec, names
from messaging.wire.errors import Refusal
from messaging.wire.factors import FactorsDone, FactorsRequest, NewMethods, RecoveryMethod
from messaging.wire.methods import Set
from messaging.wire.types import NewKeys


class Changing:
    """The open box, the proven line of its account, and what may change them. `password` as in Person."""

    def __init__(
        self, connection: Connection, directory: Directory, opened: OpenedBox, line: Chain, password: Password | None
    ) -> None:
        self.connection, self.directory, self._password = connection, directory, password
        self.opened, self.line = opened, line

    @property
    def account(self) -> str:
        return self.opened.account

    @property
    def is_own(self) -> bool:
        """Whether this is who logged in, and not somebody whom they hold."""
        return self.account == self.connection.account

    async def renew(self, code: Code, delegates: Sequence[DelegateFor], *, suspected: bool) -> None:
        """A new box key, new keys, a new recovery code; sealed states written anew. Raises Refusal, Distrusted."""
        pairs, now, before = KeyPairs.generate(), datetime.now(UTC), self.opened.box_key
        slots: list[NewSlot] = [*self._password_slot(), RecoveryKey(code), *delegates]
        announced = new_keys(self.opened, pairs, self.line[-1].statement, now, suspected=suspected)
        box, key = renew(self.opened, self.content().rotated(pairs, now), slots)
        methods = NewMethods(passkeys=[] if self.is_own else None, recovery=self.recovery(code))
        await self.put(box, key, methods, announced, end_others=self.is_own)
        await move_states(self.connection, self.account, before, key)

    async def put(
        self,
        box: bytes,
        key: BoxKey,
        methods: NewMethods | None = None,
        keys: NewKeys | None = None,
        *,
        end_others: bool = False,
    ) -> None:
        """The relay has the box, which `key` opens, and all that comes with it. Raises Refusal, Distrusted."""
        request = FactorsRequest(
            box=b64u(box), end_others=end_others, methods=methods or NewMethods(), new_keys=keys
        )
        path = names.FACTORS if self.is_own else f"{names.FACTORS}?account={self.account}"
        codec.decode(await self.connection.post_confirmed(path, request), FactorsDone)
        self.opened = open_box(box, self.account, key, self.opened.version + 1)
        if keys is not None:
            self.line = await own_line(self.directory, self.opened)

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

    def _password_slot(self) -> list[NewSlot]:
        return [] if not self.is_own else [PasswordKey(self.require_password().stretched)]

    def require_password(self) -> Password:
        """Raises Refusal `confirmFirst`."""
        if self._password is None or not self.is_own:
            raise Refusal("confirmFirst", "the password is not at hand")
        return self._password

    def recovery(self, code: Code) -> RecoveryMethod:
        """The log-in of a recovery code."""
        return RecoveryMethod(login_key=b64u(code.recovery_login(self.account).public().raw))

    async def delegates(self, but: str = "") -> list[DelegateFor]:
        """Slots for all who have one now, to their present keys. Raises Refusal, Distrusted."""
        held = {slot.delegate for slot in self.opened.slots if slot.delegate is not None} - {but}
        return await self.slots_for(sorted(held))

    async def slots_for(self, accounts: Sequence[str]) -> list[DelegateFor]:
        """Slots that these accounts will open. Raises Refusal, Distrusted."""
        self.directory.log.require_trust()
        chains = await self.directory.chains(self.connection.account, accounts, fresh=True)
        missing = [account for account in accounts if account not in chains]
        if missing:
            raise Refusal("recipientNotFound", members={"recipients": missing})
        for account in accounts:
            check_pin(account, chains[account], self.opened.content.pins)
        return [DelegateFor(account, chains[account][-1].keys) for account in accounts]
