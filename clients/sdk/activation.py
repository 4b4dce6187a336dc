"""Opens an account with the code of its letter: new keys, a password, a one-time-code secret (docs/spec/login.md)."""

import asyncio
import base64
import os
from dataclasses import replace
from datetime import UTC, datetime

import pyotp
from treq.client import HTTPClient

from clients.sdk.announcing import new_keys
from clients.sdk.client import Client
from clients.sdk.connection import Connection
from clients.sdk.firstlook import first_look
from clients.sdk.password import Password
from clients.sdk.remembered import Trust
from clients.sdk.tickets import TicketBox, letter_box, post
from clients.session.session import Session
from clients.session.transport import Transport
from crypto.code import Code
from crypto.encoding import b64u
from crypto.keybox import LastCheckpoint, LetterKey, NewSlot, PasswordKdf, PasswordKey, RecoveryKey, renew, stretch
from crypto.keys import KeyPairs
from messaging.wire import codec, names
from messaging.wire.types import ActivateRequest, Kdf, Tokens


def new_totp_secret() -> str:
    """20 random bytes in base 32: what an authenticator app stores."""
    return base64.b32encode(os.urandom(20)).decode("ascii")


async def activate(
    relay: str,
    login: str,
    code: Code,
    password: str,
    totp_secret: str,
    *,
    recovery: Code | None = None,
    second: Code | None = None,
    trust: Trust | None = None,
    http: HTTPClient | None = None,
) -> Client:
    """Open the account and stay logged in. The letter's code opens nothing afterwards.

    `second` is the other code of a letter with two. `recovery`, made by new_code() and written down by the person
    before this is called, opens the account when the password is lost; without it nothing does.
    Raises Refusal (`wrongCredentials`: unknown login, wrong code, or opened already), CannotOpen, OlderBox,
    BadStatement (the relay says another first statement than the letter's keys made), Distrusted (the key log: the box
    says from its first version on which one this is, and whose signatures it needs).
    """
    transport, trust = Transport(relay, http), trust or Trust()
    found = await letter_box(transport, login, LetterKey(code, second))
    known = await first_look(transport, trust)
    master = await asyncio.to_thread(stretch, password, PasswordKdf.fresh())
    kept = Password.of_master(password, master)
    request = _request(found, PasswordKey(master), recovery, totp_secret, known, datetime.now(UTC))
    tokens = codec.decode(await post(transport, names.ACTIVATE, request), Tokens)
    session = Session(transport.origin, login, "password")
    return await Client.with_tokens(Connection(transport, session, kept.unlock, None), tokens, kept, trust)


def _request(
    found: TicketBox, key: PasswordKey, recovery: Code | None, totp_secret: str, known: LastCheckpoint, now: datetime
) -> ActivateRequest:
    opened, pairs = found.opened, KeyPairs.generate()
    slots: list[NewSlot] = [key, *([] if recovery is None else [RecoveryKey(recovery)])]
    box, _ = renew(opened, replace(opened.content.rotated(pairs, now), last_checkpoint=known), slots)
    return ActivateRequest(
        ticket=found.ticket,
        box=b64u(box),
        kdf=codec.convert(key.master.kdf.to_json(), Kdf),
        login_key=b64u(key.master.login_seed().public().raw),
        new_keys=new_keys(opened, pairs, found.first_statement(), now),
        recovery_key=None if recovery is None else b64u(recovery.recovery_login().public().raw),
        totp_secret=totp_secret,
        code=pyotp.TOTP(totp_secret).now(),
    )
