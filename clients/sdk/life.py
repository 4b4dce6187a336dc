"""An account's beginning and end: opposition with the letter's code, closing, the log of who did what."""

import base64
import secrets
from collections.abc import Sequence
from contextlib import suppress

from treq.client import HTTPClient

from clients.sdk.connection import Connection
from clients.sdk.tickets import letter_ticket, post
from clients.session.transport import Transport
from crypto.code import Code
from messaging.wire import accesslog, codec, limits, names
from messaging.wire.errors import Refusal
from messaging.wire.life import Closed, CloseRequest, OpposeRequest, Opposition
from messaging.wire.methods import Get
from messaging.wire.types import AccessLogEntry


def new_receipt() -> str:
    """A number for an opposition: `o` and 26 letters (128 random bits). Write it down before oppose() is called."""
    return "o" + base64.b32encode(secrets.token_bytes(16)).decode("ascii").rstrip("=").lower()


async def oppose(
    relay: str, login: str, code: Code, receipt: str, *, second: Code | None = None, http: HTTPClient | None = None
) -> Opposition:
    """Refuse an account with its letter's code: it is gone when this returns, and nobody makes it again.

    With the same receipt it may be asked again, where the answer was lost. Raises ValueError (address); Refusal:
    `wrongCredentials` (unknown login, wrong code, activated or gone already), `tooLate`.
    """
    transport = Transport(relay, http)
    try:
        return await _oppose(transport, login, receipt, await letter_ticket(transport, login, code, second))
    except Refusal as refused:
        if refused.name != "wrongCredentials":
            raise
        # The code opens nothing any more: perhaps because it was this receipt's opposition.
        with suppress(Refusal):
            return await _oppose(transport, login, receipt, "")
        raise
    finally:
        await transport.close()


async def close_account(connection: Connection, account: str) -> Closed:
    """Close it: gone for everybody else at once, archived sealed, erased after `erased_after`.

    Asks for the password once more when the log-in was long ago. Raises Refusal `forbidden`, `confirmFirst`.
    """
    raw = await connection.post_confirmed(names.CLOSE, CloseRequest(account=account))
    return codec.decode(raw, Closed)


async def access_log(
    connection: Connection, account: str, seen: tuple[int, bytes] = (0, accesslog.BEGINNING)
) -> Sequence[AccessLogEntry]:
    """Who acted in or for the account since `seen` (number and hash of the last entry that was shown), oldest first.

    Raises Refusal; BrokenLog: an entry is missing, moved or changed, or what was seen is not there any more.
    """
    found: list[AccessLogEntry] = []
    at = seen
    while True:
        first, last = at[0] + 1, at[0] + limits.MAX_OBJECTS_IN_GET
        ids = [f"e{number}" for number in range(max(first - 1, 1), last)]
        answer = await connection.call("AccessLogEntry/get", Get(account_id=account, ids=ids))
        page: list[AccessLogEntry] = answer.list_
        _check_seen(page, at, int(answer.state))
        fresh = [entry for entry in page if entry.seq > at[0]]
        if not fresh:
            if at[0] < int(answer.state):
                raise accesslog.BrokenLog(f"the access log is broken at entry {at[0] + 1}")
            return found
        at = accesslog.verify(fresh, at[1], at[0])
        found += fresh


async def _oppose(transport: Transport, login: str, receipt: str, ticket: str) -> Opposition:
    request = OpposeRequest(login=login, receipt=receipt, ticket=ticket)
    return codec.decode(await post(transport, names.OPPOSE, request), Opposition)


def _check_seen(page: Sequence[AccessLogEntry], at: tuple[int, bytes], newest: int) -> None:
    before = next((entry for entry in page if entry.seq == at[0]), None)
    if at[0] and (newest < at[0] or before is None or before.hash != at[1].hex()):
        raise accesslog.BrokenLog(f"the access log is broken at entry {at[0]}")
