"""An account whose box is open: what opens it, its keys, and who may act for it. Each change is one transaction.

Laws: secrets are made and written down by the caller before anything changes; what leaves is a box that only its slots
open, and a statement by which the present keys hand the account on.
"""

from datetime import UTC, datetime

import msgspec

from clients.sdk import caring, devices
from clients.sdk.announcing import new_keys
from clients.sdk.changing import Changing
from clients.sdk.connection import Connection
from clients.sdk.devices import OwnDevice
from clients.sdk.directory import Directory
from clients.sdk.handing import OldDevice
from clients.sdk.password import NewSecrets, Password
from clients.session.keyring import Chain
from crypto.code import Code
from crypto.keybox import OpenedBox, PasswordKey, RecoveryKey, open_box, replace
from crypto.keys import KeyPairs
from messaging.wire import codec
from messaging.wire.errors import Refusal
from messaging.wire.factors import NewMethods
from messaging.wire.methods import Set
from messaging.wire.types import Delegation


class Person:
    """Made by Client.person(). `password` is None for an account that one holds, or that was opened by pairing.

    What changes factors asks for the password once more when the log-in was long ago: Refusal `confirmFirst` where
    there is none.
    """

    def __init__(
        self, connection: Connection, directory: Directory, opened: OpenedBox, line: Chain, password: Password | None
    ) -> None:
        self._box = Changing(connection, directory, opened, line, password)

    @property
    def account(self) -> str:
        return self._box.account

    @property
    def opened(self) -> OpenedBox:
        """The box as it is now: for Client.mailbox_of(). Never prints a key."""
        return self._box.opened

    async def change_password(self, password: str, *, end_others: bool = True) -> None:
        """Another password; `end_others`: every other device has to log in with it. Raises Refusal."""
        kept = self._box.require_password()
        secrets = await NewSecrets.of(password)
        box, key = replace(
            self.opened, self._box.content(), add=[PasswordKey(secrets.master)], drop=self.opened.ids("password")
        )
        await self._box.put(box, key, NewMethods(password=secrets.method), end_others=end_others)
        kept.become(password, secrets.master)

    async def new_recovery_code(self, code: Code) -> None:
        """`code`, made by new_code() and written down by the person, in place of the one before. Raises Refusal."""
        box, key = replace(self.opened, self._box.content(), add=[RecoveryKey(code)], drop=self.opened.ids("recovery"))
        await self._box.put(box, key, NewMethods(recovery=self._box.recovery(code)))

    async def suspected_compromise(self, code: Code, password: str | None, totp_secret: str | None = None) -> None:
        """Somebody else may have the keys: new ones under a new box key, said as such in the key log.

        `code` is a new recovery code, `password` another than before (None for an account that one holds, which has
        none), `totp_secret` of new one-time codes, where they may be known as well. Every other device ends, passkeys
        go, whoever still is a delegate stays. Raises Refusal; Distrusted; ValueError for the same password again.
        """
        secrets = await self._new_secrets(password, totp_secret)
        await self._box.renew(code, await self._box.delegates(), suspected=True, secrets=secrets)

    async def rotate_if_due(self, due_by: datetime | None = None) -> bool:
        """New keys when those of the box are older than a year now, or will be `due_by`; whether there are.

        The box key stays: while the box still opens for somebody who is no delegate any more there are none, but
        Refusal `invalidProperties` with `delegates`, for whom end_delegation() makes all new.
        Raises Refusal, Distrusted.
        """
        moment = datetime.now(UTC)
        if not self.opened.content.is_due(due_by or moment):
            return False
        pairs, delegates, previous = KeyPairs.generate(), await self._box.delegates(), await self._box.newest()
        left = sorted(self._box.opening() - {each.account for each in delegates})
        if left:
            raise Refusal("invalidProperties", "the box opens for somebody who is no delegate", {"delegates": left})
        announced = new_keys(self.opened, pairs, previous, moment)
        box, key = replace(
            self.opened, self._box.content().rotated(pairs, moment), add=delegates, drop=self.opened.ids("delegate")
        )
        await self._box.put(box, key, keys=announced)
        await self._box.settle()
        return True

    async def delegations(self) -> list[tuple[Delegation, bool]]:
        """Who may act for whom here, and whether the box says so too: what the relay adds by itself opens nothing.

        Of the accounts that this one holds the second is True: their own box says it. Raises Refusal.
        """
        opening = self._box.opening()
        listed = await self._box.listed()
        return [(found, found.delegate in opening or found.delegate == self.account) for found in listed]

    async def delegate(self, account: str) -> None:
        """`account` may open and act for this one from now on. Raises Refusal, Distrusted (their keys)."""
        (slot,) = await self._box.slots_for([account])
        create = {"0": msgspec.Raw(codec.encode({"delegate": account}))}
        try:
            await self._box.confirmed_set(Set(account_id=self.account, create=create))
        except Refusal as refusal:
            if refusal.name != "alreadyExists":
                raise
        if account not in self._box.opening():
            box, key = replace(self.opened, self._box.content(), add=[slot])
            await self._box.put(box, key)

    async def end_delegation(self, account: str, code: Code) -> None:
        """`account` may act here no longer: it knew the box key, so box and keys are new, and `code` the recovery code.

        Its access ends first, whatever happens then; repeating this does what is left. Raises Refusal, Distrusted.
        """
        found = [each for each, _ in await self.delegations() if each.delegate == account]
        for each in found:
            await self._box.confirmed_set(Set(account_id=self.account, destroy=[each.id]))
        if account in self._box.opening():
            await self._box.renew(code, await self._box.delegates(but=account), suspected=False)

    async def refresh(self) -> None:
        """Take up what other clients of the account changed, under the same box key. Raises Refusal, CannotOpen."""
        raw = await self._box.connection.key_box(self.account)
        self._box.opened = open_box(raw, self.account, self.opened.box_key, self.opened.version)
        await self._box.settle()

    async def adopt(self, login: str, code: Code, recovery: Code, *, second: Code | None = None) -> str:
        """Activate the account of a child, whose letter has `code` (and `second`): this one opens it from now on.

        `recovery` is the child's recovery code, written down before this is called. -> the child's account.
        Raises Refusal, CannotOpen, BadStatement.
        """
        log = self._box.directory.log
        return await caring.adopt(self._box.connection, log, self.opened, login, code, recovery, second)

    async def open_held(self, account: str, *, minimum_version: int = 1) -> OpenedBox:
        """The box of an account that this one holds: for Client.mailbox_of() and Client.person_of().

        Raises Refusal, Distrusted, CannotOpen, OlderBox.
        """
        return await caring.open_held(self._box.connection, self._box.directory, self.opened, account, minimum_version)

    async def pair(self, code: Code) -> OldDevice:
        """Greet the new device that shows `code`. Its `digits` are for the person to compare.

        Raises Refusal `notFound`; CannotOpen when the relay shows another key than the code's.
        """
        return await OldDevice.read(self._box.connection, self.opened, code)

    async def devices(self) -> list[OwnDevice]:
        """The devices of the account that logged in. Raises Refusal."""
        return await devices.devices(self._box.connection, self.account, self.opened.box_key)

    async def name_device(self, device: str, name: str) -> None:
        """Give a device a name that only this account's clients read. Raises Refusal."""
        await devices.name_device(self._box.connection, self.account, self.opened.box_key, device, name)

    async def end_device(self, device: str) -> None:
        """Log a device out. Raises Refusal."""
        await devices.end_device(self._box.connection, self.account, device)

    async def _new_secrets(self, password: str | None, totp_secret: str | None) -> NewSecrets | None:
        if not self._box.is_own:
            if password is not None or totp_secret is not None:
                raise ValueError("an account that one holds has no password of its own")
            return None
        if password is None or self._box.require_password().is_same(password):
            raise ValueError("whoever is suspected may know the password: another one is needed")
        return await NewSecrets.of(password, totp_secret)
