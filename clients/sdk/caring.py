"""A carer's side: adopts a child's account with the code of its letter, and opens accounts that they hold."""

from dataclasses import replace
from datetime import UTC, datetime

from clients.sdk.announcing import new_keys
from clients.sdk.connection import Connection
from clients.sdk.directory import Directory
from clients.sdk.log import Log
from clients.sdk.tickets import letter_box
from clients.session.keylog import distrusted
from crypto.code import Code
from crypto.encoding import b64u
from crypto.keybox import DelegateFor, LetterKey, NewSlot, OpenedBox, RecoveryKey, open_as_delegate, renew
from crypto.keys import KeyPairs
from messaging.wire import codec, names
from messaging.wire.errors import Refusal
from messaging.wire.factors import Adopted, AdoptRequest


async def adopt(
    connection: Connection, log: Log, carer: OpenedBox, login: str, code: Code, recovery: Code, second: Code | None
) -> str:
    """The child's account, which the carer's keys open from now on, and whose box says which log they know.

    Raises Refusal, CannotOpen, BadStatement; Distrusted where the log is not believed, or none was seen.
    """
    log.require_trust()
    if log.newest is None:
        raise distrusted("badCheckpoint")
    found = await letter_box(connection.transport, login, LetterKey(code, second))
    opened, pairs, now = found.opened, KeyPairs.generate(), datetime.now(UTC)
    slots: list[NewSlot] = [DelegateFor(carer.account, carer.content.keys.public()), RecoveryKey(recovery)]
    content = replace(opened.content.rotated(pairs, now), last_checkpoint=log.newest)
    box, _ = renew(opened, content, slots)
    request = AdoptRequest(
        ticket=found.ticket,
        box=b64u(box),
        new_keys=new_keys(opened, pairs, found.first_statement(), now),
        recovery_key=b64u(recovery.recovery_login().public().raw),
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
    signers = [known.keys.signing for known in line[-1:]]  # slots are made anew with new keys
    raw = await connection.key_box(account)
    return open_as_delegate(raw, account, carer.content.sealing_seeds(), signers, minimum_version)
