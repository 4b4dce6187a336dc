"""One object of a `/set`, with blobs where it names some: its SetError becomes the Refusal (RFC 8620, 5.3)."""

import base64
from collections.abc import Sequence
from typing import Any

from clients.sdk.connection import Connection
from clients.session.calls import Call
from crypto.keys import blob_id
from messaging.wire.blobs import BlobsMade, BlobSource, BlobUpload, NewBlob
from messaging.wire.errors import Refusal, from_error
from messaging.wire.methods import Set, SetDone


async def set_one(connection: Connection, method: str, arguments: Set) -> dict[str, Any]:
    """What the relay adds to the one object that `arguments` create, update or destroy. Raises its Refusal."""
    return _added(await connection.call(method, arguments))


async def set_with(connection: Connection, method: str, arguments: Set, blobs: Sequence[bytes]) -> dict[str, Any]:
    """The same, where the object names `blobs` that go to the relay in the same request (RFC 9404, 4.1), and in one
    request with what others set meanwhile.

    At most MAX_BLOB_CREATES of them. Raises the relay's Refusal of a blob, or of the object.
    """
    asked, size = Call(method, arguments), sum(len(created) for created in (arguments.create or {}).values())
    if not blobs:
        return _added(_answered(await connection.gathered([asked], size)))
    wanted = {str(number): blob_id(blob) for number, blob in enumerate(blobs)}
    create = {str(number): _new(blob) for number, blob in enumerate(blobs)}
    upload = Call("Blob/upload", BlobUpload(account_id=arguments.account_id, create=create))
    size += sum(len(blob) for blob in blobs)
    uploaded, done = await connection.gathered([upload, asked], size)
    refusal = _refused(uploaded, wanted)
    if isinstance(done, Refusal):
        raise refusal or done
    try:
        return _added(done)
    except Refusal as refused:
        # An object that was there already needs no blobs; another lacks the one that was refused.
        raise refusal if refusal is not None and refused.name == "blobNotFound" else refused from None


def _answered(outcomes: list[Any]) -> SetDone:
    (done,) = outcomes
    if isinstance(done, Refusal):
        raise done
    answer: SetDone = done
    return answer


def _new(blob: bytes) -> NewBlob:
    return NewBlob(data=[BlobSource(as_base64=base64.b64encode(blob).decode("ascii"))])


def _refused(uploaded: Any, wanted: dict[str, str]) -> Refusal | None:
    if isinstance(uploaded, Refusal):
        return uploaded
    made: BlobsMade = uploaded
    for error in (made.not_created or {}).values():
        return from_error(error)
    if {name: blob.id for name, blob in (made.created or {}).items()} != wanted:
        return Refusal("serverFail", "the relay stored other bytes than were sent")
    return None


def _added(done: SetDone) -> dict[str, Any]:
    for refused in (done.not_created, done.not_updated, done.not_destroyed):
        for error in (refused or {}).values():
            raise from_error(error)
    for answered in (done.created, done.updated):
        for added in (answered or {}).values():
            return added or {}
    if not done.destroyed:
        raise Refusal("serverFail", "nothing was said of the object")
    return {}
