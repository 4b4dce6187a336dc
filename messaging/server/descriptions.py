"""The doors that describe the others to machines: OpenAPI, AsyncAPI, JSON Schemas and the catalogue that links them.

For anyone, and the same for all: what is said is made once and cached by whoever reads it.
"""

import hashlib
from functools import cache
from typing import Any, Final

from messaging.server.exchange import Asked, Headers, Match, Reply, Route, Routes
from messaging.wire import names
from messaging.wire.codec import encode
from messaging.wire.described.answers import Catalog, Link, LinkContext, SchemaIndex
from messaging.wire.described.asyncapi import asyncapi
from messaging.wire.described.openapi import openapi
from messaging.wire.described.schemas import document, schemas
from messaging.wire.errors import Refusal

_JSON: Final = "application/json"
_CACHED: Final = ("Cache-Control", "public, max-age=3600")
_READING: Final = ("GET", "HEAD")
_SUFFIX: Final = ".json"
# RFC 8631 on the session object: who has a log-in finds the descriptions without knowing their paths.
LINKS: Final = ("Link", f'<{names.OPENAPI}>; rel="service-desc", <{names.SCHEMAS}>; rel="describedby"')


class Descriptions:
    """Five doors, of the relay at `origin`."""

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def join(self, routes: Routes) -> None:
        """Add them."""
        routes.exact |= {
            names.OPENAPI: Route("openapi", self.openapi, _READING),
            names.ASYNCAPI: Route("asyncapi", self.asyncapi, _READING),
            names.SCHEMAS: Route("schemas", self.index, _READING),
            names.CATALOG: Route("catalog", self.catalog, _READING),
        }
        schema = Route("schema", self.schema, _READING)
        routes.patterns.append(lambda path: _find(schema, path))

    async def openapi(self, asked: Asked) -> Reply:
        """`GET /openapi.json`."""
        return _described(asked, _openapi(), _JSON)

    async def asyncapi(self, asked: Asked) -> Reply:
        """`GET /asyncapi.json`."""
        return _described(asked, _asyncapi(self._origin), _JSON)

    async def index(self, asked: Asked) -> Reply:
        """`GET /schemas/`."""
        return _described(asked, _index(), _JSON)

    async def schema(self, asked: Asked) -> Reply:
        """`GET /schemas/NAME.json`."""
        name = asked.arguments["name"]
        if name not in schemas():
            raise Refusal("notFound")
        return _described(asked, _schema(name), "application/schema+json")

    async def catalog(self, asked: Asked) -> Reply:
        """`GET /.well-known/api-catalog` (RFC 9727)."""
        return _described(asked, _catalog(), "application/linkset+json")


def _find(route: Route, path: str) -> Match | None:
    name = path.removeprefix(names.SCHEMAS).removesuffix(_SUFFIX)
    return (route, {"name": name}) if path == f"{names.SCHEMAS}{name}{_SUFFIX}" and name else None


def _described(asked: Asked, body: bytes, media_type: str) -> Reply:
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers: Headers = (_CACHED, ("ETag", tag))
    if asked.header("if-none-match") == tag:
        return Reply(304, b"", headers, media_type)
    return Reply(200, body, headers, media_type)


@cache
def _openapi() -> bytes:
    return encode(openapi())


@cache
def _asyncapi(origin: str) -> bytes:
    return encode(asyncapi(origin))


@cache
def _index() -> bytes:
    return encode(SchemaIndex(schemas={name: f"{names.SCHEMAS}{name}{_SUFFIX}" for name in schemas()}))


@cache
def _schema(name: str) -> bytes:
    return encode(document(name))


@cache
def _catalog() -> bytes:
    described: list[Any] = [Link(href=names.OPENAPI, type=_JSON), Link(href=names.ASYNCAPI, type=_JSON)]
    api = LinkContext(anchor=names.API, service_desc=described, describedby=[Link(href=names.SCHEMAS, type=_JSON)])
    return encode(Catalog(linkset=[api]))
