"""Pairing, the new device: it shows a code and waits (docs/spec/pairing.md). The old one is handing.py.

Laws: what comes is of the one who said hello, and the box that it opens has their keys; nothing that was handed over is
opened before a person said that both devices show the same digits: whoever reads the code first could hand over a
mailbox of their own.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from treq.client import HTTPClient

from clients.sdk.client import Client
from clients.sdk.connection import Connection
from clients.sdk.remembered import Trust
from clients.sdk.tickets import post
from clients.session.session import Challenged, Session
from clients.session.transport import Transport
from crypto.code import Code
from crypto.encoding import b64u, unb64u
from crypto.errors import CannotOpen, NotCanonical
from crypto.keybox import OpenedBox
from crypto.keys import SigningSeed
from crypto.pairing import (
    Grant,
    Hello,
    digits,
    new_pairing,
    open_grant,
    open_granted,
    open_hello,
    pairing_link,
)
from messaging.wire import codec, names
from messaging.wire.errors import Refusal
from messaging.wire.pairing import (
    PairingBegin,
    PairingBegun,
    PairingClaim,
    PairingEnd,
    PairingPoll,
    PairingSeen,
)
from messaging.wire.types import Tokens

POLL_SECONDS: Final = 1.0


class NewDevice:
    """Show `code` (or `link`, as a QR), then digits(); the person compares, here too: confirm(), then finish()."""

    def __init__(self, transport: Transport, trust: Trust | None, poll_seconds: float) -> None:
        self._transport, self._trust, self._gap = transport, trust, poll_seconds
        self._pairing = new_pairing()
        self._claim = ""
        self._hello: Hello | None = None
        self._confirmed = False

    @classmethod
    async def begin(
        cls,
        relay: str,
        *,
        trust: Trust | None = None,
        http: HTTPClient | None = None,
        poll_seconds: float = POLL_SECONDS,
    ) -> "NewDevice":
        """Wait at this relay, for five minutes. Raises Refusal, ValueError (address)."""
        device = cls(Transport(relay, http), trust, poll_seconds)
        asked = PairingBegin(key=b64u(device._pairing.seed.public().raw))
        begun = codec.decode(await post(device._transport, names.PAIRING_BEGIN, asked), PairingBegun)
        device._claim = begun.claim
        return device

    @property
    def code(self) -> Code:
        """What the old device reads."""
        return self._pairing.code

    @property
    def link(self) -> str:
        """What a QR shows."""
        return pairing_link(self._transport.origin, self.code)

    async def digits(self) -> str:
        """Six digits, once the old device answered. Raises Refusal `notFound` (too late), CannotOpen."""
        self._hello = open_hello(await self._said(lambda seen: seen.hello), self._pairing)
        return digits(self._hello.comparison, self.code, self._hello.signer)

    def confirm(self) -> None:
        """The person said that the old device shows the same digits. Raises CannotOpen: there are none yet."""
        if self._hello is None:
            raise CannotOpen("pairing/2")
        self._confirmed = True

    async def finish(self, *, trust_device: bool = False) -> tuple[Client, OpenedBox]:
        """A client of the account and its box, once the old device handed it over.

        Raises Refusal `notFound` (too late, or ended there), `confirmFirst` (nobody compared); CannotOpen, OlderBox.
        """
        if self._hello is None:
            raise CannotOpen("pairing/2")
        if not self._confirmed:
            raise Refusal("confirmFirst", "nobody said yet that both devices show the same digits")
        grant = open_grant(await self._said(lambda seen: seen.grant), self._pairing, self._hello)
        asked = PairingClaim(claim=self._claim, trust_device=trust_device)
        tokens = codec.decode(await post(self._transport, names.PAIRING_CLAIM, asked), Tokens)
        return await self._opened(grant, self._hello, tokens)

    async def end(self) -> None:
        """Give up. Raises Refusal."""
        await post(self._transport, names.PAIRING_END, PairingEnd(claim=self._claim))

    async def _opened(self, grant: Grant, hello: Hello, tokens: Tokens) -> tuple[Client, OpenedBox]:
        if tokens.account != hello.account:
            raise CannotOpen("pairing/3")
        connection = Connection(self._transport, Session(self._transport.origin, grant.login, "password"), _never, None)
        client = await Client.with_tokens(connection, tokens, None, self._trust)
        return client, open_granted(await connection.key_box(hello.account), hello, grant)

    async def _said(self, part: Callable[[PairingSeen], str | None]) -> bytes:
        while True:
            answer = await post(self._transport, names.PAIRING_POLL, PairingPoll(claim=self._claim))
            said = part(codec.decode(answer, PairingSeen))
            if said is not None:
                return _bytes(said)
            await asyncio.sleep(self._gap)  # the door answers at once: it is asked again, for five minutes


def _bytes(sealed: str) -> bytes:
    try:
        return unb64u(sealed)
    except NotCanonical as error:
        raise CannotOpen("pairing/2") from error


async def _never(_: Challenged) -> SigningSeed:
    raise Refusal("unauthorized", "this device was paired: pair it again, or log in")
