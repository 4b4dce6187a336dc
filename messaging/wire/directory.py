"""`DirectoryEntry`: professionals, organisations and apps, as they let themselves be found. Never a patient."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from messaging.wire import limits
from messaging.wire.types import AccountId, Address, Date, Int, UnsignedInt, Wire

Listed = Literal["professional", "organisation", "app"]
# One line: no control characters, and none that turn the direction of what stands around it.
Line = Annotated[
    str,
    Meta(
        min_length=1, max_length=limits.MAX_ENTRY_TEXT,
        pattern=r"^[^\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]*$(?!\n)",
    ),
]  # fmt: skip
PostalCode = Annotated[str, Meta(pattern=r"^[0-9A-Za-z -]{2,12}$(?!\n)")]


class Identifier(Wire, frozen=True):
    """RPPS 11 digits, FINESS 9 (the second may be A or B), SIRET 14."""

    system: Literal["rpps", "finess", "siret"]
    value: Annotated[str, Meta(pattern=r"^[0-9][0-9AB][0-9]{7,12}$(?!\n)")]


class DirectoryEntry(Wire, frozen=True):
    """`id` is the account. What it says of itself; an address alone is checked by the relay: it is the account's."""

    id: AccountId
    kind: Listed
    name: Line
    profession: Line | None
    specialty: Line | None
    organisation: Line | None
    city: Line | None
    postal_code: PostalCode | None
    identifiers: list[Identifier]
    address: Address | None
    listed: bool
    updated_at: Date


class EntryUpdate(Wire, frozen=True, omit_defaults=True):
    """What is not named stays; `name` is needed where there is no entry yet."""

    name: Line | UnsetType = UNSET
    profession: Line | UnsetType | None = UNSET
    specialty: Line | UnsetType | None = UNSET
    organisation: Line | UnsetType | None = UNSET
    city: Line | UnsetType | None = UNSET
    postal_code: PostalCode | UnsetType | None = UNSET
    identifiers: Annotated[list[Identifier], Meta(max_length=limits.MAX_IDENTIFIERS)] | UnsetType = UNSET
    address: Address | UnsetType | None = UNSET
    listed: bool | UnsetType = UNSET


class EntryFilter(Wire, frozen=True, omit_defaults=True):
    """`text`: beginnings of words, in any order, without regard to accents and capitals."""

    text: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    kind: Listed | UnsetType = UNSET
    city: Annotated[str, Meta(max_length=limits.MAX_ENTRY_TEXT)] | UnsetType = UNSET
    postal_code: Annotated[str, Meta(max_length=12)] | UnsetType = UNSET


class EntryQuery(Wire, frozen=True, omit_defaults=True):
    account_id: AccountId
    filter: EntryFilter | None = None
    position: Int = 0
    limit: UnsignedInt | None = None
