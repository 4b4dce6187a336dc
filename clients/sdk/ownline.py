"""One's own account in the key log: it shows the keys of the key box, all of them and no others, to everybody.

Law: new keys that no published checkpoint covers yet are no alarm: the account opens, and nothing is sealed by it until
they are shown.
"""

import asyncio
from typing import Final

from clients.sdk.connection import Connection
from clients.sdk.directory import Directory
from clients.session.keyring import Chain, Distrusted, check_own, is_behind
from crypto.errors import CannotOpen, OlderBox
from crypto.keybox import OpenedBox, open_box
from crypto.keys import PublicKeys

_PUBLISHED: Final = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)  # seconds between looks: the log's witnesses sign first


async def own_line(directory: Directory, opened: OpenedBox) -> Chain:
    """The account's line, which is that of its box or a beginning of it, in a log that goes on from the one which the
    box remembers.

    Raises Refusal; Distrusted; OlderBox when the log knows of keys that a later box than this one holds.
    """
    account, own = opened.account, own_keys(opened)
    await directory.log.join(account, opened.content.last_checkpoint, held=is_held(opened, directory.log.account))
    found: Chain = ()
    for seconds in (*_PUBLISHED, 0.0):
        found = (await directory.chains(account, [account], fresh=True)).get(account, ())
        if not is_behind(found, own):
            break
        await asyncio.sleep(seconds)  # new keys are shown once a published checkpoint covers them
    check_line(opened, found)
    return found


def own_keys(opened: OpenedBox) -> list[PublicKeys]:
    """All keys of the box, the oldest first."""
    return [*(old.keys.public() for old in opened.content.previous), opened.content.keys.public()]


def is_held(opened: OpenedBox, account: str) -> bool:
    """Whether `account` opens this box as somebody else's: others write into it whom it need not believe."""
    return account in {slot.delegate for slot in opened.slots}


def check_line(opened: OpenedBox, line: Chain) -> None:
    """The line shows what the box holds, or a beginning of it. Raises Distrusted `ownKeyChanged`, OlderBox."""
    own = own_keys(opened)
    if not is_behind(line, own):
        check_own(opened.account, line, own, opened.version)


def require_published(opened: OpenedBox, line: Chain) -> None:
    """Before anything is sealed or signed by the newest keys. Raises Distrusted `notInLog`."""
    if is_behind(line, own_keys(opened)):
        raise Distrusted(opened.account, "notInLog")


class OwnKeys:
    """An open box, and the line that the log shows of it: looked at again with everybody else's, within the hour."""

    def __init__(self, connection: Connection, directory: Directory, opened: OpenedBox, line: Chain) -> None:
        self._connection, self._directory = connection, directory
        self.opened, self.line = opened, line

    @property
    def account(self) -> str:
        return self.opened.account

    def ask_again(self) -> None:
        """The next look-up asks for this account as well, where its newest keys were not shown yet."""
        if is_behind(self.line, own_keys(self.opened)):
            self._directory.forget([self.account])

    async def take(self) -> None:
        """After a look-up that held this account: the line, checked.

        Where another client of the account made newer keys, its box is opened too. Raises Refusal; Distrusted;
        OlderBox, also when that box has another key: the account has to be opened again.
        """
        line = (await self._directory.chains(self.account, [self.account])).get(self.account, ())
        try:
            check_line(self.opened, line)
        except OlderBox:
            await self.refresh()
            check_line(self.opened, line)
        self.line = line

    async def refresh(self) -> None:
        """The box as other clients of the account left it. Raises Refusal, Distrusted, OlderBox."""
        raw = await self._connection.key_box(self.account)
        try:
            opened = open_box(raw, self.account, self.opened.box_key, self.opened.version)
        except CannotOpen as error:
            raise OlderBox("keybox/6") from error  # all is new, the box key too: what is held here is of before
        held = is_held(opened, self._directory.log.account)
        await self._directory.log.join(self.account, opened.content.last_checkpoint, held=held)
        self.opened = opened
