"""JSON Schema 2020-12 of every type, method and error, made from the structs. No schema is written by hand twice.

Names: a type's own (`PublicKey`), a method's `PublicKey.get.arguments` and `PublicKey.get.answer`, a refusal's
`problem.NAME` and `error.NAME`. References are `#/$defs/NAME` until `moved` puts them elsewhere.
"""

import re
from functools import cache
from typing import Any, Final

import msgspec

from messaging.wire import (
    blobs,
    catalogue,
    directory,
    factors,
    grants,
    life,
    limits,
    methods,
    names,
    notices,
    oauth,
    pairing,
    quotas,
    types,
)
from messaging.wire.described import answers
from messaging.wire.described.objects import SETTABLE, Settable
from messaging.wire.described.refusals import (
    METHOD_ERRORS,
    SET_ERRORS,
    Schema,
    error,
    error_name,
    problem,
    problem_name,
)
from messaging.wire.errors import TABLE
from messaging.wire.methods import METHODS, Method, PushSet, PushSetDone, Set, SetDone
from messaging.wire.notices import PushGet, PushSubscription
from messaging.wire.types import Wire

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
HOME: Final = "https://pli.example/schemas/"
_DEFS: Final = "#/$defs/"
MODULES: Final = (
    types,
    notices,
    blobs,
    directory,
    quotas,
    factors,
    life,
    pairing,
    catalogue,
    grants,
    oauth,
    methods,
    answers,
)  # every struct of these is described


@cache
def schemas() -> dict[str, Schema]:
    """All of them, by name; each refers to others as `#/$defs/NAME`. Not to be changed by who reads it."""
    found = _of_types(_spoken())
    for name, method in METHODS.items():
        found[arguments_name(name)] = _arguments(name, method, found)
        found[answer_name(name)] = _answer(name, method, found)
        if method.arguments is not dict:
            found[referring_name(name)] = _referring(found[arguments_name(name)])
    for name in TABLE:
        found[problem_name(name)], found[error_name(name)] = problem(name), error(name)
    found["MethodError"] = _any(METHOD_ERRORS)
    found["SetError"] = _any(SET_ERRORS)
    found |= _envelope()
    return dict(sorted(found.items()))


def document(name: str) -> Schema:
    """One schema that stands alone, with all that it refers to. Raises KeyError for an unknown name."""
    used: dict[str, Schema] = {}
    _collect(schemas()[name], used)
    own = {"$schema": DIALECT, "$id": f"{HOME}{name}.json", **schemas()[name]}
    used.pop(name, None)
    return own | ({"$defs": dict(sorted(used.items()))} if used else {})


def moved(value: Any, prefix: str) -> Any:
    """The same with references that begin with `prefix` in place of `#/$defs/`."""
    if isinstance(value, dict):
        return {k: prefix + v.removeprefix(_DEFS) if k == "$ref" else moved(v, prefix) for k, v in value.items()}
    return [moved(item, prefix) for item in value] if isinstance(value, list) else value


def reference(kind: type[Any]) -> Schema:
    """A reference to a struct's schema. Raises KeyError for one that is not described."""
    if kind.__name__ not in schemas():
        raise KeyError(kind.__name__)
    return {"$ref": _DEFS + kind.__name__}


def arguments_name(method: str) -> str:
    """What a method's arguments are called among the schemas."""
    return f"{method.replace('/', '.')}.arguments"


def answer_name(method: str) -> str:
    """What a method's answer is called among the schemas."""
    return f"{method.replace('/', '.')}.answer"


def referring_name(method: str) -> str:
    """What a method's arguments with result references (RFC 8620, 3.7) are called among the schemas."""
    return f"{method.replace('/', '.')}.referring"


def _spoken() -> list[Any]:
    settable = [kind for row in SETTABLE.values() for kind in (row.create, row.created, row.update) if kind]
    said = [kind for method in METHODS.values() for kind in (method.arguments, method.answer) if kind is not dict]
    return [*dict.fromkeys([*_structs(), *settable, *said])]


def _structs() -> list[type[Any]]:
    held = [kind for module in MODULES for kind in vars(module).values() if isinstance(kind, type)]
    return [kind for kind in held if issubclass(kind, Wire) and not getattr(kind, "__parameters__", ())]


def _of_types(kinds: list[Any]) -> dict[str, Schema]:
    _, found = msgspec.json.schema_components(kinds, ref_template=_DEFS + "{name}")
    return {name: schema for name, schema in found.items() if not name.startswith("Got_")}


def _arguments(name: str, method: Method, found: dict[str, Schema]) -> Schema:
    if method.arguments is dict:
        return {"type": "object"}
    plain: Schema = found[method.arguments.__name__] | {"title": name}
    if method.arguments not in (Set, PushSet):
        return plain
    row = SETTABLE[name.partition("/")[0]]
    values = {"create": _map_of(row.create), "update": _map_of(row.update)}
    if not row.destroy:
        values["destroy"] = {"anyOf": [{"type": "array", "maxItems": 0}, {"type": "null"}]}
    return plain | {"properties": plain["properties"] | values}


def _map_of(kind: type[Any] | None) -> Schema:
    if kind is None:
        said: Schema = {"type": "object", "maxProperties": 0, "description": "This type has none: each is refused."}
    else:
        said = {"type": "object", "additionalProperties": {"$ref": _DEFS + kind.__name__}}
    return {"anyOf": [said, {"type": "null"}], "default": None}


def _answer(name: str, method: Method, found: dict[str, Schema]) -> Schema:
    if method.answer is dict:
        return {"type": "object"}
    if method.answer in (SetDone, PushSetDone):
        return _set_answer(name, SETTABLE[name.partition("/")[0]], found[method.answer.__name__])
    _, made = msgspec.json.schema_components([method.answer], ref_template=_DEFS + "{name}")
    (item,) = getattr(method.answer, "__args__", (None,))
    if item is None:
        plain: Schema = made[method.answer.__name__]
        if method.arguments is PushGet:
            found[f"{name.replace('/', '.')}.shown"] = _shown(found[PushSubscription.__name__])
            listed = {"list": {"type": "array", "items": {"$ref": f"{_DEFS}{name.replace('/', '.')}.shown"}}}
            plain = plain | {"properties": plain["properties"] | listed}
        return plain | {"title": name, "properties": plain["properties"] | _refused(plain["properties"])}
    shown = f"{name.replace('/', '.')}.shown"
    found[shown] = _shown(found[item.__name__])
    (got,) = [schema for key, schema in made.items() if key.startswith("Got_")]
    listed = {"list": {"type": "array", "items": {"$ref": _DEFS + shown}}}
    return {**got, "title": name, "properties": got["properties"] | listed}


def _shown(whole: Schema) -> Schema:
    return whole | {"required": ["id"], "description": "All properties, or the `id` and those that were asked for."}


def _refused(properties: Schema) -> Schema:
    # What was not done (`notCreated`, `notCopied`, ...) says why, each with a SetError.
    every = {"anyOf": [{"type": "object", "additionalProperties": {"$ref": _DEFS + "SetError"}}, {"type": "null"}]}
    return {name: every for name in properties if name in ("notCreated", "notCopied")}


def _set_answer(name: str, row: Settable, plain: Schema) -> Schema:
    refused = {"type": "object", "additionalProperties": {"$ref": _DEFS + "SetError"}}
    values = {
        "created": _map_of(row.created),
        "updated": {"anyOf": [{"type": "object", "additionalProperties": {"type": "null"}}, {"type": "null"}]},
        **{key: {"anyOf": [refused, {"type": "null"}]} for key in ("notCreated", "notUpdated", "notDestroyed")},
    }
    return plain | {"title": name, "properties": plain["properties"] | values}


def _any(errors: tuple[str, ...]) -> Schema:
    return {"anyOf": [{"$ref": _DEFS + error_name(name)} for name in errors]}


def _envelope() -> dict[str, Schema]:
    ids = {"anyOf": [{"type": "object", "additionalProperties": {"type": "string"}}, {"type": "null"}]}
    capabilities = {"enum": sorted({names.BRIDGE, *(method.capability for method in METHODS.values())})}
    names_used = {"type": "array", "items": capabilities}
    calls = {"type": "array", "items": _any_call("arguments"), "maxItems": limits.MAX_CALLS_IN_REQUEST}
    request = {"using": names_used, "methodCalls": calls, "createdIds": ids}
    response = {
        "methodResponses": {"type": "array", "items": _any_call("answer")},
        "sessionState": {"type": "string"},
        "createdIds": ids["anyOf"][0],
    }
    of_request = _object("The API request (RFC 8620, 3.3).", request, ("using", "methodCalls"))
    of_response = _object("The API response (RFC 8620, 3.4).", response, ("methodResponses", "sessionState"))
    pointer = {"type": "string", "pattern": "^/"}
    path = {"resultOf": {"type": "string"}, "name": {"enum": list(METHODS)}, "path": pointer}
    of_reference = _object("A result reference (RFC 8620, 3.7).", path, tuple(path))
    described: Schema = {"type": "object", "description": "A description for machines, in a format of its own."}
    return {
        "ApiRequest": of_request,
        "ApiResponse": of_response,
        "ResultReference": of_reference,
        "AnyObject": described,
    }


def _any_call(half: str) -> Schema:
    calls = [_call(name, {"$ref": f"{_DEFS}{name.replace('/', '.')}.{half}"}) for name in METHODS]
    if half == "answer":
        calls.append(_call("error", {"$ref": _DEFS + "MethodError"}))
    else:
        calls += [_call(name, {"$ref": _DEFS + referring_name(name)}) for name in METHODS if name != "Core/echo"]
    return {"anyOf": calls}


def _call(name: str, value: Schema) -> Schema:
    three = {"items": False, "minItems": 3, "maxItems": 3}
    return {"type": "array", "prefixItems": [{"const": name}, value, {"type": "string"}], **three}


def _referring(arguments: Schema) -> Schema:
    # At least one argument is a result reference; that the others are right is seen when it is filled in.
    given = arguments["properties"]
    references = {f"#{member}": {"$ref": _DEFS + "ResultReference"} for member in given}
    return {
        "type": "object",
        "properties": given | references,
        "anyOf": [{"required": [member]} for member in references],
        "additionalProperties": False,
    }


def _object(said: str, properties: dict[str, Any], required: tuple[str, ...]) -> Schema:
    exact = {"required": list(required), "additionalProperties": False}
    return {"description": said, "type": "object", "properties": properties, **exact}


def _collect(value: Any, used: dict[str, Schema]) -> None:
    for name in re.findall(r'"\$ref":"#/\$defs/([^"]+)"', msgspec.json.encode(value).decode()):
        if name not in used:
            used[name] = schemas()[name]
            _collect(schemas()[name], used)
