"""The doors of docs/spec/protocol.md: from HTTP bodies to the rules' requests and back."""

import asyncio
import re
from collections.abc import Callable
from typing import Any, Final

from messaging.relay.accounts import examine
from messaging.relay.ports import Incoming
from messaging.relay.relay import (
    AskDownload,
    AskSession,
    CheckUpload,
    Enrol,
    KeepUpload,
    LogOut,
    Renew,
)
from messaging.server.blobcalls import filled, prepared
from messaging.server.cookie import CLEARED, token_in, tokens
from messaging.server.descriptions import LINKS, Descriptions
from messaging.server.exchange import NO_STORE, Asked, Headers, Match, Pipe, Reply, Route, Routes, json_reply
from messaging.server.push import events
from messaging.server.service import Service
from messaging.wire import limits, names
from messaging.wire.codec import decode, decode_request
from messaging.wire.errors import Refusal
from messaging.wire.methods import METHODS
from messaging.wire.types import (
    ActivateRequest,
    ChallengeRequest,
    EnrolAnswer,
    EnrolRequest,
    LoginRequest,
    RefreshRequest,
    TicketRequest,
    TotpRequest,
)

_SMALL: Final = 4_096
_AUTH: Final = 262_144  # an activation carries a key box
_PIECE: Final = 262_144
_UPLOAD: Final = re.compile(r"/jmap/upload/(?P<accountId>[a-z2-7]{1,64})")
_DOWNLOAD: Final = re.compile(
    r"/jmap/download/(?P<accountId>[a-z2-7]{1,64})/(?P<blobId>[a-z0-9]{1,80})/(?P<name>[^/]{1,255})"
)
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")
_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_SHOWN: Final = ("image/", "audio/", "video/", "text/plain")  # never a type that a browser would run


class Doors:
    """All of them, over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> Routes:
        """Path by path."""
        upload = Route("upload", self.upload, limit=limits.MAX_SIZE_UPLOAD, bearer=True, admit=self.admit_upload)
        download = Route("download", self.download, ("GET", "HEAD"), bearer=True)
        routes = Routes(
            exact={
                names.WELL_KNOWN: Route("session", self.session, ("GET",), bearer=True),
                names.API: Route(
                    "api",
                    self.api,
                    limit=limits.MAX_SIZE_REQUEST,
                    bearer=True,
                    json=True,
                    in_turn=True,
                    limit_name="maxSizeRequest",
                ),
                names.EVENTS.partition("?")[0]: Route("events", self.events, ("GET",), bearer=True),
                names.CHALLENGE: self._auth("challenge", self.challenge),
                names.LOGIN: self._auth("login", self.log_in),
                names.TOTP: self._auth("totp", self.totp),
                names.BOX: self._auth("box", self.box),
                names.ACTIVATE: Route("activate", self.activate, limit=_AUTH, json=True),
                names.REFRESH: self._auth("refresh", self.refresh),
                names.LOGOUT: Route("logout", self.log_out, limit=_SMALL, bearer=True),
                names.ENROL: Route("enrol", self.enrol, limit=limits.MAX_SIZE_REQUEST, bearer=True, json=True),
            },
            patterns=[_pattern(_UPLOAD, upload), _pattern(_DOWNLOAD, download)],
        )
        Descriptions(self._service.config.origin).join(routes)
        return routes

    async def session(self, asked: Asked) -> Reply:
        """`GET /.well-known/jmap`."""
        session = await self._service.ask(AskSession(), asked.caller)
        return json_reply(session, headers=(*NO_STORE, LINKS))

    async def api(self, asked: Asked) -> Reply:
        """`POST /jmap/api`."""
        request = decode_request(asked.body)
        # Other names are the asker's own words, which are not for a log.
        methods = tuple(call.name if call.name in METHODS else "unknown" for call in request.method_calls)
        response = await self._service.ask(await prepared(self._service, request, asked.caller), asked.caller)
        return json_reply(await filled(self._service, response), methods=methods)

    async def events(self, asked: Asked) -> Reply:
        """`GET /jmap/events`."""
        return await events(self._service, asked)

    async def challenge(self, asked: Asked) -> Reply:
        """`POST /auth/challenge`."""
        return json_reply(await self._service.ask(decode(asked.body, ChallengeRequest), asked.caller))

    async def log_in(self, asked: Asked) -> Reply:
        """`POST /auth/login`."""
        return tokens(await self._service.ask(decode(asked.body, LoginRequest), asked.caller))

    async def totp(self, asked: Asked) -> Reply:
        """`POST /auth/totp`."""
        return tokens(await self._service.ask(decode(asked.body, TotpRequest), asked.caller))

    async def box(self, asked: Asked) -> Reply:
        """`POST /auth/box`."""
        return json_reply(await self._service.ask(decode(asked.body, TicketRequest), asked.caller))

    async def activate(self, asked: Asked) -> Reply:
        """`POST /auth/activate`."""
        return tokens(await self._service.ask(decode(asked.body, ActivateRequest), asked.caller))

    async def refresh(self, asked: Asked) -> Reply:
        """`POST /auth/refresh`, by cookie, or by a token in the body for clients without cookies."""
        self._check_origin(asked)
        given = decode(asked.body, RefreshRequest).refresh_token if asked.body.strip() else None
        token = given or token_in(asked)
        if not token:
            raise Refusal("unauthorized")
        return tokens(await self._service.ask(Renew(token, cookie=given is None), asked.caller))

    async def log_out(self, asked: Asked) -> Reply:
        """`POST /auth/logout`."""
        await self._service.ask(LogOut(), asked.caller)
        return Reply(204, headers=(*NO_STORE, ("Set-Cookie", CLEARED)))

    async def enrol(self, asked: Asked) -> Reply:
        """`POST /enrol/people`."""
        request = decode(asked.body, EnrolRequest)
        if asked.caller.kind not in ("bridge", "station"):
            raise Refusal("forbidden")
        # Signatures are checked beforehand, off the loop and off the writer.
        examined = await asyncio.to_thread(examine, request)
        answer: EnrolAnswer = await self._service.ask(Enrol(examined), asked.caller)
        made = {outcome.account for outcome in answer.people if outcome.outcome == "created"}
        managed = [person.account for person in request.people if person.managed and person.account in made]
        self._service.wake.adopt(asked.caller.account, managed)
        return json_reply(answer)

    def admit_upload(self, asked: Asked, length: int) -> Incoming:
        """Before the body is read. Raises Refusal."""
        self._service.ask_now(CheckUpload(asked.arguments["accountId"], length), asked.caller)
        return self._service.blobs.receive()

    async def upload(self, asked: Asked) -> Reply:
        """`POST /jmap/upload/{accountId}`: durable when it is answered."""
        if asked.incoming is None:
            raise Refusal("serverFail")
        blob = await asyncio.to_thread(asked.incoming.keep)
        kept = KeepUpload(asked.arguments["accountId"], blob, asked.incoming.size)
        return json_reply(await self._service.ask(kept, asked.caller), 201)

    async def download(self, asked: Asked) -> Reply:
        """`GET /jmap/download/{accountId}/{blobId}/{name}`."""
        blob = asked.arguments["blobId"]
        size: int = await self._service.ask(AskDownload(asked.arguments["accountId"], blob), asked.caller)
        start, end = _range(asked.header("range"), size)
        headers: Headers = (
            ("Cache-Control", "private, immutable, max-age=31536000"),
            ("Accept-Ranges", "bytes"),
            ("Content-Disposition", "attachment"),
            ("ETag", f'"{blob}"'),
        )
        if (start, end) != (0, size):
            headers += (("Content-Range", f"bytes {start}-{end - 1}/{size}"),)
        status = 200 if (start, end) == (0, size) else 206
        media_type = _media_type(asked.arguments.get("type", ""))
        return Reply(status, b"", headers, media_type, self._pour(blob, start, end), length=end - start)

    def _pour(self, blob: str, start: int, end: int) -> Callable[[Pipe], Any]:
        async def pour(pipe: Pipe) -> None:
            at = start
            while at < end:
                piece = await self._service.in_reader(
                    lambda at=at: self._service.blobs.read(blob, at, min(_PIECE, end - at))  # type: ignore[misc]
                )
                if not piece:
                    raise ConnectionError("the blob is shorter than it was")
                pipe.write(piece)
                at += len(piece)
                await pipe.drained()

        return pour

    def _auth(self, name: str, handler: Callable[[Asked], Any]) -> Route:
        return Route(name, handler, limit=_SMALL, json=True)

    def _check_origin(self, asked: Asked) -> None:
        origin = asked.header("origin")
        if origin is not None and origin != self._service.config.origin:
            raise Refusal("forbidden")


def _pattern(pattern: re.Pattern[str], route: Route) -> Callable[[str], Match | None]:
    def find(path: str) -> Match | None:
        match = pattern.fullmatch(path)
        return None if match is None else (route, match.groupdict())

    return find


def _media_type(asked: str) -> str:
    fits = _MEDIA_TYPE.fullmatch(asked) is not None and asked.startswith((*_SHOWN, "application/"))
    return asked if fits and "xml" not in asked and "html" not in asked else "application/octet-stream"


def _range(header: str | None, size: int) -> tuple[int, int]:
    """(start, end) of one byte range (RFC 9110, 14.1.2); several, or another unit, are answered with all."""
    match = _RANGE.fullmatch(header or "")
    if match is None or match.groups() == ("", ""):
        return 0, size
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last) + 1, size) if first and last else size
    if start >= size or end <= start:
        raise Refusal("rangeNotSatisfiable", members={"size": size})
    return start, end
