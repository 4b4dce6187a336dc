"""A carer's side: adopts a child's account with the code of its letter, and opens accounts that they hold."""

from datetime import UTC, datetime

from clients.sdk.announcing import new_keys
from clients.sdk.connection import Connection
from clients.sdk.directory import Directory
from clients.sdk.tickets import letter_box
from crypto.code import Code
from crypto.encoding import b64u
from crypto.keybox import DelegateFor, LetterKey, NewSlot, OpenedBox, RecoveryKey, open_as_delegate, renew
from crypto.keys import KeyPairs
from messaging.wire import codec, names
from messaging.wire.errors import Refusal
from messaging.wire.factors import Adopted, AdoptRequest


async def adopt(
    connection: Connection, carer: OpenedBox, login: str, code: Code, recovery: Code, second: Code | None
) -> str:
    """The child's account, which the carer's keys open from now on. Raises Refusal, CannotOpen, BadStatement."""
    found = await letter_box(connection.transport, login, LetterKey(code, second))
    opened, pairs, now = found.opened, KeyPairs.generate(), datetime.now(UTC)
    slots: list[NewSlot] = [DelegateFor(carer.account, carer.content.keys.public()), RecoveryKey(recovery)]
    box, _ = renew(opened, opened.content.rotated(pairs, now), slots)
    request = AdoptRequest(
        ticket=found.ticket,
        box=b64u(box),
        new_keys=new_keys(opened, pairs, found.first_statement(), now),
        recovery_key=b64u(recovery.recovery_login(opened.account).public().raw),
    )
    adopted = codec.decode(await connection.post_confirmed(names.ADOPT, request), Adopted).account
    if adopted != opened.account:
        raise Refusal("serverFail", "another account was adopted")
    return adopted


async def open_held(
    connection: Connection, directory: Directory, carer: OpenedBox, account: str, minimum_version: int
) -> OpenedBox:
    """Somebody else's box, opened by the carer's keys: those of today and of before.

    Raises Refusal, Distrusted, CannotOpen (no slot for this carer, or one that the account did not make), OlderBox.
    """
    line = (await directory.chains(connection.account, [account], fresh=True)).get(account, ())
    signers = [known.keys.signing for known in line]
    raw = await connection.key_box(account)
    return open_as_delegate(raw, account, carer.content.sealing_seeds(), signers, minimum_version)
