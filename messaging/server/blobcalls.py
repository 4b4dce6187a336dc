"""The bytes of `Blob/upload` and `Blob/get`: kept before the transaction that names them, read after the one that says
who may. So no transaction waits for a disk or an object store.
"""

import base64
import hashlib
from asyncio import gather
from functools import partial
from typing import Any, Final

import msgspec

from messaging.relay import blobmethods
from messaging.relay.blobmethods import Part, Parts, Piece
from messaging.relay.ports import Blobs
from messaging.relay.relay import WithBlobs
from messaging.relay.sets import invalid
from messaging.relay.turn import Caller, Made, Turn
from messaging.server.service import Service
from messaging.wire import limits, names
from messaging.wire.blobs import BlobData, BlobsGot, BlobUpload
from messaging.wire.codec import Request, Response
from messaging.wire.errors import Refusal

_UPLOAD: Final = "Blob/upload"


async def prepared(service: Service, request: Request, caller: Caller) -> Request | WithBlobs:
    """The request with what was kept for its uploads; as it was where it has none. Never raises Refusal.

    What is kept and then refused is nobody's, and goes with the walk that removes such.
    """
    calls = [(n, call) for n, call in enumerate(request.method_calls) if call.name == _UPLOAD]
    if not calls or names.BLOB not in request.using:
        return request
    said = [bytes(call.arguments) for _, call in calls]
    if all(_stands_alone(raw) for raw in said):  # a disk flushes several at once
        keeping = (service.in_reader(partial(_keep_all, service, raw, caller, {})) for raw in said)
        return WithBlobs(request, dict(zip((number for number, _ in calls), await gather(*keeping), strict=True)))
    made: dict[str, tuple[str, int]] = {}
    kept: dict[int, Made] = {}
    for (number, _), raw in zip(calls, said, strict=True):
        kept[number] = await service.in_reader(partial(_keep_all, service, raw, caller, made))
    return WithBlobs(request, kept)


async def filled(service: Service, response: Response) -> Response:
    """The response with the bytes that its `Blob/get` calls show."""
    if not any(isinstance(result, Parts) for _, result, _ in response.method_responses):
        return response
    answers = await service.in_reader(partial(_fill, service.blobs, response.method_responses))
    return Response(
        method_responses=answers, session_state=response.session_state, created_ids=response.created_ids
    )  # fmt: skip


def _stands_alone(raw: bytes) -> bool:
    """Whether nothing in it can name a creation id of another call; where in doubt, False."""
    return b'"#' not in raw and b"\\" not in raw


def _keep_all(service: Service, raw: bytes, caller: Caller, made: dict[str, tuple[str, int]]) -> Made:
    try:
        arguments = msgspec.json.decode(raw, type=BlobUpload)
        gathered = service.in_turn(caller, partial(_gather, arguments))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Refusal):
        return {}  # the rule refuses the call in the same way
    kept: Made = {}
    left = limits.MAX_SIZE_UPLOAD
    for name, pieces in gathered.items():
        try:
            if isinstance(pieces, Refusal):
                raise pieces
            kept[name] = made[name] = _keep(service.blobs, pieces, made, left)
            left -= made[name][1]
        except Refusal as refusal:
            kept[name] = refusal
    return kept


def _gather(arguments: BlobUpload, turn: Turn) -> dict[str, list[Piece] | Refusal]:
    return blobmethods.gather(turn, arguments)


def _keep(blobs: Blobs, pieces: list[Piece], made: dict[str, tuple[str, int]], left: int) -> tuple[str, int]:
    whole = [_known(piece, made) for piece in pieces]
    size = sum(len(piece.data) if piece.length is None else piece.length for piece in whole)
    if size > min(limits.MAX_BLOB_SET, left):
        raise Refusal("tooLarge", members={"limit": limits.MAX_BLOB_SET})
    incoming = blobs.receive()
    try:
        for piece in whole:
            incoming.write(blobs.read(piece.blob, piece.start, piece.length or 0) if piece.blob else piece.data)
        return incoming.keep(), size
    except BaseException:
        incoming.discard()
        raise


def _known(piece: Piece, made: dict[str, tuple[str, int]]) -> Piece:
    if not piece.blob.startswith("#"):
        return piece
    if piece.blob[1:] not in made:
        raise Refusal("blobNotFound", members={"notFound": [piece.blob[:80]]})
    blob, size = made[piece.blob[1:]]
    if piece.start + (piece.length or 0) > size:
        raise invalid("data")
    return Piece(blob, piece.start, size - piece.start if piece.length is None else piece.length)


def _fill(blobs: Blobs, answers: list[tuple[str, Any, str]]) -> list[tuple[str, Any, str]]:
    return [(name, _got(blobs, result) if isinstance(result, Parts) else result, id_) for name, result, id_ in answers]


def _got(blobs: Blobs, parts: Parts) -> BlobsGot:
    return BlobsGot(
        account_id=parts.account_id,
        list_=[_data(blobs, part, parts.shown) for part in parts.parts],
        not_found=parts.not_found,
    )


def _data(blobs: Blobs, part: Part, shown: frozenset[str]) -> BlobData:
    # RFC 9404, 4.2: `data` is the text where the octets are UTF-8, else base 64.
    raw = b"" if shown <= {"size"} else _read(blobs, part)
    text = _text(raw) if shown & {"data", "data:asText"} else None
    base_64 = "data:asBase64" in shown or ("data" in shown and text is None)
    said: dict[str, Any] = {}
    if "data:asText" in shown or ("data" in shown and text is not None):
        said["as_text"] = text
    if base_64:
        said["as_base64"] = base64.b64encode(raw).decode()
    if "digest:sha-256" in shown:
        said["sha256"] = base64.b64encode(hashlib.sha256(raw).digest()).decode()
    if "size" in shown:
        said["size"] = part.size
    if "data:asText" in shown and text is None:
        said["is_encoding_problem"] = True
    if part.cut:
        said["is_truncated"] = True
    return BlobData(id=part.id, **said)


def _read(blobs: Blobs, part: Part) -> bytes:
    found = bytearray()
    while len(found) < part.length:
        piece = blobs.read(part.id, part.start + len(found), part.length - len(found))
        if not piece:
            raise Refusal("serverFail")
        found += piece
    return bytes(found)


def _text(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None
