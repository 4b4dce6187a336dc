"""`Blob/get`, `Blob/upload` (RFC 9404, sections 4.1 and 4.2) and `Blob/copy` (RFC 8620, 6.3)."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, field

from messaging.wire import limits
from messaging.wire.types import AccountId, BlobId, UnsignedInt, Wire

Base64 = Annotated[str, Meta(extra_json_schema={"contentEncoding": "base64"})]
MediaType = Annotated[str, Meta(max_length=127)]


class BlobGet(Wire, frozen=True, omit_defaults=True):
    """`offset` and `length` in bytes, of each blob; `properties` None: the data and the size."""

    account_id: AccountId
    ids: list[str]
    properties: list[str] | None = None
    offset: UnsignedInt | None = None
    length: UnsignedInt | None = None


class BlobData(Wire, frozen=True, omit_defaults=True):
    """The properties asked for. `size` is the whole blob's; the digest is of the range, in base 64."""

    id: BlobId
    as_text: str | UnsetType | None = field(name="data:asText", default=UNSET)
    as_base64: Base64 | UnsetType = field(name="data:asBase64", default=UNSET)
    sha256: Base64 | UnsetType = field(name="digest:sha-256", default=UNSET)
    size: UnsignedInt | UnsetType = UNSET
    is_encoding_problem: bool | UnsetType = UNSET
    is_truncated: bool | UnsetType = UNSET


class BlobsGot(Wire, frozen=True):
    account_id: AccountId
    list_: list[BlobData]
    not_found: list[str]


class BlobSource(Wire, frozen=True, omit_defaults=True):
    """One of text, base 64 and a range of a blob (`#` and a creation id: of this request)."""

    as_text: str | UnsetType = field(name="data:asText", default=UNSET)
    as_base64: Base64 | UnsetType = field(name="data:asBase64", default=UNSET)
    blob_id: str | UnsetType = UNSET
    offset: UnsignedInt | UnsetType | None = UNSET
    length: UnsignedInt | UnsetType | None = UNSET


class NewBlob(Wire, frozen=True, omit_defaults=True):
    """The sources' bytes, one after the other. `type` is given back and not kept: to the relay all blobs are sealed."""

    data: Annotated[list[BlobSource], Meta(max_length=limits.MAX_BLOB_SOURCES)]
    type: MediaType | None = None


class BlobUpload(Wire, frozen=True):
    account_id: AccountId
    create: Annotated[dict[str, NewBlob], Meta(max_length=limits.MAX_BLOB_CREATES)]


class BlobMade(Wire, frozen=True):
    id: BlobId
    type: MediaType | None
    size: UnsignedInt


class BlobsMade(Wire, frozen=True):
    account_id: AccountId
    created: dict[str, BlobMade] | None
    not_created: dict[str, dict[str, Any]] | None


class BlobCopy(Wire, frozen=True):
    from_account_id: AccountId
    account_id: AccountId
    blob_ids: Annotated[list[str], Meta(max_length=limits.MAX_OBJECTS_IN_SET)]


class BlobsCopied(Wire, frozen=True):
    from_account_id: AccountId
    account_id: AccountId
    copied: dict[str, BlobId] | None
    not_copied: dict[str, dict[str, Any]] | None
