"""`Blob/get` and `Blob/upload` (RFC 9404), `Blob/copy` (RFC 8620, 6.3): who may. The bytes are read and kept by the
server, before and after the transaction: nobody waits for a disk while it is open.
"""

import base64
import binascii
from typing import Final

from msgspec import Struct, UnsetType

from messaging.relay import blobs
from messaging.relay.moments import HOUR
from messaging.relay.records import Blob
from messaging.relay.sets import invalid, wanted
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.blobs import BlobCopy, BlobGet, BlobMade, BlobsCopied, BlobsMade, BlobSource, BlobUpload, NewBlob
from messaging.wire.errors import Refusal

_SHOWN: Final = frozenset({"data", "data:asText", "data:asBase64", "digest:sha-256", "size"})


class Piece(Struct, frozen=True):
    """Bytes of a blob from `start` on, `length` of them; or `data` itself. `blob` may be `#` and a creation id."""

    blob: str = ""
    start: int = 0
    length: int | None = None
    data: bytes = b""


class Part(Struct, frozen=True):
    """What `Blob/get` shows of one blob: the server reads it. `cut`: the blob ends before what was asked for."""

    id: str
    size: int
    start: int
    length: int
    cut: bool


class Parts(Struct, frozen=True, rename="camel"):
    """The answer of `Blob/get` but for the bytes."""

    account_id: str
    parts: list[Part]
    not_found: list[str]
    shown: frozenset[str]


def get(turn: Turn, arguments: BlobGet) -> Parts:
    """`Blob/get`. Raises Refusal `accountNotFound`, `invalidArguments`, `requestTooLarge`."""
    account = turn.mailbox(arguments.account_id).id
    shown = frozenset({"data", "size"} if arguments.properties is None else set(arguments.properties) - {"id"})
    if not shown <= _SHOWN:
        raise Refusal("invalidArguments", "there is no such property")
    ids = wanted(arguments.ids) or []
    found = [blob for id_ in ids if (blob := turn.tx.one(Blob, account, id_)) is not None]
    parts = [_part(blob, arguments.offset or 0, arguments.length) for blob in found]
    turn.answered += sum(part.length for part in parts) if shown - {"size"} else 0
    if turn.answered > limits.MAX_SIZE_ANSWER:
        raise Refusal("requestTooLarge", members={"limit": limits.MAX_SIZE_ANSWER})
    known = {blob.id for blob in found}
    return Parts(account, parts, [id_ for id_ in ids if id_ not in known], shown)


def gather(turn: Turn, arguments: BlobUpload) -> dict[str, list[Piece] | Refusal]:
    """What each new blob is made of, before it is kept. Raises Refusal `accountNotFound`, `overQuota`."""
    account = turn.mailbox(arguments.account_id).id
    blobs.check_upload(turn, account, 0)
    gathered: dict[str, list[Piece] | Refusal] = {}
    for name, new in arguments.create.items():
        try:
            gathered[name] = [_piece(turn, account, source) for source in _sources(new)]
        except Refusal as refusal:
            gathered[name] = refusal
    return gathered


def upload(turn: Turn, arguments: BlobUpload) -> BlobsMade:
    """`Blob/upload`: what the server kept (Turn.uploads) is the account's now. Raises Refusal `accountNotFound`."""
    account = turn.mailbox(arguments.account_id).id
    created: dict[str, BlobMade] = {}
    refused: dict[str, dict[str, object]] = {}
    for name, new in arguments.create.items():
        try:
            made = turn.uploads[name]
            if isinstance(made, Refusal):
                raise made
            blobs.upload(turn, account, *made)
            created[name] = BlobMade(id=made[0], type=new.type, size=made[1])
        except Refusal as refusal:
            refused[name] = refusal.as_error()
    return BlobsMade(account_id=account, created=created or None, not_created=refused or None)


def copy(turn: Turn, arguments: BlobCopy) -> BlobsCopied:
    """`Blob/copy`: between accounts that the caller may act for. The same bytes have the same id.

    Raises Refusal `fromAccountNotFound`, `accountNotFound`, `invalidArguments` for one account twice.
    """
    try:
        source = turn.mailbox(arguments.from_account_id).id
    except Refusal:
        raise Refusal("fromAccountNotFound") from None
    target = turn.mailbox(arguments.account_id).id
    if source == target:
        raise Refusal("invalidArguments", "copying needs two accounts")
    copied: dict[str, str] = {}
    refused: dict[str, dict[str, object]] = {}
    for id_ in dict.fromkeys(arguments.blob_ids):
        try:
            _copy(turn, source, target, id_)
            copied[id_] = id_
        except Refusal as refusal:
            refused[id_] = refusal.as_error()
    return BlobsCopied(
        from_account_id=source, account_id=target, copied=copied or None, not_copied=refused or None
    )  # fmt: skip


def _copy(turn: Turn, source: str, target: str, id_: str) -> None:
    found = turn.tx.one(Blob, source, id_)
    if found is None:
        raise Refusal("notFound")
    if turn.tx.one(Blob, target, id_) is not None:
        return
    blobs.check_upload(turn, target, 0)
    if turn.tx.unkept_bytes(target) + found.size > limits.UPLOAD_QUOTA:
        raise Refusal("overQuota", members={"limit": limits.UPLOAD_QUOTA})
    turn.tx.add(Blob(target, id_, found.size, 0, turn.stamp + limits.UNREFERENCED_BLOB_HOURS * HOUR))


def _part(blob: Blob, offset: int, length: int | None) -> Part:
    start = min(offset, blob.size)
    most = blob.size - start
    return Part(blob.id, blob.size, start, most if length is None else min(length, most),
                offset > blob.size or (length is not None and length > most))  # fmt: skip


def _sources(new: NewBlob) -> list[BlobSource]:
    if not new.data:
        raise invalid("data")
    return new.data


def _piece(turn: Turn, account: str, source: BlobSource) -> Piece:
    given = [value for value in (source.as_text, source.as_base64, source.blob_id) if not isinstance(value, UnsetType)]
    ranged = not isinstance(source.offset, UnsetType) or not isinstance(source.length, UnsetType)
    if len(given) != 1 or (ranged and isinstance(source.blob_id, UnsetType)):
        raise invalid("data")
    if isinstance(source.as_text, str):
        return Piece(data=_text(source.as_text))
    if isinstance(source.as_base64, str):
        return Piece(data=_bytes(source.as_base64))
    return _range(turn, account, source)


def _range(turn: Turn, account: str, source: BlobSource) -> Piece:
    id_ = str(source.blob_id)
    start = source.offset if isinstance(source.offset, int) else 0
    length = source.length if isinstance(source.length, int) else None
    if id_.startswith("#"):
        return Piece(id_, start, length)
    found = turn.tx.one(Blob, account, id_)
    if found is None:
        raise Refusal("blobNotFound", members={"notFound": [id_[:80]]})
    if start + (length or 0) > found.size:  # RFC 9404, 4.1: a range outside of the blob
        raise invalid("data")
    return Piece(id_, start, found.size - start if length is None else length)


def _text(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        raise invalid("data") from None


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("data") from None
