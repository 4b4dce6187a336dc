"""Certified apps on a desk, and what patients grant them."""

from datetime import timedelta
from typing import Any

from crypto.encoding import utc
from messaging.relay.catalogue import TakeCatalogue
from messaging.relay.turn import Caller
from messaging.wire.catalogue import Catalogue, CatalogueApp, Scope, Words, sign
from messaging.wire.codec import encode
from tests.messaging.desk import AUTHORITY, Desk, Person, person
from tests.messaging.household import Member, caller_of

REDIRECT = "https://app.example/back"
BOTH: tuple[Scope, ...] = ("letters.send", "letters.receive")


def app(desk: Desk, login: str = "carnet") -> Person:
    """Whom the station enrolled; certified by nobody yet."""
    who = person("app", login)
    assert desk.enrol(who) == ["created"]
    return who


def entry(desk: Desk, who: Person, *scopes: Scope, **changed: Any) -> CatalogueApp:
    """Certified for a year, for both ways of letters unless scopes are named."""
    words = Words(fr="Carnet de glycémie", en="Glucose diary")
    return CatalogueApp(
        account=who.account, name=words, publisher="Example SAS", purpose=words, scopes=list(scopes or BOTH),
        website="https://app.example/", redirect_uris=[REDIRECT],
        certified_until=changed.pop("certified_until", utc(desk.clock.now() + timedelta(days=365))), **changed,
    )  # fmt: skip


def catalogue(desk: Desk, version: int, *apps: CatalogueApp, days: int = 30) -> Catalogue:
    now = desk.clock.now()
    return Catalogue(
        version=version, issued_at=utc(now), valid_until=utc(now + timedelta(days=days)), authority="ANS",
        apps=list(apps),
    )  # fmt: skip


def publish(desk: Desk, version: int, *apps: CatalogueApp, days: int = 30) -> int:
    """The version that the relay has taken. Raises Refusal."""
    taken = desk.ask(TakeCatalogue(encode(sign(catalogue(desk, version, *apps, days=days), AUTHORITY))))
    assert isinstance(taken, int)
    return taken


def certified(desk: Desk, *scopes: Scope, login: str = "carnet") -> Person:
    """An app in the catalogue's first version."""
    who = app(desk, login)
    publish(desk, 1, entry(desk, who, *scopes))
    return who


def wanting(desk: Desk, who: Person, *scopes: Scope, days: float = 90, **more: Any) -> dict[str, Any]:
    """The create value of an AppGrant."""
    until = utc(desk.clock.now() + timedelta(days=days))
    return {"app": who.account, "scopes": list(scopes or BOTH), "until": until, **more}


def depositing(desk: Desk, grantee: Person, days: float = 90, **more: Any) -> dict[str, Any]:
    """The create value of an EmergencyGrant."""
    until = utc(desk.clock.now() + timedelta(days=days))
    return {"grantee": grantee.account, "until": until, "sealed": "AAAA", **more}


def give(desk: Desk, patient: Member, value: dict[str, Any], kind: str = "AppGrant") -> Any:
    """What a create came to: the id, or the SetError."""
    done = desk.one(patient.caller, f"{kind}/set", create={"g": value})
    return done["created"]["g"]["id"] if done["created"] else done["notCreated"]["g"]


def revoke(desk: Desk, caller: Caller, id_: str, account: str = "", kind: str = "AppGrant") -> Any:
    """None, or the SetError."""
    named = {"accountId": account} if account else {}
    done = desk.one(caller, f"{kind}/set", update={id_: {"revoked": True}}, **named)
    return (done["notUpdated"] or {}).get(id_)


def logged_in(desk: Desk, who: Person) -> Caller:
    """The app, by its key."""
    return caller_of(desk, desk.log_in(who.login, "key", who.seed))
