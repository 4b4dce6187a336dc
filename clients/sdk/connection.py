"""A logged-in connection: calls with one retry on an ended token, uploads, downloads. Knows no letters.

`Unlock` gives the log-in key when the relay has named account and KDF; `AskCode` a one-time code.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias, assert_never
from urllib.parse import quote

import msgspec

from clients.sdk.gathering import Gathering
from clients.session import calls
from clients.session.calls import Call
from clients.session.carried import HttpRequest, HttpResponse, bearer, refusal_of
from clients.session.session import (
    Challenged,
    CodeWanted,
    Described,
    Event,
    LoggedIn,
    OutOfTurn,
    Refused,
    Session,
    described,
)
from clients.session.transport import Transport
from crypto.encoding import unb64u
from crypto.errors import NotCanonical
from crypto.keys import SigningSeed, blob_id
from messaging.wire import codec, limits, names
from messaging.wire.errors import Refusal
from messaging.wire.methods import Get
from messaging.wire.types import Challenge, KeyBox, Tokens, Uploaded

Unlock: TypeAlias = Callable[[Challenged], Awaitable[SigningSeed]]
AskCode: TypeAlias = Callable[[], str]
_UNAUTHORIZED = 401
_OCTETS = "application/octet-stream"


class Connection:
    """One log-in at one relay. Safe for many tasks at once: one of them renews, the others wait."""

    def __init__(self, transport: Transport, session: Session, unlock: Unlock, ask_code: AskCode | None) -> None:
        self._transport, self._session = transport, session
        self._unlock, self._ask_code = unlock, ask_code
        self._renewing = asyncio.Lock()
        self._uploading = asyncio.Semaphore(limits.MAX_CONCURRENT_UPLOAD)
        self._unanswered = False  # the last renewal
        self._gathering = Gathering(self.batch)
        self.described = Described((), frozenset())
        self.just_logged_in = False

    @property
    def transport(self) -> Transport:
        """Where it goes."""
        return self._transport

    @property
    def login(self) -> str:
        """The log-in name."""
        return self._session.login

    @property
    def account(self) -> str:
        """The account that logged in."""
        return self._session.account or ""

    async def log_in(self) -> None:
        """Raises Refusal: `wrongCredentials`, `wrongCode`, `mfaRequired` (no code was offered), ..."""
        self._session.log_in()
        await self._drive()
        self.just_logged_in = True

    async def take_tokens(self, tokens: Tokens) -> None:
        """Go on with tokens that activation gave."""
        self._session.take_tokens(tokens)
        await self._drive()

    async def describe(self) -> Described:
        """Read the session object again: a bridge's accounts grow."""
        response = await self.carry(lambda token: HttpRequest("GET", names.WELL_KNOWN, bearer(token), repeatable=True))
        self.described = described(response.body)
        return self.described

    async def call(self, name: str, arguments: msgspec.Struct) -> Any:
        """One method's answer. Raises Refusal."""
        (outcome,) = await self.batch([Call(name, arguments)])
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome

    async def batch(self, asked: Sequence[Call]) -> list[Any]:
        """Up to 32 calls in one request: an answer or a Refusal for each. Raises Refusal for the request as a whole."""
        response = await self.carry(lambda token: calls.request(asked, token))
        return calls.outcomes(asked, response)

    async def gathered(self, asked: Sequence[Call], size: int) -> list[Any]:
        """The same for few calls of about `size` bytes, in one request with those of others that ask meanwhile."""
        return await self._gathering.ask(asked, size)

    async def post(self, path: str, value: msgspec.Struct, *, repeatable: bool = True) -> bytes:
        """The body that a door outside the API answers. Raises Refusal."""
        body = codec.encode(value)
        headers = {"Content-Type": "application/json"}
        response = await self.carry(
            lambda token: HttpRequest("POST", path, headers | bearer(token), body, repeatable=repeatable)
        )
        return response.body

    async def post_confirmed(self, path: str, value: msgspec.Struct) -> bytes:
        """The same at a door that asks who the person is once more, which their password answers. Never sent twice.

        Raises Refusal; `confirmFirst` where there is no password.
        """
        try:
            return await self.post(path, value, repeatable=False)
        except Refusal as refusal:
            if refusal.name != "confirmFirst":
                raise
        await self.confirm()
        return await self.post(path, value, repeatable=False)

    async def confirm(self) -> None:
        """Prove the password once more: for ten minutes this device may change factors. Raises Refusal."""
        response = await self._transport.carry(self._session.challenge_request())
        refusal = refusal_of(response)
        if refusal is not None:
            raise refusal
        said = codec.decode(response.body, Challenge)
        try:
            seed = await self._unlock(Challenged(said.kdf))
            request = self._session.confirmation(said, seed, datetime.now(UTC))
        except (OutOfTurn, Refusal):
            raise Refusal("confirmFirst", "this log-in has no password") from None
        await self.post(names.CONFIRM, request, repeatable=False)

    async def key_box(self, account: str) -> bytes:
        """The key box as the relay holds it. Raises Refusal."""
        answer = await self.call("KeyBox/get", Get(account_id=account))
        boxes: list[KeyBox] = answer.list_
        if not boxes:
            raise Refusal("notFound", "this account has no key box")
        try:
            return unb64u(boxes[0].box)
        except NotCanonical as error:
            raise Refusal("serverFail", "a key box that is not base64url") from error

    async def upload(self, account: str, sealed: bytes) -> str:
        """The blob id of sealed bytes, once the relay has them. The same bytes again cost nothing. Raises Refusal."""
        path, wanted = names.UPLOAD.format(accountId=account), blob_id(sealed)
        headers = {"Content-Type": "application/octet-stream"}
        async with self._uploading:
            response = await self.carry(
                lambda token: HttpRequest("POST", path, headers | bearer(token), sealed, repeatable=True)
            )
        if codec.decode(response.body, Uploaded).blob_id != wanted:
            raise Refusal("serverFail", "the relay stored other bytes than were sent")
        return wanted

    async def download(self, account: str, blob: str) -> bytes:
        """The bytes of a blob, whose hash is checked by whoever opens them. Raises Refusal."""
        path = names.DOWNLOAD.format(accountId=account, blobId=blob, name="sealed", type=quote(_OCTETS, safe=""))
        response = await self.carry(lambda token: HttpRequest("GET", path, bearer(token), repeatable=True))
        return response.body

    async def carry(self, request: Callable[[str], HttpRequest]) -> HttpResponse:
        """The answer to a request made with the present token; once more after an ended one. Raises Refusal."""
        token = await self._current()
        response = await self._transport.carry(request(token))
        if response.status == _UNAUTHORIZED:
            await self.renew(token)
            response = await self._transport.carry(request(self._session.token))
        refusal = refusal_of(response)
        if refusal is not None:
            raise refusal
        return response

    async def renew(self, ended: str) -> None:
        """New tokens, unless another task got them meanwhile. Raises Refusal."""
        async with self._renewing:
            if self._session.has_token and self._session.token != ended:
                return
            self._session.renew()
            try:
                await self._drive()
            except Refusal as refusal:
                self._unanswered = refusal.name == "serverUnavailable"
                raise
            self._unanswered = False

    async def _current(self) -> str:
        # While another task renews there is no token: whoever took that for the end ended every long run.
        # A renewal that nobody answered is tried again; one that was refused is the end.
        if not self._session.has_token:
            async with self._renewing:
                again = self._unanswered and not self._session.has_token
            if again:
                await self.renew("")
        return self._session.token

    @property
    def token(self) -> str:
        """The present access token."""
        return self._session.token

    def stream(self, path: str, last_event: str) -> AsyncGenerator[bytes]:
        """The event stream's bytes, as Transport.stream gives them."""
        headers = bearer(self._session.token) | {"Accept": "text/event-stream"}
        more = {"Last-Event-ID": last_event} if last_event else {}
        return self._transport.stream(HttpRequest("GET", path, headers | more))

    async def close(self) -> None:
        """End the session at the relay, as far as it can be reached, and the connections."""
        await self._transport.close()

    async def _drive(self) -> None:
        while (request := self._session.next_request()) is not None:
            for event in self._session.receive(await self._transport.carry(request)):
                await self._act(event)

    async def _act(self, event: Event) -> None:
        match event:
            case Challenged():
                self._session.prove(await self._unlock(event), datetime.now(UTC))
            case CodeWanted():
                if self._ask_code is None:
                    raise Refusal("mfaRequired")
                self._session.answer_code(await asyncio.to_thread(self._ask_code), trust=False)
            case Described():
                self.described = event
            case LoggedIn():
                pass
            case Refused(refusal):
                raise refusal
            case _:
                assert_never(event)
