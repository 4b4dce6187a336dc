"""A code's log-in: no tokens, but a ticket that fetches the box and is good at one other door (docs/spec/login.md)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import msgspec

from clients.session.carried import json_request, refusal_of
from clients.session.session import Challenged, CodeWanted, Refused, Session
from clients.session.transport import Transport
from crypto.code import Code
from crypto.encoding import unb64u
from crypto.errors import BadStatement, NotCanonical
from crypto.keybox import LetterKey, OpenedBox, RecoveryKey, open_box
from crypto.keys import SigningSeed
from crypto.transparency.statement import Announcement, Statement, read_statement, verify_statement
from messaging.wire import codec, names
from messaging.wire.errors import Refusal
from messaging.wire.types import BoxAnswer, TicketRequest


@dataclass(frozen=True)
class TicketBox:
    """The box that a code opened, the ticket that says so, and the relay's answer beside it."""

    ticket: str = field(repr=False)
    opened: OpenedBox = field(repr=False)
    answer: BoxAnswer = field(repr=False)

    def first_statement(self) -> Statement:
        """Of a letter's account: what its keys announced themselves, and whoever enrolled it vouched for.

        Raises BadStatement: not of the box's own keys, or nobody's.
        """
        keys = self.opened.content.keys.public()
        first = verify_statement(_announced(self.answer), None, account=self.opened.account, keys=keys)
        if first.by is None:
            raise BadStatement("transparency/14")  # a relay alone could have made it
        return first


async def letter_box(transport: Transport, login: str, key: LetterKey) -> TicketBox:
    """Raises Refusal (`wrongCredentials`: unknown login, wrong code, or opened already), CannotOpen, OlderBox,
    BadStatement."""
    return await _box(transport, login, "letter", key.code.letter_login(key.second), key)


async def letter_ticket(transport: Transport, login: str, code: Code, second: Code | None) -> str:
    """The ticket of a letter's log-in, without its box. Raises Refusal (`wrongCredentials`)."""
    return await _ticket(transport, Session(transport.origin, login, "letter"), code.letter_login(second))


async def recovery_box(transport: Transport, login: str, key: RecoveryKey) -> TicketBox:
    """Raises Refusal (`wrongCredentials`), CannotOpen, OlderBox (than the newest keys of the account), BadStatement."""
    return await _box(transport, login, "recovery", key.code.recovery_login(), key)


async def post(transport: Transport, path: str, value: msgspec.Struct, token: str | None = None) -> bytes:
    """The body that a door answers. Raises Refusal."""
    response = await transport.carry(json_request(path, value, token=token))
    refusal = refusal_of(response)
    if refusal is not None:
        raise refusal
    return response.body


async def _box(
    transport: Transport,
    login: str,
    method: Literal["letter", "recovery"],
    seed: SigningSeed,
    key: LetterKey | RecoveryKey,
) -> TicketBox:
    ticket = await _ticket(transport, Session(transport.origin, login, method), seed)
    answer = codec.decode(await post(transport, names.BOX, TicketRequest(ticket=ticket)), BoxAnswer)
    try:
        box = unb64u(answer.box)
    except NotCanonical as error:
        raise Refusal("serverFail", "a key box that is not base64url") from error
    newest = read_statement(_announced(answer).statement)
    opened = open_box(box, answer.account, key, newest.box)
    if newest.account != answer.account or not newest.announces(opened.content.keys.public()):
        raise BadStatement("transparency/2")
    return TicketBox(ticket, opened, answer)


def _announced(said: BoxAnswer) -> Announcement:
    try:
        voucher = None if said.voucher is None else unb64u(said.voucher, 64)
        return Announcement(unb64u(said.statement), unb64u(said.signature, 64), voucher)
    except NotCanonical as error:
        raise BadStatement("transparency/1") from error


async def _ticket(transport: Transport, session: Session, seed: SigningSeed) -> str:
    session.log_in()
    while (request := session.next_request()) is not None:
        for event in session.receive(await transport.carry(request)):
            match event:
                case Challenged():
                    session.prove(seed, datetime.now(UTC))
                case CodeWanted(ticket):
                    return ticket
                case Refused(refusal):
                    raise refusal
                case _:
                    raise Refusal("serverFail", "tokens for a code")
    raise Refusal("serverFail", "no ticket for a code")
