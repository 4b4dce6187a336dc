"""What a door is, for machines: one row of the tables beside this file says all that may come in and go out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Who = Literal["anyone", "bearer", "operator", "cookie", "either"]  # either: a bearer, or anyone
Taken = type[Any] | str | None  # a struct in JSON, the name of a schema, or "bytes"
Header = tuple[str, str]  # its name and what it says

JSON: Final = "application/json"
BYTES: Final = "application/octet-stream"
TEXT: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Parameter:
    """One part of the path or query, or one header. `kind` is an annotated type."""

    name: str
    place: Literal["path", "query", "header", "form"]
    kind: Any
    about: str


@dataclass(frozen=True)
class Answer:
    """One good answer. `kind`: a struct, the name of a schema, or None for a body that is no JSON."""

    status: int = 200
    kind: type[Any] | str | None = None
    media_type: str = JSON
    about: str = "Done."
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True)
class Door:
    """One door. `name` is its route's; `who` is `either` where a token is looked at if one is shown.

    `refuses` are names of errors.TABLE beyond those that any door may say.
    """

    name: str
    path: str
    about: str
    answers: tuple[Answer, ...]
    methods: tuple[str, ...] = ("POST",)
    takes: Taken = None  # "form": a form whose fields are the parameters with the place "form"
    who: Who = "anyone"
    refuses: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    optional: bool = False  # the body may be empty


READING: Final = ("GET", "HEAD")
_ALWAYS: Final = ("tooLarge", "serverUnavailable", "serverFail")
_OF_BODIES: Final = ("notJSON", "notRequest", "timeout")
_OF: Final[Mapping[Who, tuple[str, ...]]] = {
    "anyone": (),
    "bearer": ("unauthorized",),
    "either": ("unauthorized",),
    "cookie": ("unauthorized",),
    "operator": ("notFound",),
}


def refusals(door: Door) -> tuple[str, ...]:
    """Every refusal that the door may say, in no order that means anything."""
    of_body = () if door.takes is None else ("timeout",) if door.takes in ("bytes", "form") else _OF_BODIES
    return tuple(dict.fromkeys((*door.refuses, *_OF[door.who], *of_body, *_ALWAYS)))


def json_door(
    name: str, path: str, about: str, takes: Taken, gives: type[Any] | str, *refuses: str, who: Who = "anyone"
) -> Door:
    """A POST with JSON in and JSON out."""
    return Door(name, path, about, (Answer(kind=gives),), takes=takes, who=who, refuses=refuses)
