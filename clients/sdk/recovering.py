"""Gets back in with the recovery code: keys stay; password, recovery code and second factor are new (login.md)."""

import asyncio

import pyotp
from treq.client import HTTPClient

from clients.sdk.client import Client
from clients.sdk.connection import Connection
from clients.sdk.password import Password
from clients.sdk.remembered import Trust
from clients.sdk.tickets import TicketBox, post, recovery_box
from clients.session.session import Session
from clients.session.transport import Transport
from crypto.code import Code
from crypto.encoding import b64u
from crypto.keybox import Master, PasswordKdf, PasswordKey, RecoveryKey, replace, stretch
from messaging.wire import codec, names
from messaging.wire.factors import RecoverRequest
from messaging.wire.types import Kdf, Tokens


async def recover(
    relay: str,
    login: str,
    code: Code,
    password: str,
    totp_secret: str,
    recovery: Code,
    *,
    trust: Trust | None = None,
    http: HTTPClient | None = None,
) -> Client:
    """Open the account with its recovery code, and stay logged in. Every device and every trust token ends.

    `recovery` is the next recovery code, made by new_code() and written down before this is called: `code` is spent.
    Raises Refusal (`wrongCredentials`: unknown login or wrong code), CannotOpen, OlderBox, BadStatement.
    """
    transport = Transport(relay, http)
    found = await recovery_box(transport, login, RecoveryKey(code))
    master = await asyncio.to_thread(stretch, password, PasswordKdf.fresh())
    kept = Password.of_master(password, master)
    request = _request(found, master, recovery, totp_secret)
    tokens = codec.decode(await post(transport, names.RECOVER, request), Tokens)
    session = Session(transport.origin, login, "password")
    return await Client.with_tokens(Connection(transport, session, kept.unlock, None), tokens, kept, trust)


def _request(found: TicketBox, master: Master, recovery: Code, totp_secret: str) -> RecoverRequest:
    opened = found.opened
    box, _ = replace(
        opened, opened.content, add=[PasswordKey(master), RecoveryKey(recovery)],
        drop=opened.ids("password", "recovery"),
    )  # fmt: skip
    return RecoverRequest(
        ticket=found.ticket,
        box=b64u(box),
        kdf=codec.convert(master.kdf.to_json(), Kdf),
        login_key=b64u(master.login_seed().public().raw),
        recovery_key=b64u(recovery.recovery_login().public().raw),
        totp_secret=totp_secret,
        code=pyotp.TOTP(totp_secret).now(),
    )
