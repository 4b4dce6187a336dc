"""Opens an account with the code of its letter: new keys, a password, a one-time-code secret (docs/spec/login.md)."""

import asyncio
import base64
import os
from datetime import UTC, datetime

import pyotp
from treq.client import HTTPClient

from clients.sdk.client import Client
from clients.sdk.connection import Connection
from clients.sdk.password import Password
from clients.session.carried import HttpResponse, json_request, refusal_of
from clients.session.session import Challenged, CodeWanted, Refused, Session
from clients.session.transport import Transport
from crypto.code import Code
from crypto.encoding import b64u, unb64u
from crypto.keybox import LetterKey, OpenedBox, PasswordKdf, PasswordKey, open_box, renew, stretch
from crypto.keys import KeyPairs, SigningSeed
from crypto.transparency.statement import make_statement, verify_statement
from messaging.wire import codec, names
from messaging.wire.errors import Refusal
from messaging.wire.types import ActivateRequest, BoxAnswer, Kdf, NewKeys, TicketRequest, Tokens


def new_totp_secret() -> str:
    """20 random bytes in base 32: what an authenticator app stores."""
    return base64.b32encode(os.urandom(20)).decode("ascii")


async def activate(
    relay: str, login: str, code: Code, password: str, totp_secret: str, *, http: HTTPClient | None = None
) -> Client:
    """Open the account and stay logged in. The letter's code opens nothing afterwards.

    Raises Refusal (`wrongCredentials`: unknown login, wrong code, or opened already), CannotOpen, OlderBox.
    """
    activation = _Activation(Transport(relay, http), login, code)
    opened = await activation.open_box()
    return await activation.finish(opened, password, totp_secret)


class _Activation:
    def __init__(self, transport: Transport, login: str, code: Code) -> None:
        self._transport, self._login, self._code = transport, login, code
        self._ticket = ""

    async def open_box(self) -> OpenedBox:
        self._ticket = await self._log_in()
        answer = codec.decode((await self._post(names.BOX, TicketRequest(ticket=self._ticket))).body, BoxAnswer)
        return open_box(unb64u(answer.box), answer.account, LetterKey(self._code))

    async def finish(self, opened: OpenedBox, password: str, totp_secret: str) -> Client:
        master = await asyncio.to_thread(stretch, password, PasswordKdf.fresh())
        kept = Password.of_master(password, master)
        request = _request(self._ticket, opened, PasswordKey(master), totp_secret, datetime.now(UTC))
        tokens = codec.decode((await self._post(names.ACTIVATE, request)).body, Tokens)
        session = Session(self._transport.origin, self._login, "password")
        return await Client.with_tokens(Connection(self._transport, session, kept.unlock, None), tokens, kept)

    async def _log_in(self) -> str:
        session = Session(self._transport.origin, self._login, "letter")
        session.log_in()
        while (request := session.next_request()) is not None:
            for event in session.receive(await self._transport.carry(request)):
                match event:
                    case Challenged(account):
                        session.prove(self._seed(account), datetime.now(UTC))
                    case CodeWanted(ticket):
                        return ticket
                    case Refused(refusal):
                        raise refusal
                    case _:
                        raise Refusal("serverFail", "tokens for a letter")
        raise Refusal("serverFail", "no ticket for a letter")

    def _seed(self, account: str) -> SigningSeed:
        return self._code.letter_login(account)

    async def _post(self, path: str, value: TicketRequest | ActivateRequest) -> HttpResponse:
        response = await self._transport.carry(json_request(path, value))
        refusal = refusal_of(response)
        if refusal is not None:
            raise refusal
        return response


def _request(ticket: str, opened: OpenedBox, key: PasswordKey, totp_secret: str, now: datetime) -> ActivateRequest:
    account, old, new = opened.account, opened.content, KeyPairs.generate()
    # The first statement is made of values that the box holds, so it need not be asked for: the relay compares hashes.
    created = datetime.fromisoformat(old.created)
    first, signature = make_statement(account, old.keys.public(), old.keys.signing, created)
    previous = verify_statement(first, signature, old.keys.public(), None, account=account)
    statement, signed = make_statement(account, new.public(), old.keys.signing, now, previous)
    box, _ = renew(opened, old.rotated(new, now), [key])
    return ActivateRequest(
        ticket=ticket,
        box=b64u(box),
        kdf=codec.convert(key.master.kdf.to_json(), Kdf),
        login_key=b64u(key.master.login_seed(account).public().raw),
        new_keys=NewKeys(
            sealing_key=b64u(new.public().sealing.raw),
            signing_key=b64u(new.public().signing.raw),
            statement=b64u(statement),
            signature=b64u(signed),
        ),
        totp_secret=totp_secret,
        code=pyotp.TOTP(totp_secret).now(),
    )
