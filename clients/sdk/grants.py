"""What a person lets apps do (docs/spec/protocol.md, AppGrant), and the catalogue of those that may be let."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec

from clients.sdk.connection import Connection
from clients.sdk.setting import set_one
from clients.session.carried import HttpRequest, bearer, refusal_of
from crypto.encoding import b64u, unb64u, utc
from crypto.errors import NotCanonical
from messaging.wire import catalogue, codec, names
from messaging.wire.catalogue import Catalogue, Scope
from messaging.wire.errors import Refusal
from messaging.wire.grants import AppGrant, NewAppGrant
from messaging.wire.methods import Get, Set


async def grants(connection: Connection, account: str) -> list[AppGrant]:
    """All that the account gave, or was given if it is an app's; ended ones too. Raises Refusal."""
    answer = await connection.call("AppGrant/get", Get(account_id=account))
    return list(answer.list_)


async def give(
    connection: Connection, account: str, app: str, scopes: Sequence[Scope], until: datetime, terms: bytes = b""
) -> str:
    """The new grant's id. `terms`: what the person was told, sealed for themselves.

    The relay asks for a confirmed device: the password is proven again where it must be. Raises Refusal:
    `invalidProperties` (`app`, `scopes`, `until`), `alreadyExists`, `overQuota`, `forbidden` (there is no password).
    """
    value = codec.encode(NewAppGrant(app=app, scopes=list(scopes), until=utc(until), terms=b64u(terms)))
    made = await _confirmed(connection, Set(account_id=account, create={"g": msgspec.Raw(value)}))
    return str(made["id"])


async def take_back(connection: Connection, account: str, grant: str) -> None:
    """The app has it no more; its tokens and streams end within seconds. Raises Refusal: `notFound`, `forbidden`."""
    update = {grant: msgspec.Raw(codec.encode({"revoked": True}))}
    await _confirmed(connection, Set(account_id=account, update=update))


async def authorities(connection: Connection) -> list[bytes]:
    """The keys that the relay says sign its catalogue: whoever sees them first keeps them. Raises Refusal."""
    response = await connection.carry(
        lambda token: HttpRequest("GET", names.WELL_KNOWN, bearer(token), repeatable=True)
    )
    found = codec.plain(response.body)
    try:
        said: Any = found["capabilities"][names.ACCOUNT]["catalogueKeys"]
        return [unb64u(key, 32) for key in said]
    except (KeyError, TypeError, NotCanonical) as error:
        raise Refusal("serverFail", "the session object names no keys of a catalogue") from error


async def read_catalogue(connection: Connection, trusted: Collection[bytes]) -> Catalogue:
    """The certified apps, as one of these keys signed them. Raises Refusal `notFound` (none), BadCatalogue."""
    response = await connection.transport.carry(HttpRequest("GET", names.CATALOGUE, repeatable=True))
    refusal = refusal_of(response)
    if refusal is not None:
        raise refusal
    return catalogue.read(response.body, trusted)[1]


async def _confirmed(connection: Connection, arguments: Set) -> dict[str, Any]:
    try:
        return await set_one(connection, "AppGrant/set", arguments)
    except Refusal as refusal:
        if refusal.name != "forbidden":
            raise
    await connection.confirm()
    return await set_one(connection, "AppGrant/set", arguments)
