"""The doors in OpenAPI 3.1: every parameter, body, answer, refusal and header, from the tables and the structs."""

from functools import cache
from http import HTTPStatus
from itertools import groupby
from typing import Any, Final

import msgspec

from messaging.wire.described.door import Answer, Door, Parameter, refusals
from messaging.wire.described.doors import DOORS
from messaging.wire.described.refusals import Schema, problem_name
from messaging.wire.described.schemas import DIALECT, moved, schemas
from messaging.wire.errors import TABLE

_HOME: Final = "#/components/schemas/"
_FORM: Final = "application/x-www-form-urlencoded"
_PROBLEM: Final = "application/problem+json"
_RETRY: Final = ("Retry-After", "Seconds until it makes sense to ask again.")
_AUTHENTICATE: Final = ("WWW-Authenticate", "`Bearer`.")
_ABOUT: Final = (
    "JMAP Core (RFC 8620) with sealed capabilities. The relay can read no letter. Method calls travel through "
    "`POST /jmap/api`; the schemas of every type and method are below /schemas/."
)
_SECURITY: Final[dict[str, list[dict[str, list[str]]]]] = {
    "anyone": [],
    "operator": [],
    "bearer": [{"bearer": []}],
    "either": [{"bearer": []}, {}],
    "cookie": [{"cookie": []}, {}],
}
_SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An access token; it lives 15 minutes."},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-pli", "description": "A browser's refresh token."},
}


@cache
def openapi() -> dict[str, Any]:
    """The whole description. Not to be changed by who reads it."""
    paths: dict[str, Any] = {}
    for door in DOORS:
        paths.setdefault(door.path, {}).update({method.lower(): _operation(door, method) for method in door.methods})
    return {
        "openapi": "3.1.0",
        "info": {"title": "Pli relay", "version": "1", "description": _ABOUT},
        "jsonSchemaDialect": DIALECT,
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": moved(schemas(), _HOME),
            "securitySchemes": _SCHEMES,
        },
    }


def operation_id(door: Door, method: str) -> str:
    """Such as `pairingBegin`, `logTileHead`."""
    first, *more = [*door.name.split(), *(["part"] if door.path.endswith("{width}") else [])]
    named = first + "".join(word.title() for word in more)
    return named + ("Head" if method == "HEAD" else "")


def _operation(door: Door, method: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": operation_id(door, method),
        "summary": door.about,
        "security": _SECURITY[door.who],
        "responses": _responses(door, with_body=method != "HEAD"),
    }
    if door.parameters:
        said["parameters"] = [_parameter(one) for one in door.parameters if one.place != "form"]
    if door.takes is not None:
        said["requestBody"] = _body(door)
    return said


def _parameter(one: Parameter) -> dict[str, Any]:
    schema = msgspec.json.schema(one.kind)
    said = {"name": one.name, "in": one.place, "description": one.about, "schema": schema}
    return said | {"required": one.place == "path"}


def _body(door: Door) -> dict[str, Any]:
    if door.takes == "bytes":
        return {"required": True, "content": {"application/octet-stream": {}}}
    if door.takes == "form":
        fields = {one.name: _field(one) for one in door.parameters if one.place == "form"}
        return {"required": True, "content": {_FORM: {"schema": {"type": "object", "properties": fields}}}}
    return {"required": not door.optional, "content": {"application/json": {"schema": _schema(door.takes)}}}


def _field(one: Parameter) -> dict[str, Any]:
    return msgspec.json.schema(one.kind) | {"description": one.about}


def _responses(door: Door, *, with_body: bool) -> dict[str, Any]:
    found = {str(answer.status): _answer(answer, with_body=with_body) for answer in door.answers}
    by_status = sorted(refusals(door), key=lambda name: (TABLE[name].status, name))
    for status, named in groupby(by_status, key=lambda name: TABLE[name].status):
        found[str(status)] = _refused(status, list(named), with_body=with_body)
    return found


def _answer(answer: Answer, *, with_body: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"description": answer.about}
    if answer.headers:
        said["headers"] = _headers(answer.headers)
    if with_body and answer.status not in (204, 302, 304) and answer.media_type:
        said["content"] = {answer.media_type: {} if answer.kind is None else {"schema": _schema(answer.kind)}}
    return said


def _refused(status: int, named: list[str], *, with_body: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"description": f"{HTTPStatus(status).phrase}: {', '.join(f'`{name}`' for name in named)}."}
    headers = [_RETRY] if status in (429, 503) else [_AUTHENTICATE] if status == 401 else []
    if headers:
        said["headers"] = _headers(tuple(headers), required=True)
    if with_body:
        said["content"] = {_PROBLEM: {"schema": {"anyOf": [{"$ref": _HOME + problem_name(name)} for name in named]}}}
    return said


def _headers(named: tuple[tuple[str, str], ...], *, required: bool = False) -> dict[str, Any]:
    made = {"schema": {"type": "string"}} | ({"required": True} if required else {})
    return {name: {"description": about, **made} for name, about in named}


def _schema(kind: Any) -> Schema:
    name = kind if isinstance(kind, str) else kind.__name__
    if name not in schemas():
        raise KeyError(name)
    return {"$ref": _HOME + name}
