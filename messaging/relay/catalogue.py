"""The catalogue of apps as this relay hands it on: one row, whose version only grows."""

from dataclasses import dataclass
from functools import lru_cache

import msgspec

from messaging.relay.accesslog import log
from messaging.relay.moments import parse_date
from messaging.relay.records import Account, Certified
from messaging.relay.turn import Turn
from messaging.wire import catalogue
from messaging.wire.catalogue import BadCatalogue, Catalogue, CatalogueApp, SignedCatalogue
from messaging.wire.codec import encode
from messaging.wire.errors import Refusal

_ROW = 0


@dataclass(frozen=True)
class TakeCatalogue:
    """The operator's file as it is now."""

    raw: bytes


@dataclass(frozen=True)
class AskCatalogue:
    """The signed catalogue."""


def take(turn: Turn, asking: TakeCatalogue) -> int:
    """Publish a signed file; its version. The same again changes nothing.

    Raises Refusal `invalidProperties`, whose detail says what is wrong with it: also where it is older than the one
    that was published, or another of the same version.
    """
    try:
        signed, found = catalogue.read(asking.raw, turn.house.authorities)
    except BadCatalogue as error:
        raise Refusal("invalidProperties", str(error)) from None
    kept, before = encode(signed), turn.tx.one(Certified, _ROW)
    if before is not None and before.signed != kept and found.version <= before.version:
        raise Refusal("invalidProperties", f"version {before.version} was published already, this is {found.version}")
    if before is None or before.signed != kept:
        turn.tx.put(Certified(_ROW, found.version, kept))
        log(turn, "catalogue", target=str(found.version), actor="operator")
    return found.version


def get(turn: Turn) -> SignedCatalogue:
    """The signed catalogue. Raises Refusal `notFound` where there is none."""
    held = turn.tx.one(Certified, _ROW)
    if held is None:
        raise Refusal("notFound")
    return _read(held.signed)[0]


def certified(turn: Turn, app: str) -> CatalogueApp | None:
    """What an app is certified for now; None for one that is not, is not any more, or has closed."""
    held, account = turn.tx.one(Certified, _ROW), turn.tx.one(Account, app)
    if held is None or account is None or account.kind != "app" or account.state != "active":
        return None
    found = catalogue.find(_read(held.signed)[1], app)
    return found if found is not None and parse_date(found.certified_until) > turn.stamp else None


def is_current(turn: Turn) -> bool:
    """Whether new grants may go by it. Those that were given before go on when it is late."""
    held = turn.tx.one(Certified, _ROW)
    return held is not None and parse_date(_read(held.signed)[1].valid_until) > turn.stamp


@lru_cache(8)
def _read(kept: bytes) -> tuple[SignedCatalogue, Catalogue]:
    # It was verified before it was kept.
    signed = msgspec.json.decode(kept, type=SignedCatalogue)
    return signed, catalogue.said(signed)
