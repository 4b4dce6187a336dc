"""Who may fetch which blob: its uploader, and whoever has a letter that names it. The bytes are in ports.Blobs."""

from msgspec.structs import replace

from crypto.encoding import b64u
from messaging.relay.moments import HOUR
from messaging.relay.records import Blob
from messaging.relay.turn import Turn
from messaging.wire import limits
from messaging.wire.errors import Refusal
from messaging.wire.types import Uploaded

MEDIA_TYPE = "application/octet-stream"
text = b64u


def check_upload(turn: Turn, account: str, size: int) -> None:
    """Before the bytes are read. Raises Refusal `accountNotFound`, `tooLarge`, `overQuota`."""
    found = turn.mailbox(account)
    if size > limits.MAX_SIZE_UPLOAD:
        raise Refusal("tooLarge", members={"limit": limits.MAX_SIZE_UPLOAD})
    if turn.tx.unkept_bytes(found.id) + size > limits.UPLOAD_QUOTA:
        raise Refusal("overQuota", members={"limit": limits.UPLOAD_QUOTA})


def upload(turn: Turn, account: str, blob: str, size: int) -> Uploaded:
    """The bytes are there: remember who may fetch them. The same bytes again are the same blob."""
    check_upload(turn, account, size)
    before = turn.tx.one(Blob, account, blob)
    kept = 0 if before is None else before.kept
    turn.tx.put(Blob(account, blob, size, kept, turn.stamp + limits.UNREFERENCED_BLOB_HOURS * HOUR))
    return Uploaded(account_id=account, blob_id=blob, type=MEDIA_TYPE, size=size)


def download(turn: Turn, account: str, blob: str) -> int:
    """The size of a blob that the account may fetch. Raises Refusal `notFound`, whatever the reason."""
    try:
        found = turn.tx.one(Blob, turn.mailbox(account).id, blob)
    except Refusal:
        found = None
    if found is None:
        raise Refusal("notFound")
    return found.size


def check(turn: Turn, account: str, named: list[str]) -> list[Blob]:
    """The blobs that a letter names. Raises Refusal `blobNotFound`, `tooLarge`."""
    found = [blob for id_ in dict.fromkeys(named) if (blob := turn.tx.one(Blob, account, id_)) is not None]
    if len(found) != len(set(named)):
        known = {blob.id for blob in found}
        missing = sorted(set(named) - known)
        raise Refusal("blobNotFound", members={"notFound": missing})
    if sum(blob.size for blob in found) > limits.MAX_ATTACHMENTS_TOTAL + limits.MAX_SEALED:
        raise Refusal("tooLarge", members={"limit": limits.MAX_ATTACHMENTS_TOTAL})
    return found


def keep(turn: Turn, accounts: list[str], found: list[Blob]) -> None:
    """One more letter of each account names these."""
    for account in accounts if found else ():
        for blob in found:
            before = turn.tx.one(Blob, account, blob.id) or replace(blob, account=account, kept=0)
            turn.tx.put(replace(before, kept=before.kept + 1))


def release(turn: Turn, account: str, named: list[str]) -> None:
    """One letter fewer names these; what none names is not the account's any more."""
    for id_ in dict.fromkeys(named):
        before = turn.tx.one(Blob, account, id_)
        if before is not None and before.kept > 1:
            turn.tx.put(replace(before, kept=before.kept - 1))
        elif before is not None:
            turn.tx.drop(Blob, account, id_)
