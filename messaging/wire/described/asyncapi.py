"""The event stream in AsyncAPI 3.0. What travels is a hint; the state that `/changes` gives is the truth."""

from typing import Any, Final
from urllib.parse import urlsplit

from messaging.wire import names
from messaging.wire.described.answers import Ping, StateChange
from messaging.wire.described.schemas import moved, schemas

_HOME: Final = "#/components/schemas/"
_MESSAGES: Final = {
    "state": (StateChange, "Something changed. The event's `id` is the highest change number."),
    "ping": (Ping, "Nothing changed, and the connection lives."),
}


def asyncapi(origin: str) -> dict[str, Any]:
    """The whole description, of the relay at `origin`."""
    where = urlsplit(origin)
    security = [{"$ref": "#/components/securitySchemes/bearer"}]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Pli relay: event stream", "version": "1", "description": __doc__},
        "defaultContentType": "application/json",
        "servers": {"relay": {"host": where.netloc, "protocol": where.scheme, "security": security}},
        "channels": {"events": _channel()},
        "operations": {"listen": _operation()},
        "components": {
            "messages": {name: _message(name, kind.__name__, about) for name, (kind, about) in _MESSAGES.items()},
            "schemas": {kind.__name__: _payload(kind.__name__) for kind, _ in _MESSAGES.values()},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _channel() -> dict[str, Any]:
    return {
        "address": names.EVENTS.partition("?")[0],
        "description": "Server-sent events (RFC 8620, 7.3). `Last-Event-ID` resumes; `types`, `closeafter` and "
        "`ping` are query parameters, described in /openapi.json. The media type is `text/event-stream`.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _MESSAGES},
    }


def _operation() -> dict[str, Any]:
    # `send`: AsyncAPI 3 says what the described application does, and that is the relay.
    return {
        "action": "send",
        "channel": {"$ref": "#/channels/events"},
        "messages": [{"$ref": f"#/channels/events/messages/{name}"} for name in _MESSAGES],
        "bindings": {"http": {"method": "GET", "bindingVersion": "0.3.0"}},
    }


def _message(name: str, kind: str, about: str) -> dict[str, Any]:
    return {"name": name, "title": f"event: {name}", "summary": about, "payload": {"$ref": _HOME + kind}}


def _payload(name: str) -> dict[str, Any]:
    found: dict[str, Any] = moved(schemas()[name], _HOME)
    return found
